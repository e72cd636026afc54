SELECT
  "__event" AS "__event_timestamp",
  "__created" AS "__created_timestamp",
  "__key_0" AS "id",
  "__feature_0" AS "value"
FROM (
  SELECT
    "id" AS "__key_0",
    "at" AS "__event",
    CAST(NULL AS TIMESTAMPTZ) AS "__created",
    "Va`l""ue" AS "__feature_0"
  FROM stats
  WHERE
    NOT "at" IS NULL AND "at" <= CAST('2024-01-01 12:00:00+00:00' AS TIMESTAMPTZ)
) AS rows
