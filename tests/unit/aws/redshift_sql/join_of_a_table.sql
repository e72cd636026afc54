WITH "__spine" AS (
  SELECT
    "driver" AS "__spine_0",
    "car" AS "__spine_1",
    "q" AS "__spine_2",
    "q" AS "__event",
    "__order" AS "__row",
    "driver" AS "__key_0",
    LOWER(REPLACE("car", '-', '')) AS "__key_1"
  FROM provender_1
), "__view_0" AS (
  SELECT
    "rows"."__key_0",
    "rows"."__event",
    "rows"."__feature_0",
    "rows"."__feature_1",
    "rows"."__feature_2"
  FROM (
    SELECT
      *,
      ROW_NUMBER() OVER (
        PARTITION BY "__key_0", "__event"
        ORDER BY "__created" DESC NULLS LAST, "__feature_0" DESC NULLS LAST, "__feature_1" DESC NULLS LAST, "__feature_2" DESC NULLS LAST
      ) AS "__place"
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
        AND "event" >= CAST('2023-12-30 05:20:00+00:00' AS TIMESTAMP WITH TIME ZONE)
        AND "event" <= CAST('2024-01-01 12:00:00+00:00' AS TIMESTAMP WITH TIME ZONE)
        AND (
          "created" AT TIME ZONE 'UTC' IS NULL
          OR "created" AT TIME ZONE 'UTC' <= CAST('2024-01-01 12:00:00+00:00' AS TIMESTAMP WITH TIME ZONE)
        )
    ) AS stored
  ) AS rows
  INNER JOIN (
    SELECT DISTINCT
      "__key_0" AS "__key_0"
    FROM "__spine"
  ) AS used
    ON "rows"."__key_0" = "used"."__key_0"
  WHERE
    "rows"."__place" = 1
), "__view_0_matches" AS (
  SELECT
    "__key_0",
    "__event",
    "__found"
  FROM (
    SELECT
      "__key_0",
      "__event",
      "__asked",
      MAX("__found") OVER (
        PARTITION BY "__key_0"
        ORDER BY "__event", "__asked"
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
      ) AS "__found"
    FROM (
      SELECT
        "__key_0",
        "__event",
        "__event" AS "__found",
        0 AS "__asked"
      FROM "__view_0"
      UNION ALL
      SELECT
        "__key_0",
        "__event",
        CAST(NULL AS TIMESTAMP WITH TIME ZONE) AS "__found",
        1 AS "__asked"
      FROM (
        SELECT DISTINCT
          "__key_0" AS "__key_0",
          "__event"
        FROM "__spine"
        WHERE
          NOT "__key_0" IS NULL AND NOT "__event" IS NULL
      ) AS asked
    ) AS sequence
  ) AS running
  WHERE
    "__asked" = 1 AND NOT "__found" IS NULL
), "__view_1" AS (
  SELECT
    "rows"."__key_0",
    "rows"."__event",
    "rows"."__feature_0"
  FROM (
    SELECT
      *,
      ROW_NUMBER() OVER (
        PARTITION BY "__key_0", "__event"
        ORDER BY "__created" DESC NULLS LAST, "__feature_0" DESC NULLS LAST
      ) AS "__place"
    FROM (
      SELECT
        LOWER(REPLACE("car", '-', '')) AS "__key_0",
        "event" AS "__event",
        CAST(NULL AS TIMESTAMP WITH TIME ZONE) AS "__created",
        "rate" AS "__feature_0"
      FROM (
        SELECT
          *
        FROM rides.cars
        WHERE
          rate > 0
      ) AS source
      WHERE
        NOT LOWER(REPLACE("car", '-', '')) IS NULL
        AND NOT "event" IS NULL
        AND "event" <= CAST('2024-01-01 12:00:00+00:00' AS TIMESTAMP WITH TIME ZONE)
        AND (
          CAST(NULL AS TIMESTAMP WITH TIME ZONE) IS NULL
          OR CAST(NULL AS TIMESTAMP WITH TIME ZONE) <= CAST('2024-01-01 12:00:00+00:00' AS TIMESTAMP WITH TIME ZONE)
        )
    ) AS stored
  ) AS rows
  INNER JOIN (
    SELECT DISTINCT
      "__key_1" AS "__key_0"
    FROM "__spine"
  ) AS used
    ON "rows"."__key_0" = "used"."__key_0"
  WHERE
    "rows"."__place" = 1
), "__view_1_matches" AS (
  SELECT
    "__key_0",
    "__event",
    "__found"
  FROM (
    SELECT
      "__key_0",
      "__event",
      "__asked",
      MAX("__found") OVER (
        PARTITION BY "__key_0"
        ORDER BY "__event", "__asked"
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
      ) AS "__found"
    FROM (
      SELECT
        "__key_0",
        "__event",
        "__event" AS "__found",
        0 AS "__asked"
      FROM "__view_1"
      UNION ALL
      SELECT
        "__key_0",
        "__event",
        CAST(NULL AS TIMESTAMP WITH TIME ZONE) AS "__found",
        1 AS "__asked"
      FROM (
        SELECT DISTINCT
          "__key_1" AS "__key_0",
          "__event"
        FROM "__spine"
        WHERE
          NOT "__key_1" IS NULL AND NOT "__event" IS NULL
      ) AS asked
    ) AS sequence
  ) AS running
  WHERE
    "__asked" = 1 AND NOT "__found" IS NULL
)
SELECT
  CASE
    WHEN DATEDIFF(
      MICROSECOND,
      "__view_0"."__event" AT TIME ZONE 'UTC',
      "__spine"."__event" AT TIME ZONE 'UTC'
    ) <= 86400000000
    THEN "__view_0"."__feature_0"
  END AS "c0",
  CASE
    WHEN DATEDIFF(
      MICROSECOND,
      "__view_0"."__event" AT TIME ZONE 'UTC',
      "__spine"."__event" AT TIME ZONE 'UTC'
    ) <= 86400000000
    THEN "__view_0"."__feature_1"
  END AT TIME ZONE 'UTC' AS "c1",
  CASE
    WHEN DATEDIFF(
      MICROSECOND,
      "__view_0"."__event" AT TIME ZONE 'UTC',
      "__spine"."__event" AT TIME ZONE 'UTC'
    ) <= 86400000000
    THEN "__view_0"."__feature_2"
  END AS "c2",
  "__view_1"."__feature_0" AS "c3"
FROM "__spine"
LEFT JOIN "__view_0_matches"
  ON "__spine"."__key_0" = "__view_0_matches"."__key_0"
  AND "__spine"."__event" = "__view_0_matches"."__event"
LEFT JOIN "__view_0"
  ON "__view_0_matches"."__key_0" = "__view_0"."__key_0"
  AND "__view_0_matches"."__found" = "__view_0"."__event"
LEFT JOIN "__view_1_matches"
  ON "__spine"."__key_1" = "__view_1_matches"."__key_0"
  AND "__spine"."__event" = "__view_1_matches"."__event"
LEFT JOIN "__view_1"
  ON "__view_1_matches"."__key_0" = "__view_1"."__key_0"
  AND "__view_1_matches"."__found" = "__view_1"."__event"
ORDER BY
  "__spine"."__row"
