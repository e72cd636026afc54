"""The point-in-time join as an expert would write it for DuckDB, in the forms worth measuring.

All give the same rows: the latest within the ttl, ties by created, every spine row kept, in the
spine's order. They read the relations ``spine`` and ``features``.
"""

from __future__ import annotations

from benchmarks.rows import FEATURES

_LIST = ", ".join(FEATURES)
_FIRST = "row_number() OVER (PARTITION BY driver_id, ts ORDER BY created DESC NULLS LAST) = 1"
_RECENT = "f.ts >= q.event_timestamp - to_microseconds(604800000000)"
_IN_TIME = ", ".join(f"CASE WHEN {_RECENT} THEN f.{name} END AS {name}" for name in FEATURES)
_SPINE = "(SELECT *, row_number() OVER () AS rn FROM spine)"
_TIES = "SELECT driver_id, ts FROM rows GROUP BY ALL HAVING count(*) > 1"
_JOIN = f"""
SELECT q.event_timestamp, q.driver_id, q.label, {_IN_TIME}
FROM {_SPINE} q
ASOF LEFT JOIN settled f ON q.driver_id = f.driver_id AND q.event_timestamp >= f.ts
ORDER BY q.rn
"""
_ROWS = f"SELECT driver_id, ts, created, {_LIST} FROM features"
_STRUCT = "struct_pack(" + ", ".join(f"{name} := {name}" for name in FEATURES) + ")"
_UNPACKED = ", ".join(f"newest.{name} AS {name}" for name in FEATURES)


def _settled(materialized: str) -> str:
    return f"""
WITH rows AS {materialized} ({_ROWS}),
ties AS MATERIALIZED ({_TIES}),
settled AS (
    SELECT driver_id, ts, {_LIST} FROM rows ANTI JOIN ties USING (driver_id, ts)
    UNION ALL
    (SELECT driver_id, ts, {_LIST} FROM rows SEMI JOIN ties USING (driver_id, ts)
     QUALIFY {_FIRST})
)
{_JOIN}
"""


TIES_APART = _settled("MATERIALIZED")
TIES_APART_STREAMED = _settled("NOT MATERIALIZED")
ALL_RANKED = (
    f"WITH settled AS (SELECT driver_id, ts, {_LIST} FROM features QUALIFY {_FIRST}) {_JOIN}"
)
NEWEST_AGGREGATED = f"""
WITH settled AS (
    SELECT driver_id, ts, {_UNPACKED} FROM (
        SELECT driver_id, ts, arg_max({_STRUCT}, created) AS newest FROM features GROUP BY ALL
    )
)
{_JOIN}
"""
_WIDTH = "18446744073709551616::HUGEINT"
ONE_NUMBER = f"""
SELECT q.event_timestamp, q.driver_id, q.label, {_IN_TIME}
FROM (SELECT *, epoch_us(event_timestamp) * {_WIDTH} + 9223372036854775807 AS last
      FROM {_SPINE}) q
ASOF LEFT JOIN (SELECT *, epoch_us(ts) * {_WIDTH} + epoch_us(created) AS place FROM features) f
ON q.driver_id = f.driver_id AND q.last >= f.place
ORDER BY q.rn
"""
NARROW = f"""
WITH rows AS MATERIALIZED (SELECT driver_id, ts, created, file_row_number AS place FROM features),
ties AS MATERIALIZED ({_TIES}),
settled AS (
    SELECT driver_id, ts, place FROM rows ANTI JOIN ties USING (driver_id, ts)
    UNION ALL
    (SELECT driver_id, ts, place FROM rows SEMI JOIN ties USING (driver_id, ts) QUALIFY {_FIRST})
),
matched AS (
    SELECT q.*, CASE WHEN {_RECENT} THEN f.place END AS place
    FROM {_SPINE} q
    ASOF LEFT JOIN settled f ON q.driver_id = f.driver_id AND q.event_timestamp >= f.ts
)
SELECT q.event_timestamp, q.driver_id, q.label, {_LIST}
FROM matched q LEFT JOIN features f ON q.place = f.file_row_number ORDER BY q.rn
"""

FORMS = {
    "ties apart": TIES_APART,
    "ties apart, read twice": TIES_APART_STREAMED,
    "all ranked": ALL_RANKED,
    "newest by aggregate": NEWEST_AGGREGATED,
    "one number for both instants": ONE_NUMBER,
    "keys first, values later": NARROW,
}
