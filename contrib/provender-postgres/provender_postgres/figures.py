"""`measure`: how many rows a table of the online store holds, how large and how old they are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from psycopg import errors as of_postgres
from psycopg import sql

from provender.plugin import NO_ROWS, TableFigures

_SIZES = (
    "SELECT pg_relation_size(oid) / current_setting('block_size')::bigint,"
    " pg_total_relation_size(oid) FROM pg_class WHERE oid = to_regclass(%s)"
)
_FIGURES = (
    "SELECT count(*), count(*) FILTER (WHERE event_ts < %s), min(event_ts), max(event_ts) FROM {}"
)
_ALL, _SOME = sql.SQL(_FIGURES), sql.SQL(_FIGURES + " TABLESAMPLE SYSTEM (%s)")
_EXACT_PAGES = 4_096
"""The most pages (32 MB of them) that are read whole; values above 2 KB lie elsewhere."""
_SAMPLED_PAGES = 1_024
_EARLIEST = -(2**63)
"""No event is before it."""


def measure(connection: Any, place: sql.Identifier, expired_before: int | None) -> TableFigures:
    """Return the figures of a table: exact for one of up to 32 MB, otherwise from a sample.

    ``bytes`` are always exact: ``pg_total_relation_size``, with the index and what is stored out of
    line. A sample is about a thousand pages, each read with all of its live rows
    (``TABLESAMPLE SYSTEM``), so that it needs no statistics that a VACUUM or ANALYZE has yet to
    collect, as ``pg_class.reltuples`` does.
    https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-ADMIN-DBSIZE
    https://www.postgresql.org/docs/current/sql-select.html#SQL-FROM

    Args:
        connection: A connection.
        place: The table.
        expired_before: A row has expired when its event is before this instant, in µs.
    """
    sizes = connection.execute(_SIZES, [place.as_string(connection)]).fetchone()
    if sizes is None:
        return NO_ROWS
    pages, size = sizes
    before = _EARLIEST if expired_before is None else expired_before
    try:
        if pages <= _EXACT_PAGES:
            found = connection.execute(_ALL.format(place), [before]).fetchone()
            return _figures(found, size)
        percent = 100 * _SAMPLED_PAGES / pages
        found = connection.execute(_SOME.format(place), [before, percent]).fetchone()
    except of_postgres.UndefinedTable:  # dropped in between
        return NO_ROWS
    seen = _figures(found, size)
    share = pages / _SAMPLED_PAGES
    estimated = {"rows", "oldest_us", "newest_us"} | (
        set() if expired_before is None else {"expired"}
    )
    return replace(
        seen,
        rows=round((seen.rows or 0) * share),
        expired=round((seen.expired or 0) * share),
        estimated=frozenset(estimated),
    )


def _figures(found: tuple[int, int, int | None, int | None], size: int) -> TableFigures:
    rows, expired, oldest, newest = found
    return TableFigures(rows, size, expired, oldest, newest)
