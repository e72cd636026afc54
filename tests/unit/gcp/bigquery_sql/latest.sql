WITH `__newest` AS MATERIALIZED (
  SELECT
    `__key_0`,
    MAX(`__event`) AS `__event`
  FROM (
    SELECT
      LOWER(REPLACE(`id`, '-', '')) AS `__key_0`,
      CAST(`event` AS TIMESTAMP) AS `__event`,
      CAST(NULL AS TIMESTAMP) AS `__created`,
      STRUCT(`tags` AS `list`) AS `__feature_0`,
      `note` AS `__feature_1`
    FROM `p`.`d`.`trips`
    WHERE
      NOT LOWER(REPLACE(`id`, '-', '')) IS NULL
      AND NOT CAST(`event` AS TIMESTAMP) IS NULL
      AND CAST(`event` AS TIMESTAMP) >= CAST('2024-01-01 12:00:00+00:00' AS TIMESTAMP)
      AND CAST(`event` AS TIMESTAMP) <= CAST('2024-01-01 13:00:00+00:00' AS TIMESTAMP)
      AND `event` >= CAST('2024-01-01 12:00:00' AS DATETIME)
      AND `event` <= CAST('2024-01-01 13:00:00' AS DATETIME)
  ) AS `rows`
  GROUP BY
    `__key_0`
)
SELECT
  `__event` AS `__event_timestamp`,
  `__created` AS `__created_timestamp`,
  `__key_0` AS `id`,
  `__feature_0` AS `tags`,
  `__feature_1` AS `note`
FROM (
  SELECT
    `rows`.*
  FROM (
    SELECT
      LOWER(REPLACE(`id`, '-', '')) AS `__key_0`,
      CAST(`event` AS TIMESTAMP) AS `__event`,
      CAST(NULL AS TIMESTAMP) AS `__created`,
      STRUCT(`tags` AS `list`) AS `__feature_0`,
      `note` AS `__feature_1`
    FROM `p`.`d`.`trips`
    WHERE
      NOT LOWER(REPLACE(`id`, '-', '')) IS NULL
      AND NOT CAST(`event` AS TIMESTAMP) IS NULL
      AND CAST(`event` AS TIMESTAMP) >= CAST('2024-01-01 12:00:00+00:00' AS TIMESTAMP)
      AND CAST(`event` AS TIMESTAMP) <= CAST('2024-01-01 13:00:00+00:00' AS TIMESTAMP)
      AND `event` >= CAST('2024-01-01 12:00:00' AS DATETIME)
      AND `event` <= CAST('2024-01-01 13:00:00' AS DATETIME)
  ) AS `rows`
  INNER JOIN `__newest`
    ON `rows`.`__key_0` = `__newest`.`__key_0`
    AND `rows`.`__event` = `__newest`.`__event`
) AS `rows`
QUALIFY
  ROW_NUMBER() OVER (
    PARTITION BY `__key_0`
    ORDER BY `__created` DESC, TO_JSON_STRING(`__feature_0`) DESC, TO_JSON_STRING(`__feature_1`) DESC
  ) = 1
