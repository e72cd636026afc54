WITH "__spine" AS (
  SELECT
    "__spine_0" AS "__spine_0",
    "__spine_1" AS "__spine_1",
    "__spine_1" AS "__event",
    "__spine_1" AS "__known",
    "__order" AS "__row",
    TRY_CAST("__spine_0" AS BIGINT) AS "__key_0"
  FROM staged
), "__levels" AS (
  SELECT
    1 AS "__size",
    2 AS "__twice"
  UNION ALL
  SELECT
    2 AS "__size",
    4 AS "__twice"
  UNION ALL
  SELECT
    4 AS "__size",
    8 AS "__twice"
  UNION ALL
  SELECT
    8 AS "__size",
    16 AS "__twice"
  UNION ALL
  SELECT
    16 AS "__size",
    32 AS "__twice"
  UNION ALL
  SELECT
    32 AS "__size",
    64 AS "__twice"
  UNION ALL
  SELECT
    64 AS "__size",
    128 AS "__twice"
  UNION ALL
  SELECT
    128 AS "__size",
    256 AS "__twice"
  UNION ALL
  SELECT
    256 AS "__size",
    512 AS "__twice"
  UNION ALL
  SELECT
    512 AS "__size",
    1024 AS "__twice"
  UNION ALL
  SELECT
    1024 AS "__size",
    2048 AS "__twice"
  UNION ALL
  SELECT
    2048 AS "__size",
    4096 AS "__twice"
  UNION ALL
  SELECT
    4096 AS "__size",
    8192 AS "__twice"
  UNION ALL
  SELECT
    8192 AS "__size",
    16384 AS "__twice"
  UNION ALL
  SELECT
    16384 AS "__size",
    32768 AS "__twice"
  UNION ALL
  SELECT
    32768 AS "__size",
    65536 AS "__twice"
  UNION ALL
  SELECT
    65536 AS "__size",
    131072 AS "__twice"
  UNION ALL
  SELECT
    131072 AS "__size",
    262144 AS "__twice"
  UNION ALL
  SELECT
    262144 AS "__size",
    524288 AS "__twice"
  UNION ALL
  SELECT
    524288 AS "__size",
    1048576 AS "__twice"
  UNION ALL
  SELECT
    1048576 AS "__size",
    2097152 AS "__twice"
  UNION ALL
  SELECT
    2097152 AS "__size",
    4194304 AS "__twice"
  UNION ALL
  SELECT
    4194304 AS "__size",
    8388608 AS "__twice"
  UNION ALL
  SELECT
    8388608 AS "__size",
    16777216 AS "__twice"
  UNION ALL
  SELECT
    16777216 AS "__size",
    33554432 AS "__twice"
  UNION ALL
  SELECT
    33554432 AS "__size",
    67108864 AS "__twice"
  UNION ALL
  SELECT
    67108864 AS "__size",
    134217728 AS "__twice"
  UNION ALL
  SELECT
    134217728 AS "__size",
    268435456 AS "__twice"
  UNION ALL
  SELECT
    268435456 AS "__size",
    536870912 AS "__twice"
  UNION ALL
  SELECT
    536870912 AS "__size",
    1073741824 AS "__twice"
  UNION ALL
  SELECT
    1073741824 AS "__size",
    2147483648 AS "__twice"
  UNION ALL
  SELECT
    2147483648 AS "__size",
    4294967296 AS "__twice"
  UNION ALL
  SELECT
    4294967296 AS "__size",
    8589934592 AS "__twice"
  UNION ALL
  SELECT
    8589934592 AS "__size",
    17179869184 AS "__twice"
  UNION ALL
  SELECT
    17179869184 AS "__size",
    34359738368 AS "__twice"
  UNION ALL
  SELECT
    34359738368 AS "__size",
    68719476736 AS "__twice"
  UNION ALL
  SELECT
    68719476736 AS "__size",
    137438953472 AS "__twice"
  UNION ALL
  SELECT
    137438953472 AS "__size",
    274877906944 AS "__twice"
  UNION ALL
  SELECT
    274877906944 AS "__size",
    549755813888 AS "__twice"
  UNION ALL
  SELECT
    549755813888 AS "__size",
    1099511627776 AS "__twice"
), "__view_0" AS (
  SELECT
    "__key_0",
    "__event",
    "__created",
    "__feature_0",
    ROW_NUMBER() OVER (
      PARTITION BY "__key_0"
      ORDER BY "__event", "__created" ASC NULLS FIRST, "__feature_0" ASC NULLS FIRST
    ) AS "__age",
    ROW_NUMBER() OVER (PARTITION BY "__key_0" ORDER BY "__created" NULLS FIRST) AS "__creation",
    COUNT(*) OVER (PARTITION BY "__key_0") AS "__count"
  FROM (
    SELECT
      "rows"."__key_0",
      "rows"."__event",
      "rows"."__created",
      "rows"."__feature_0"
    FROM (
      SELECT
        "id" AS "__key_0",
        "at" AS "__event",
        "made" AS "__created",
        "Va`l""ue" AS "__feature_0"
      FROM trips
      WHERE
        NOT "id" IS NULL
        AND NOT "at" IS NULL
        AND "at" >= CAST('2024-01-01 11:00:00+00:00' AS TIMESTAMP WITH TIME ZONE)
        AND "at" <= CAST('2024-01-01 13:00:00+00:00' AS TIMESTAMP WITH TIME ZONE)
    ) AS rows
    INNER JOIN (
      SELECT DISTINCT
        "__key_0" AS "__key_0"
      FROM "__spine"
    ) AS used
      ON "rows"."__key_0" = "used"."__key_0"
  ) AS rows
), "__view_0_matches" AS (
  SELECT
    "__key_0",
    "__event",
    "__known",
    MAX("__found") AS "__found"
  FROM (
    SELECT
      "__key_0",
      "__size",
      "__block",
      "__event",
      "__known",
      "__found"
    FROM (
      SELECT
        "__key_0",
        "__size",
        "__block",
        "__event",
        "__known",
        "__asked",
        MAX("__nth") OVER (
          PARTITION BY "__key_0", "__size", "__block"
          ORDER BY "__at", "__asked"
          ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS "__found"
      FROM (
        SELECT
          "__key_0",
          "__size",
          (
            "__creation" - 1
          ) - (
            "__creation" - 1
          ) % "__size" AS "__block",
          "__age" AS "__at",
          "__age" AS "__nth",
          0 AS "__asked",
          CAST(NULL AS TIMESTAMP WITH TIME ZONE) AS "__event",
          CAST(NULL AS TIMESTAMP WITH TIME ZONE) AS "__known"
        FROM "__view_0"
        INNER JOIN "__levels"
          ON "__size" <= "__count" AND (
            "__creation" - 1
          ) % "__twice" < "__size"
        UNION ALL
        SELECT
          "__key_0",
          "__size",
          "__existing" - "__existing" % "__twice" AS "__block",
          "__older" AS "__at",
          CAST(NULL AS BIGINT) AS "__nth",
          1 AS "__asked",
          "__event",
          "__known"
        FROM (
          SELECT
            "__key_0",
            "__event",
            "__known",
            "__existing",
            "__found" AS "__older"
          FROM (
            SELECT
              "__key_0",
              "__event",
              "__known",
              "__existing",
              "__found"
            FROM (
              SELECT
                "__key_0",
                "__event",
                "__known",
                "__existing",
                "__asked",
                MAX("__nth") OVER (
                  PARTITION BY "__key_0"
                  ORDER BY "__at" NULLS FIRST, "__asked"
                  ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
                ) AS "__found"
              FROM (
                SELECT
                  "__key_0",
                  "__event" AS "__at",
                  "__age" AS "__nth",
                  0 AS "__asked",
                  CAST(NULL AS TIMESTAMP WITH TIME ZONE) AS "__event",
                  CAST(NULL AS TIMESTAMP WITH TIME ZONE) AS "__known",
                  CAST(NULL AS BIGINT) AS "__existing"
                FROM "__view_0"
                UNION ALL
                SELECT
                  "__key_0",
                  "__event" AS "__at",
                  CAST(NULL AS BIGINT) AS "__nth",
                  1 AS "__asked",
                  "__event",
                  "__known",
                  "__existing"
                FROM (
                  SELECT
                    "__key_0",
                    "__event",
                    "__known",
                    "__found" AS "__existing"
                  FROM (
                    SELECT
                      "__key_0",
                      "__event",
                      "__known",
                      "__found"
                    FROM (
                      SELECT
                        "__key_0",
                        "__event",
                        "__known",
                        "__asked",
                        MAX("__nth") OVER (
                          PARTITION BY "__key_0"
                          ORDER BY "__at" NULLS FIRST, "__asked"
                          ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
                        ) AS "__found"
                      FROM (
                        SELECT
                          "__key_0",
                          "__created" AS "__at",
                          "__creation" AS "__nth",
                          0 AS "__asked",
                          CAST(NULL AS TIMESTAMP WITH TIME ZONE) AS "__event",
                          CAST(NULL AS TIMESTAMP WITH TIME ZONE) AS "__known"
                        FROM "__view_0"
                        UNION ALL
                        SELECT
                          "__key_0",
                          "__known" AS "__at",
                          CAST(NULL AS BIGINT) AS "__nth",
                          1 AS "__asked",
                          "__event",
                          "__known"
                        FROM (
                          SELECT DISTINCT
                            "__key_0" AS "__key_0",
                            "__event",
                            "__known"
                          FROM "__spine"
                          WHERE
                            NOT "__key_0" IS NULL AND NOT "__event" IS NULL AND NOT "__known" IS NULL
                        ) AS asked
                      ) AS sequence
                    ) AS running
                    WHERE
                      "__asked" = 1 AND NOT "__found" IS NULL
                  ) AS counted
                ) AS asked
              ) AS sequence
            ) AS running
            WHERE
              "__asked" = 1 AND NOT "__found" IS NULL
          ) AS counted
        ) AS asked
        INNER JOIN "__levels"
          ON "__existing" % "__twice" >= "__size"
      ) AS sequence
    ) AS running
    WHERE
      "__asked" = 1 AND NOT "__found" IS NULL
  ) AS blocks
  GROUP BY
    "__key_0",
    "__event",
    "__known"
)
SELECT
  CASE
    WHEN "__view_0"."__event" >= "__spine"."__event" - INTERVAL '3600000000 MICROSECOND'
    THEN "__view_0"."__feature_0"
  END AS "v0__value"
FROM "__spine"
LEFT JOIN "__view_0_matches"
  ON "__spine"."__key_0" = "__view_0_matches"."__key_0"
  AND "__spine"."__event" = "__view_0_matches"."__event"
  AND "__spine"."__known" = "__view_0_matches"."__known"
LEFT JOIN "__view_0"
  ON "__view_0_matches"."__key_0" = "__view_0"."__key_0"
  AND "__view_0_matches"."__found" = "__view_0"."__age"
ORDER BY
  "__spine"."__row"
