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
    "amount" AS "__column_4",
    "drop table" AS "__stored_2"
  FROM trips
  WHERE
    NOT "at" IS NULL
    AND "at" <= CAST('1970-01-01 00:00:00.000001+00:00' AS TIMESTAMP WITH TIME ZONE)
)
SELECT
  COUNT(CASE WHEN NOT "__column_0" IS NULL THEN 1 END) AS "__result_0",
  COUNT(
    CASE
      WHEN "__column_1" >= CAST('-1.7976931348623157e+308' AS DOUBLE PRECISION)
      AND "__column_1" <= CAST('1.7976931348623157e+308' AS DOUBLE PRECISION)
      THEN 1
    END
  ) AS "__result_1",
  COUNT(
    CASE
      WHEN "__column_1" >= CAST('19.333333333333332' AS DOUBLE PRECISION)
      AND (
        "__column_1" >= CAST('-1.7976931348623157e+308' AS DOUBLE PRECISION)
        AND "__column_1" <= CAST('1.7976931348623157e+308' AS DOUBLE PRECISION)
      )
      THEN 1
    END
  ) AS "__result_2",
  COUNT(
    CASE
      WHEN "__column_1" >= CAST('19.666666666666668' AS DOUBLE PRECISION)
      AND (
        "__column_1" >= CAST('-1.7976931348623157e+308' AS DOUBLE PRECISION)
        AND "__column_1" <= CAST('1.7976931348623157e+308' AS DOUBLE PRECISION)
      )
      THEN 1
    END
  ) AS "__result_3",
  COUNT(
    CASE
      WHEN "__column_1" >= CAST('20.0' AS DOUBLE PRECISION)
      AND (
        "__column_1" >= CAST('-1.7976931348623157e+308' AS DOUBLE PRECISION)
        AND "__column_1" <= CAST('1.7976931348623157e+308' AS DOUBLE PRECISION)
      )
      THEN 1
    END
  ) AS "__result_4",
  COUNT(
    CASE
      WHEN "__column_1" >= CAST('20.333333333333332' AS DOUBLE PRECISION)
      AND (
        "__column_1" >= CAST('-1.7976931348623157e+308' AS DOUBLE PRECISION)
        AND "__column_1" <= CAST('1.7976931348623157e+308' AS DOUBLE PRECISION)
      )
      THEN 1
    END
  ) AS "__result_5",
  COUNT(
    CASE
      WHEN "__column_1" >= CAST('20.666666666666668' AS DOUBLE PRECISION)
      AND (
        "__column_1" >= CAST('-1.7976931348623157e+308' AS DOUBLE PRECISION)
        AND "__column_1" <= CAST('1.7976931348623157e+308' AS DOUBLE PRECISION)
      )
      THEN 1
    END
  ) AS "__result_6",
  COUNT(
    CASE
      WHEN "__column_1" >= CAST('21.0' AS DOUBLE PRECISION)
      AND (
        "__column_1" >= CAST('-1.7976931348623157e+308' AS DOUBLE PRECISION)
        AND "__column_1" <= CAST('1.7976931348623157e+308' AS DOUBLE PRECISION)
      )
      THEN 1
    END
  ) AS "__result_7",
  COUNT(
    CASE
      WHEN "__column_1" >= CAST('21.333333333333332' AS DOUBLE PRECISION)
      AND (
        "__column_1" >= CAST('-1.7976931348623157e+308' AS DOUBLE PRECISION)
        AND "__column_1" <= CAST('1.7976931348623157e+308' AS DOUBLE PRECISION)
      )
      THEN 1
    END
  ) AS "__result_8",
  COUNT(
    CASE
      WHEN "__column_1" >= CAST('21.666666666666668' AS DOUBLE PRECISION)
      AND (
        "__column_1" >= CAST('-1.7976931348623157e+308' AS DOUBLE PRECISION)
        AND "__column_1" <= CAST('1.7976931348623157e+308' AS DOUBLE PRECISION)
      )
      THEN 1
    END
  ) AS "__result_9",
  COUNT(
    CASE
      WHEN "__column_1" >= CAST('22.0' AS DOUBLE PRECISION)
      AND (
        "__column_1" >= CAST('-1.7976931348623157e+308' AS DOUBLE PRECISION)
        AND "__column_1" <= CAST('1.7976931348623157e+308' AS DOUBLE PRECISION)
      )
      THEN 1
    END
  ) AS "__result_10",
  COUNT(
    CASE
      WHEN "__column_1" >= CAST('22.333333333333332' AS DOUBLE PRECISION)
      AND (
        "__column_1" >= CAST('-1.7976931348623157e+308' AS DOUBLE PRECISION)
        AND "__column_1" <= CAST('1.7976931348623157e+308' AS DOUBLE PRECISION)
      )
      THEN 1
    END
  ) AS "__result_11",
  COUNT(
    CASE
      WHEN "__column_1" >= CAST('22.666666666666668' AS DOUBLE PRECISION)
      AND (
        "__column_1" >= CAST('-1.7976931348623157e+308' AS DOUBLE PRECISION)
        AND "__column_1" <= CAST('1.7976931348623157e+308' AS DOUBLE PRECISION)
      )
      THEN 1
    END
  ) AS "__result_12",
  COUNT(
    CASE
      WHEN "__column_2" >= CAST('-1.7976931348623157e+308' AS DOUBLE PRECISION)
      AND "__column_2" <= CAST('1.7976931348623157e+308' AS DOUBLE PRECISION)
      THEN 1
    END
  ) AS "__result_13",
  COUNT(
    CASE
      WHEN "__column_2" >= CAST('25.333333333333332' AS DOUBLE PRECISION)
      AND (
        "__column_2" >= CAST('-1.7976931348623157e+308' AS DOUBLE PRECISION)
        AND "__column_2" <= CAST('1.7976931348623157e+308' AS DOUBLE PRECISION)
      )
      THEN 1
    END
  ) AS "__result_14",
  COUNT(
    CASE
      WHEN "__column_2" >= CAST('25.666666666666668' AS DOUBLE PRECISION)
      AND (
        "__column_2" >= CAST('-1.7976931348623157e+308' AS DOUBLE PRECISION)
        AND "__column_2" <= CAST('1.7976931348623157e+308' AS DOUBLE PRECISION)
      )
      THEN 1
    END
  ) AS "__result_15",
  COUNT(
    CASE
      WHEN "__column_2" >= CAST('26.0' AS DOUBLE PRECISION)
      AND (
        "__column_2" >= CAST('-1.7976931348623157e+308' AS DOUBLE PRECISION)
        AND "__column_2" <= CAST('1.7976931348623157e+308' AS DOUBLE PRECISION)
      )
      THEN 1
    END
  ) AS "__result_16",
  COUNT(
    CASE
      WHEN "__column_2" >= CAST('26.333333333333332' AS DOUBLE PRECISION)
      AND (
        "__column_2" >= CAST('-1.7976931348623157e+308' AS DOUBLE PRECISION)
        AND "__column_2" <= CAST('1.7976931348623157e+308' AS DOUBLE PRECISION)
      )
      THEN 1
    END
  ) AS "__result_17",
  COUNT(
    CASE
      WHEN "__column_2" >= CAST('26.666666666666668' AS DOUBLE PRECISION)
      AND (
        "__column_2" >= CAST('-1.7976931348623157e+308' AS DOUBLE PRECISION)
        AND "__column_2" <= CAST('1.7976931348623157e+308' AS DOUBLE PRECISION)
      )
      THEN 1
    END
  ) AS "__result_18",
  COUNT(
    CASE
      WHEN "__column_2" >= CAST('27.0' AS DOUBLE PRECISION)
      AND (
        "__column_2" >= CAST('-1.7976931348623157e+308' AS DOUBLE PRECISION)
        AND "__column_2" <= CAST('1.7976931348623157e+308' AS DOUBLE PRECISION)
      )
      THEN 1
    END
  ) AS "__result_19",
  COUNT(
    CASE
      WHEN "__column_2" >= CAST('27.333333333333332' AS DOUBLE PRECISION)
      AND (
        "__column_2" >= CAST('-1.7976931348623157e+308' AS DOUBLE PRECISION)
        AND "__column_2" <= CAST('1.7976931348623157e+308' AS DOUBLE PRECISION)
      )
      THEN 1
    END
  ) AS "__result_20",
  COUNT(
    CASE
      WHEN "__column_2" >= CAST('27.666666666666668' AS DOUBLE PRECISION)
      AND (
        "__column_2" >= CAST('-1.7976931348623157e+308' AS DOUBLE PRECISION)
        AND "__column_2" <= CAST('1.7976931348623157e+308' AS DOUBLE PRECISION)
      )
      THEN 1
    END
  ) AS "__result_21",
  COUNT(
    CASE
      WHEN "__column_2" >= CAST('28.0' AS DOUBLE PRECISION)
      AND (
        "__column_2" >= CAST('-1.7976931348623157e+308' AS DOUBLE PRECISION)
        AND "__column_2" <= CAST('1.7976931348623157e+308' AS DOUBLE PRECISION)
      )
      THEN 1
    END
  ) AS "__result_22",
  COUNT(
    CASE
      WHEN "__column_2" >= CAST('28.333333333333332' AS DOUBLE PRECISION)
      AND (
        "__column_2" >= CAST('-1.7976931348623157e+308' AS DOUBLE PRECISION)
        AND "__column_2" <= CAST('1.7976931348623157e+308' AS DOUBLE PRECISION)
      )
      THEN 1
    END
  ) AS "__result_23",
  COUNT(
    CASE
      WHEN "__column_2" >= CAST('28.666666666666668' AS DOUBLE PRECISION)
      AND (
        "__column_2" >= CAST('-1.7976931348623157e+308' AS DOUBLE PRECISION)
        AND "__column_2" <= CAST('1.7976931348623157e+308' AS DOUBLE PRECISION)
      )
      THEN 1
    END
  ) AS "__result_24",
  COUNT(CASE WHEN NOT "__column_4" IS NULL THEN 1 END) AS "__result_25",
  COUNT(CASE WHEN "__column_4" >= 31.34 AND NOT "__column_4" IS NULL THEN 1 END) AS "__result_26",
  COUNT(CASE WHEN "__column_4" >= 31.67 AND NOT "__column_4" IS NULL THEN 1 END) AS "__result_27",
  COUNT(CASE WHEN "__column_4" >= 32.00 AND NOT "__column_4" IS NULL THEN 1 END) AS "__result_28",
  COUNT(CASE WHEN "__column_4" >= 32.34 AND NOT "__column_4" IS NULL THEN 1 END) AS "__result_29",
  COUNT(CASE WHEN "__column_4" >= 32.67 AND NOT "__column_4" IS NULL THEN 1 END) AS "__result_30",
  COUNT(CASE WHEN "__column_4" >= 33.00 AND NOT "__column_4" IS NULL THEN 1 END) AS "__result_31",
  COUNT(CASE WHEN "__column_4" >= 33.34 AND NOT "__column_4" IS NULL THEN 1 END) AS "__result_32",
  COUNT(CASE WHEN "__column_4" >= 33.67 AND NOT "__column_4" IS NULL THEN 1 END) AS "__result_33",
  COUNT(CASE WHEN "__column_4" >= 34.00 AND NOT "__column_4" IS NULL THEN 1 END) AS "__result_34",
  COUNT(CASE WHEN "__column_4" >= 34.34 AND NOT "__column_4" IS NULL THEN 1 END) AS "__result_35",
  COUNT(CASE WHEN "__column_4" >= 34.67 AND NOT "__column_4" IS NULL THEN 1 END) AS "__result_36"
FROM "__rows"
