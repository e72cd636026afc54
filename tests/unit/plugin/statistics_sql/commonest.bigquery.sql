WITH `__rows` AS (
  SELECT
    `at` AS `__event`,
    `label` AS `__column_3`
  FROM trips
  WHERE
    NOT `at` IS NULL
    AND `at` <= CAST('1970-01-01 00:00:00.000001+00:00' AS TIMESTAMP)
)
SELECT
  `__number`,
  `__place`,
  `__different`,
  `__count`,
  `__value`
FROM (
  SELECT
    3 AS `__number`,
    `__place`,
    `__different`,
    `__count`,
    `__value` AS `__value`
  FROM (
    SELECT
      `__value`,
      `__count`,
      COUNT(*) OVER () AS `__different`,
      ROW_NUMBER() OVER (ORDER BY `__count` DESC, `__value` NULLS LAST) AS `__place`
    FROM (
      SELECT
        `__column_3` AS `__value`,
        COUNT(*) AS `__count`
      FROM `__rows`
      WHERE
        NOT `__column_3` IS NULL
      GROUP BY
        `__column_3`
    ) AS __grouped
  ) AS __placed
  WHERE
    `__place` <= 12
) AS __commonest
