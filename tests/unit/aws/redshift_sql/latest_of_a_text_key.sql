WITH "__newest" AS (
  SELECT
    "__key_0",
    MAX("__event") AS "__event"
  FROM (
    SELECT
      (
        "car" || CHR(  1)
      ) AS "__key_0",
      "event" AS "__event",
      "created" AT TIME ZONE 'UTC' AS "__created",
      "car" AS "__feature_0"
    FROM "rides"."stats"
    WHERE
      NOT (
        "car" || CHR(  1)
      ) IS NULL
      AND NOT "event" IS NULL
      AND (
        "event" >= CAST('2023-12-31 05:20:00+00:00' AS TIMESTAMP WITH TIME ZONE)
        OR "created" AT TIME ZONE 'UTC' >= CAST('2024-01-01 09:06:40+00:00' AS TIMESTAMP WITH TIME ZONE)
        OR "created" AT TIME ZONE 'UTC' IS NULL
      )
      AND "event" <= CAST('2024-01-01 12:00:00+00:00' AS TIMESTAMP WITH TIME ZONE)
  ) AS rows
  GROUP BY
    "__key_0"
)
SELECT
  "__event" AT TIME ZONE 'UTC' AS "c0",
  "__created" AT TIME ZONE 'UTC' AS "c1",
  LEFT("__key_0", LENGTH("__key_0") - 1) AS "c2",
  "__feature_0" AS "c3"
FROM (
  SELECT
    rows.*
  FROM (
    SELECT
      (
        "car" || CHR(  1)
      ) AS "__key_0",
      "event" AS "__event",
      "created" AT TIME ZONE 'UTC' AS "__created",
      "car" AS "__feature_0"
    FROM "rides"."stats"
    WHERE
      NOT (
        "car" || CHR(  1)
      ) IS NULL
      AND NOT "event" IS NULL
      AND (
        "event" >= CAST('2023-12-31 05:20:00+00:00' AS TIMESTAMP WITH TIME ZONE)
        OR "created" AT TIME ZONE 'UTC' >= CAST('2024-01-01 09:06:40+00:00' AS TIMESTAMP WITH TIME ZONE)
        OR "created" AT TIME ZONE 'UTC' IS NULL
      )
      AND "event" <= CAST('2024-01-01 12:00:00+00:00' AS TIMESTAMP WITH TIME ZONE)
  ) AS rows
  INNER JOIN "__newest"
    ON "rows"."__key_0" = "__newest"."__key_0"
    AND "rows"."__event" = "__newest"."__event"
) AS rows
QUALIFY
  ROW_NUMBER() OVER (
    PARTITION BY "__key_0"
    ORDER BY "__created" DESC NULLS LAST, (
      "__feature_0" || CHR(  1)
    ) DESC NULLS LAST
  ) = 1
