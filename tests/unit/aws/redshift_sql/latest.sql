WITH "__newest" AS (
  SELECT
    "__key_0",
    MAX("__event") AS "__event"
  FROM (
    SELECT
      "driver" AS "__key_0",
      "event" AS "__event",
      "created" AT TIME ZONE 'UTC' AS "__created",
      "rate" AS "__feature_0",
      "seen" AT TIME ZONE 'UTC' AS "__feature_1",
      CASE WHEN NOT "vector" IS NULL THEN JSON_SERIALIZE_TO_VARBYTE("vector") END AS "__feature_2"
    FROM "rides"."stats"
    WHERE
      NOT "driver" IS NULL
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
  "__key_0" AS "c2",
  "__feature_0" AS "c3",
  "__feature_1" AT TIME ZONE 'UTC' AS "c4",
  "__feature_2" AS "c5"
FROM (
  SELECT
    rows.*
  FROM (
    SELECT
      "driver" AS "__key_0",
      "event" AS "__event",
      "created" AT TIME ZONE 'UTC' AS "__created",
      "rate" AS "__feature_0",
      "seen" AT TIME ZONE 'UTC' AS "__feature_1",
      CASE WHEN NOT "vector" IS NULL THEN JSON_SERIALIZE_TO_VARBYTE("vector") END AS "__feature_2"
    FROM "rides"."stats"
    WHERE
      NOT "driver" IS NULL
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
    ORDER BY "__created" DESC NULLS LAST, "__feature_0" DESC NULLS LAST, "__feature_1" DESC NULLS LAST, "__feature_2" DESC NULLS LAST
  ) = 1
