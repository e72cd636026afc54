WITH "__rows" AS (
  SELECT
    "at" AS "__event",
    "id" AS "__column_0",
    "Va`l""ue" AS "__column_1",
    CASE
      WHEN ABS("drop table") <= CAST('7.006492321624085e-46' AS DOUBLE PRECISION)
      THEN CAST(0 AS REAL)
      WHEN ABS("drop table") < CAST('3.4028235677973366e+38' AS DOUBLE PRECISION)
      OR ABS("drop table") > CAST('1.7976931348623157e+308' AS DOUBLE PRECISION)
      THEN CAST("drop table" AS REAL)
    END AS "__column_2",
    "label" AS "__column_3",
    "amount" AS "__column_4",
    CASE WHEN NOT "list" IS NULL THEN 1 END AS "__column_5",
    "drop table" AS "__stored_2"
  FROM trips
  WHERE
    NOT "at" IS NULL
    AND "at" <= CAST('1970-01-01 00:00:00.000001+00:00' AS TIMESTAMP WITH TIME ZONE)
)
SELECT
  "__result_0",
  "__result_1",
  "__result_2",
  "__result_3",
  "__result_4",
  "__result_5",
  "__result_6",
  "__result_7",
  "__result_8",
  "__result_9",
  "__result_10",
  "__result_11",
  "__result_12",
  "__result_13",
  "__result_14",
  "__result_15",
  "__result_16",
  "__result_17",
  "__result_18",
  "__result_19",
  "__result_20",
  "__result_21",
  "__result_22",
  "__result_23",
  "__result_24",
  "__result_25",
  "__result_26",
  "__result_27",
  "__result_28",
  "__result_29",
  "__result_30",
  "__result_31",
  "__result_32",
  "__result_33",
  "__result_34",
  "__result_35"
