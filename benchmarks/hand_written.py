"""The point-in-time join as an expert would write it for DuckDB, in the forms worth measuring.

All give the same rows: the latest within the ttl, ties by created and then by value, every spine
row kept, in the spine's order.
"""

from __future__ import annotations

from benchmarks.rows import FEATURES

_LIST = ", ".join(FEATURES)
_TIES = "created DESC NULLS LAST, " + ", ".join(f"{name} DESC" for name in FEATURES)
_FIRST = f"row_number() OVER (PARTITION BY driver_id, ts ORDER BY {_TIES}) = 1"
_TTL = "to_microseconds(604800000000)"
_IN_TIME = ", ".join(
    f"CASE WHEN f.ts >= q.event_timestamp - {_TTL} THEN f.{name} END AS {name}" for name in FEATURES
)
_JOIN = f"""
SELECT q.event_timestamp, q.driver_id, q.label, {_IN_TIME}
FROM (SELECT *, row_number() OVER () AS rn FROM spine) q
ASOF LEFT JOIN settled f ON q.driver_id = f.driver_id AND q.event_timestamp >= f.ts
ORDER BY q.rn
"""

FORMS = {
    "settle all": f"""
        WITH settled AS (
            SELECT driver_id, ts, {_LIST} FROM features QUALIFY {_FIRST}
        ) {_JOIN}""",
    "settle ties only": f"""
        WITH rows AS MATERIALIZED (SELECT driver_id, ts, created, {_LIST} FROM features),
        ties AS MATERIALIZED (SELECT driver_id, ts FROM rows GROUP BY ALL HAVING count(*) > 1),
        settled AS (
            SELECT driver_id, ts, {_LIST} FROM rows ANTI JOIN ties USING (driver_id, ts)
            UNION ALL
            (SELECT driver_id, ts, {_LIST} FROM rows SEMI JOIN ties USING (driver_id, ts)
             QUALIFY {_FIRST})
        ) {_JOIN}""",
}
