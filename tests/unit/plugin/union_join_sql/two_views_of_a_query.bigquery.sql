WITH `__spine` AS (
  SELECT
    `id` AS `__spine_0`,
    `q` AS `__spine_1`,
    `label` AS `__spine_2`,
    `q` AS `__event`,
    ROW_NUMBER() OVER (ORDER BY (
      SELECT
        1
    )) AS `__row`,
    SAFE_CAST(`id` AS INT64) AS `__key_0`
  FROM staged
), `__view_0` AS (
  SELECT
    `rows`.`__key_0`,
    `rows`.`__event`,
    `rows`.`__feature_0`
  FROM (
    SELECT
      *,
      ROW_NUMBER() OVER (PARTITION BY `__key_0`, `__event` ORDER BY `__created` DESC, `__feature_0` DESC) AS `__place`
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
        AND `at` <= CAST('2024-01-01 13:00:00+00:00' AS TIMESTAMP)
    ) AS stored
  ) AS `rows`
  WHERE
    `rows`.`__place` = 1
), `__view_0_matches` AS (
  SELECT
    `__key_0`,
    `__event`,
    `__found`
  FROM (
    SELECT
      `__key_0`,
      `__event`,
      `__asked`,
      MAX(`__found`) OVER (
        PARTITION BY `__key_0`
        ORDER BY `__event`, `__asked`
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
      ) AS `__found`
    FROM (
      SELECT
        `__key_0`,
        `__event`,
        `__event` AS `__found`,
        0 AS `__asked`
      FROM `__view_0`
      UNION ALL
      SELECT
        `__key_0`,
        `__event`,
        CAST(NULL AS TIMESTAMP) AS `__found`,
        1 AS `__asked`
      FROM (
        SELECT DISTINCT
          `__key_0` AS `__key_0`,
          `__event`
        FROM `__spine`
        WHERE
          NOT `__key_0` IS NULL AND NOT `__event` IS NULL
      ) AS asked
    ) AS sequence
  ) AS running
  WHERE
    `__asked` = 1 AND NOT `__found` IS NULL
), `__view_1` AS (
  SELECT
    `rows`.`__key_0`,
    `rows`.`__event`,
    `rows`.`__feature_0`
  FROM (
    SELECT
      *,
      ROW_NUMBER() OVER (PARTITION BY `__key_0`, `__event` ORDER BY `__created` DESC, `__feature_0` DESC) AS `__place`
    FROM (
      SELECT
        `id` AS `__key_0`,
        `at` AS `__event`,
        CAST(NULL AS TIMESTAMP) AS `__created`,
        `Va\`l"ue` AS `__feature_0`
      FROM stats
      WHERE
        NOT `id` IS NULL
        AND NOT `at` IS NULL
        AND `at` <= CAST('2024-01-01 13:00:00+00:00' AS TIMESTAMP)
    ) AS stored
  ) AS `rows`
  WHERE
    `rows`.`__place` = 1
), `__view_1_matches` AS (
  SELECT
    `__key_0`,
    `__event`,
    `__found`
  FROM (
    SELECT
      `__key_0`,
      `__event`,
      `__asked`,
      MAX(`__found`) OVER (
        PARTITION BY `__key_0`
        ORDER BY `__event`, `__asked`
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
      ) AS `__found`
    FROM (
      SELECT
        `__key_0`,
        `__event`,
        `__event` AS `__found`,
        0 AS `__asked`
      FROM `__view_1`
      UNION ALL
      SELECT
        `__key_0`,
        `__event`,
        CAST(NULL AS TIMESTAMP) AS `__found`,
        1 AS `__asked`
      FROM (
        SELECT DISTINCT
          `__key_0` AS `__key_0`,
          `__event`
        FROM `__spine`
        WHERE
          NOT `__key_0` IS NULL AND NOT `__event` IS NULL
      ) AS asked
    ) AS sequence
  ) AS running
  WHERE
    `__asked` = 1 AND NOT `__found` IS NULL
)
SELECT
  `__spine`.`__spine_0` AS `id`,
  `__spine`.`__spine_1` AS `q`,
  `__spine`.`__spine_2` AS `label`,
  `__view_0`.`__feature_0` AS `v0__value`,
  `__view_1`.`__feature_0` AS `v1__value`
FROM `__spine`
LEFT JOIN `__view_0_matches`
  ON `__spine`.`__key_0` = `__view_0_matches`.`__key_0`
  AND `__spine`.`__event` = `__view_0_matches`.`__event`
LEFT JOIN `__view_0`
  ON `__view_0_matches`.`__key_0` = `__view_0`.`__key_0`
  AND `__view_0_matches`.`__found` = `__view_0`.`__event`
LEFT JOIN `__view_1_matches`
  ON `__spine`.`__key_0` = `__view_1_matches`.`__key_0`
  AND `__spine`.`__event` = `__view_1_matches`.`__event`
LEFT JOIN `__view_1`
  ON `__view_1_matches`.`__key_0` = `__view_1`.`__key_0`
  AND `__view_1_matches`.`__found` = `__view_1`.`__event`
ORDER BY
  `__spine`.`__row`
