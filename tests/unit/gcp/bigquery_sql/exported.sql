WITH __spine AS (
  SELECT
    `__spine_0` AS `__spine_0`,
    `__spine_1` AS `__spine_1`,
    `__spine_1` AS `__event`,
    LOWER(REPLACE(`__spine_0`, '-', '')) AS `__spine___key_0`
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
        ORDER BY `__event` ASC, `__asked` ASC, `__created` ASC, TO_JSON_STRING(`__row`.`__feature_0`) ASC, TO_JSON_STRING(`__row`.`__feature_1`) ASC
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
      ) AS `__found`
    FROM (
      SELECT
        `__key_0`,
        `__event`,
        `__created`,
        STRUCT(
          `__event` AS `__event`,
          `__feature_0` AS `__feature_0`,
          `__feature_1` AS `__feature_1`
        ) AS `__row`,
        FALSE AS `__asked`
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
          AND CAST(`event` AS TIMESTAMP) >= CAST('2024-01-01 11:00:00+00:00' AS TIMESTAMP)
          AND CAST(`event` AS TIMESTAMP) <= CAST('2024-01-01 13:00:00+00:00' AS TIMESTAMP)
          AND `event` >= CAST('2024-01-01 11:00:00' AS DATETIME)
          AND `event` <= CAST('2024-01-01 13:00:00' AS DATETIME)
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
    `__asked`
    AND NOT `__found` IS NULL
    AND TIMESTAMP_DIFF(`__event`, `__found`.`__event`, MICROSECOND) <= 3600000000
)
SELECT
  `__spine`.`__spine_0` AS `id`,
  `__spine`.`__spine_1` AS `q`,
  `__view_0`.`__found`.`__feature_0`.`list` AS `t`,
  `__view_0`.`__found`.`__feature_1` AS `n`
FROM `__spine`
LEFT JOIN `__view_0` AS `__view_0`
  ON `__spine`.`__spine___key_0` = `__view_0`.`__key_0`
  AND `__spine`.`__event` = `__view_0`.`__event`
