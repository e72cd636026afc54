WITH `__newest` AS (
  SELECT
    `__key_0`,
    MAX(`__event`) AS `__event`
  FROM (
    SELECT
      `id` AS `__key_0`,
      `at` AS `__event`,
      `made` AS `__created`,
      `Va\`l"ue` AS `__feature_0`
    FROM trips
    WHERE
      NOT `id` IS NULL
      AND NOT `at` IS NULL
      AND (
        `at` >= CAST('2024-01-01 12:00:00+00:00' AS TIMESTAMP)
        OR `made` >= CAST('2024-01-01 12:00:00.000001+00:00' AS TIMESTAMP)
        OR `made` IS NULL
      )
      AND `at` <= CAST('2024-01-01 13:00:00+00:00' AS TIMESTAMP)
  ) AS `rows`
  GROUP BY
    `__key_0`
)
SELECT
  `__event` AS `__event_timestamp`,
  `__created` AS `__created_timestamp`,
  `__key_0` AS `id`,
  `__feature_0` AS `value`
FROM (
  SELECT
    `rows`.*
  FROM (
    SELECT
      `id` AS `__key_0`,
      `at` AS `__event`,
      `made` AS `__created`,
      `Va\`l"ue` AS `__feature_0`
    FROM trips
    WHERE
      NOT `id` IS NULL
      AND NOT `at` IS NULL
      AND (
        `at` >= CAST('2024-01-01 12:00:00+00:00' AS TIMESTAMP)
        OR `made` >= CAST('2024-01-01 12:00:00.000001+00:00' AS TIMESTAMP)
        OR `made` IS NULL
      )
      AND `at` <= CAST('2024-01-01 13:00:00+00:00' AS TIMESTAMP)
  ) AS `rows`
  INNER JOIN `__newest`
    ON `rows`.`__key_0` = `__newest`.`__key_0`
    AND `rows`.`__event` = `__newest`.`__event`
) AS `rows`
QUALIFY
  ROW_NUMBER() OVER (PARTITION BY `__key_0` ORDER BY `__created` DESC, `__feature_0` DESC) = 1
