WITH __spine AS (
  SELECT
    `__spine_0` AS `__spine_0`,
    `__spine_1` AS `__spine_1`,
    `__spine_1` AS `__event`,
    `__spine_0` AS `__spine___key_0`,
    `__order`
  FROM `p`.`d`.`tmp`
), __view_0 AS (
  SELECT
    `__key_0`,
    `__event`,
    `__found`
  FROM (
    SELECT
      `__key_0`,
      `__event`,
      `__asked`,
      LAST_VALUE(`__row` IGNORE NULLS) OVER (
        PARTITION BY `__key_0`
        ORDER BY `__event` ASC, `__asked` ASC, `__created` ASC, `__row`.`__feature_0` ASC
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
      ) AS `__found`
    FROM (
      SELECT
        `__key_0`,
        `__event`,
        `__created`,
        STRUCT(`__event` AS `__event`, `__feature_0` AS `__feature_0`) AS `__row`,
        FALSE AS `__asked`
      FROM (
        SELECT
          `id` AS `__key_0`,
          `event` AS `__event`,
          `made` AS `__created`,
          `value` AS `__feature_0`
        FROM `p`.`d`.`trips`
        WHERE
          NOT `id` IS NULL
          AND NOT `event` IS NULL
          AND `event` <= CAST('2024-01-01 13:00:00+00:00' AS TIMESTAMP)
      ) AS stored
      INNER JOIN (
        SELECT DISTINCT
          `__spine___key_0` AS `__key_0`
        FROM `__spine`
      ) AS used
        USING (`__key_0`)
      UNION ALL
      SELECT
        `__key_0`,
        `__event`,
        NULL AS `__created`,
        NULL AS `__row`,
        TRUE AS `__asked`
      FROM (
        SELECT DISTINCT
          `__spine___key_0` AS `__key_0`,
          `__event`
        FROM `__spine`
        WHERE
          NOT `__spine___key_0` IS NULL AND NOT `__event` IS NULL
      ) AS asked
    ) AS both
  ) AS newest
  WHERE
    `__asked` AND NOT `__found` IS NULL
), __view_1 AS (
  SELECT
    `__key_0`,
    `__event`,
    `__found`
  FROM (
    SELECT
      `__key_0`,
      `__event`,
      `__asked`,
      LAST_VALUE(`__row` IGNORE NULLS) OVER (
        PARTITION BY `__key_0`
        ORDER BY `__event` ASC, `__asked` ASC, `__created` ASC, `__row`.`__feature_0` ASC
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
      ) AS `__found`
    FROM (
      SELECT
        `__key_0`,
        `__event`,
        `__created`,
        STRUCT(`__event` AS `__event`, `__feature_0` AS `__feature_0`) AS `__row`,
        FALSE AS `__asked`
      FROM (
        SELECT
          `id` AS `__key_0`,
          `event` AS `__event`,
          `made` AS `__created`,
          `value` AS `__feature_0`
        FROM `p`.`d`.`trips`
        WHERE
          NOT `id` IS NULL
          AND NOT `event` IS NULL
          AND `event` <= CAST('2024-01-01 13:00:00+00:00' AS TIMESTAMP)
          AND (
            (
              `event_day` >= CAST('0001-01-01' AS DATE)
              AND `event_day` <= CAST('2024-01-01' AS DATE)
            )
            OR `event_day` IS NULL
          )
      ) AS stored
      INNER JOIN (
        SELECT DISTINCT
          `__spine___key_0` AS `__key_0`
        FROM `__spine`
      ) AS used
        USING (`__key_0`)
      UNION ALL
      SELECT
        `__key_0`,
        `__event`,
        NULL AS `__created`,
        NULL AS `__row`,
        TRUE AS `__asked`
      FROM (
        SELECT DISTINCT
          `__spine___key_0` AS `__key_0`,
          `__event`
        FROM `__spine`
        WHERE
          NOT `__spine___key_0` IS NULL AND NOT `__event` IS NULL
      ) AS asked
    ) AS both
  ) AS newest
  WHERE
    `__asked` AND NOT `__found` IS NULL
)
SELECT
  `__spine`.`__spine_0` AS `id`,
  `__spine`.`__spine_1` AS `q`,
  `__view_0`.`__found`.`__feature_0` AS `v0_value`,
  `__view_1`.`__found`.`__feature_0` AS `v1_value`
FROM `__spine`
LEFT JOIN `__view_0` AS `__view_0`
  ON `__spine`.`__spine___key_0` = `__view_0`.`__key_0`
  AND `__spine`.`__event` = `__view_0`.`__event`
LEFT JOIN `__view_1` AS `__view_1`
  ON `__spine`.`__spine___key_0` = `__view_1`.`__key_0`
  AND `__spine`.`__event` = `__view_1`.`__event`
ORDER BY
  `__spine`.`__order`