FROM (
  SELECT
    COUNT(*) AS "__result_0",
    MIN("__event") AS "__result_1",
    MAX("__event") AS "__result_2",
    COUNT("__column_0") AS "__result_3",
    COUNT("__column_1") AS "__result_4",
    COUNT(CASE WHEN "__column_1" <= CAST('Infinity' AS DOUBLE PRECISION) THEN 1 END) AS "__result_5",
    COUNT("__column_2") AS "__result_6",
    COUNT(CASE WHEN "__column_2" <= CAST('Infinity' AS DOUBLE PRECISION) THEN 1 END) AS "__result_7",
    COUNT("__stored_2") AS "__result_8",
    COUNT("__column_3") AS "__result_9",
    COUNT("__column_4") AS "__result_10",
    COUNT("__column_5") AS "__result_11"
  FROM "__rows"
) AS __totals
CROSS JOIN (
  SELECT
    COUNT(*) AS "__result_12",
    MIN(CASE WHEN "__count" > 0 AND "__up_to" * 4 >= "__total" * 0 THEN "__value" END) AS "__result_13",
    MIN(CASE WHEN "__count" > 0 AND "__up_to" * 4 >= "__total" * 1 THEN "__value" END) AS "__result_14",
    MIN(CASE WHEN "__count" > 0 AND "__up_to" * 4 >= "__total" * 2 THEN "__value" END) AS "__result_15",
    MIN(CASE WHEN "__count" > 0 AND "__up_to" * 4 >= "__total" * 3 THEN "__value" END) AS "__result_16",
    MIN(CASE WHEN "__count" > 0 AND "__up_to" * 4 >= "__total" * 4 THEN "__value" END) AS "__result_17"
  FROM (
    SELECT
      "__value",
      "__count",
      SUM("__count") OVER (ORDER BY "__value" ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS "__up_to",
      SUM("__count") OVER () AS "__total"
    FROM (
      SELECT
        "__column_0" AS "__value",
        COUNT(*) AS "__count"
      FROM "__rows"
      WHERE
        NOT "__column_0" IS NULL
      GROUP BY
        "__column_0"
    ) AS __grouped
  ) AS __ranked
) AS __measured_0
CROSS JOIN (
  SELECT
    COUNT(*) AS "__result_18",
    MIN(CASE WHEN "__count" > 0 AND "__up_to" * 4 >= "__total" * 0 THEN "__value" END) AS "__result_19",
    MIN(CASE WHEN "__count" > 0 AND "__up_to" * 4 >= "__total" * 1 THEN "__value" END) AS "__result_20",
    MIN(CASE WHEN "__count" > 0 AND "__up_to" * 4 >= "__total" * 2 THEN "__value" END) AS "__result_21",
    MIN(CASE WHEN "__count" > 0 AND "__up_to" * 4 >= "__total" * 3 THEN "__value" END) AS "__result_22",
    MIN(CASE WHEN "__count" > 0 AND "__up_to" * 4 >= "__total" * 4 THEN "__value" END) AS "__result_23"
  FROM (
    SELECT
      "__value",
      "__count",
      SUM("__count") OVER (ORDER BY "__value" ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS "__up_to",
      SUM("__count") OVER () AS "__total"
    FROM (
      SELECT
        "__column_1" AS "__value",
        COUNT(
          CASE
            WHEN "__column_1" >= CAST('-1.7976931348623157e+308' AS DOUBLE PRECISION)
            AND "__column_1" <= CAST('1.7976931348623157e+308' AS DOUBLE PRECISION)
            THEN 1
          END
        ) AS "__count"
      FROM "__rows"
      WHERE
        "__column_1" <= CAST('Infinity' AS DOUBLE PRECISION)
      GROUP BY
        "__column_1"
    ) AS __grouped
  ) AS __ranked
) AS __measured_1
CROSS JOIN (
  SELECT
    COUNT(*) AS "__result_24",
    MIN(CASE WHEN "__count" > 0 AND "__up_to" * 4 >= "__total" * 0 THEN "__value" END) AS "__result_25",
    MIN(CASE WHEN "__count" > 0 AND "__up_to" * 4 >= "__total" * 1 THEN "__value" END) AS "__result_26",
    MIN(CASE WHEN "__count" > 0 AND "__up_to" * 4 >= "__total" * 2 THEN "__value" END) AS "__result_27",
    MIN(CASE WHEN "__count" > 0 AND "__up_to" * 4 >= "__total" * 3 THEN "__value" END) AS "__result_28",
    MIN(CASE WHEN "__count" > 0 AND "__up_to" * 4 >= "__total" * 4 THEN "__value" END) AS "__result_29"
  FROM (
    SELECT
      "__value",
      "__count",
      SUM("__count") OVER (ORDER BY "__value" ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS "__up_to",
      SUM("__count") OVER () AS "__total"
    FROM (
      SELECT
        "__column_2" AS "__value",
        COUNT(
          CASE
            WHEN "__column_2" >= CAST('-1.7976931348623157e+308' AS DOUBLE PRECISION)
            AND "__column_2" <= CAST('1.7976931348623157e+308' AS DOUBLE PRECISION)
            THEN 1
          END
        ) AS "__count"
      FROM "__rows"
      WHERE
        "__column_2" <= CAST('Infinity' AS DOUBLE PRECISION)
      GROUP BY
        "__column_2"
    ) AS __grouped
  ) AS __ranked
) AS __measured_2
CROSS JOIN (
  SELECT
    COUNT(*) AS "__result_30",
    CAST(MIN(CASE WHEN "__count" > 0 AND "__up_to" * 4 >= "__total" * 0 THEN "__value" END) AS DECIMAL(18, 2)) AS "__result_31",
    CAST(MIN(CASE WHEN "__count" > 0 AND "__up_to" * 4 >= "__total" * 1 THEN "__value" END) AS DECIMAL(18, 2)) AS "__result_32",
    CAST(MIN(CASE WHEN "__count" > 0 AND "__up_to" * 4 >= "__total" * 2 THEN "__value" END) AS DECIMAL(18, 2)) AS "__result_33",
    CAST(MIN(CASE WHEN "__count" > 0 AND "__up_to" * 4 >= "__total" * 3 THEN "__value" END) AS DECIMAL(18, 2)) AS "__result_34",
    CAST(MIN(CASE WHEN "__count" > 0 AND "__up_to" * 4 >= "__total" * 4 THEN "__value" END) AS DECIMAL(18, 2)) AS "__result_35"
  FROM (
    SELECT
      "__value",
      "__count",
      SUM("__count") OVER (ORDER BY "__value" ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS "__up_to",
      SUM("__count") OVER () AS "__total"
    FROM (
      SELECT
        "__column_4" AS "__value",
        COUNT(*) AS "__count"
      FROM "__rows"
      WHERE
        NOT "__column_4" IS NULL
      GROUP BY
        "__column_4"
    ) AS __grouped
  ) AS __ranked
) AS __measured_4
