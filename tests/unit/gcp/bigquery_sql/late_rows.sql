SELECT
  `__event` AS `__event_timestamp`,
  `__created` AS `__created_timestamp`,
  `__key_0` AS `id`,
  `__feature_0` AS `value`
FROM (
  SELECT
    `id` AS `__key_0`,
    `event` AS `__event`,
    `made` AS `__created`,
    `value` AS `__feature_0`
  FROM `p`.`d`.`trips`
  WHERE
    NOT `event` IS NULL
    AND (
      `event` >= CAST('2024-01-01 12:00:00+00:00' AS TIMESTAMP)
      OR `made` >= CAST('2024-01-01 12:00:00+00:00' AS TIMESTAMP)
      OR `made` IS NULL
    )
    AND (
      (
        `event_day` >= CAST('0001-01-01' AS DATE)
        AND `event_day` <= CAST('9999-12-31' AS DATE)
      )
      OR `event_day` IS NULL
    )
) AS `rows`
