"""The SQL of online tables: their names and the statements on them."""

from __future__ import annotations

import string
from functools import lru_cache

from provender.plugin import OnlineTable

_ESCAPES = str.maketrans(
    {
        **{letter: f"^{letter.lower()}" for letter in string.ascii_uppercase},
        "^": "^^",
        ".": "^-",
        "\0": "^0",
    }
)
"""SQLite takes ``A`` and ``a`` for one name; so two views must not become one table."""


@lru_cache(maxsize=1024)
def quoted_name(table: OnlineTable) -> str:
    """Return a table's name in SQL; it differs for any two projects, views or generations."""
    parts = (table.project, table.view, str(table.generation))
    name = ".".join(part.translate(_ESCAPES) for part in parts)
    # with the prefix no name is one that SQLite keeps for itself
    return '"online.' + name.replace('"', '""') + '"'


@lru_cache(maxsize=1024)
def create_statement(table: OnlineTable) -> str:
    """Return the statement that makes a table unless it is there."""
    return (
        f"CREATE TABLE IF NOT EXISTS {quoted_name(table)} (key BLOB PRIMARY KEY NOT NULL, "
        "event_ts INTEGER NOT NULL, created_ts INTEGER NOT NULL, value BLOB NOT NULL"
        ") WITHOUT ROWID"
    )


def drop_statement(table: OnlineTable) -> str:
    """Return the statement that removes a table if it is there."""
    return f"DROP TABLE IF EXISTS {quoted_name(table)}"


def count_statement(table: OnlineTable) -> str:
    """Return the query for the number of rows."""
    return f"SELECT count(*) FROM {quoted_name(table)}"  # noqa: S608 - quoted


@lru_cache(maxsize=1024)
def merge_statement(table: OnlineTable) -> str:
    """Return the statement that writes one row unless the stored one is newer."""
    return (
        f"INSERT INTO {quoted_name(table)} AS stored VALUES (?, ?, ?, ?) "  # noqa: S608 - quoted
        "ON CONFLICT (key) DO UPDATE SET "
        "event_ts = excluded.event_ts, created_ts = excluded.created_ts, value = excluded.value "
        "WHERE (excluded.event_ts, excluded.created_ts) >= (stored.event_ts, stored.created_ts)"
    )


@lru_cache(maxsize=8192)
def select_statement(table: OnlineTable, keys: int) -> str:
    """Return the query for the rows of that many keys, in any order."""
    columns = "key, event_ts, created_ts, value"
    marks = ", ".join("?" * keys)
    return f"SELECT {columns} FROM {quoted_name(table)} WHERE key IN ({marks})"  # noqa: S608


@lru_cache(maxsize=8192)
def delete_statement(table: OnlineTable, keys: int) -> str:
    """Return the statement that removes the rows of that many keys."""
    marks = ", ".join("?" * keys)
    return f"DELETE FROM {quoted_name(table)} WHERE key IN ({marks})"  # noqa: S608 - quoted


def sweep_statement(table: OnlineTable) -> str:
    """Return the statement that removes the row of a key if its event is before an instant."""
    return f"DELETE FROM {quoted_name(table)} WHERE key = ? AND event_ts < ?"  # noqa: S608


def stretch_statement(table: OnlineTable) -> str:
    """Return the query for the key that comes so many rows after the first one from a key on."""
    return f"SELECT key FROM {quoted_name(table)} WHERE key >= ? ORDER BY key LIMIT 1 OFFSET ?"  # noqa: S608


def old_statement(table: OnlineTable, *, to_the_end: bool) -> str:
    """Return the query for the keys of old rows: from a key on, up to another or to the last."""
    upto = "" if to_the_end else " AND key < ?"
    return f"SELECT key FROM {quoted_name(table)} WHERE event_ts < ? AND key >= ?{upto}"  # noqa: S608


def insert_statement(table: OnlineTable) -> str:
    """Return the statement that writes one row unless its key has one."""
    return f"INSERT INTO {quoted_name(table)} VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"  # noqa: S608


def swap_statement(table: OnlineTable) -> str:
    """Return the statement that replaces one row: the new columns, then the row as it was."""
    return (
        f"UPDATE {quoted_name(table)} SET event_ts = ?, created_ts = ?, value = ? "  # noqa: S608
        "WHERE key = ? AND event_ts = ? AND created_ts = ? AND value = ?"
    )


def keys_statement(table: OnlineTable, *, after: bool) -> str:
    """Return the query for the next keys in their order: after one of them, or from the first."""
    later = "WHERE key > ? " if after else ""
    return f"SELECT key FROM {quoted_name(table)} {later}ORDER BY key LIMIT ?"  # noqa: S608


def figures_statement(table: OnlineTable, *, after: bool) -> str:
    """Return the query for figures of the next rows in the order of their keys.

    Its parameters are the instant before which a row has expired, the key after which it begins
    if `after`, and how many rows it takes. Its columns are rows, expired rows, oldest and newest
    event, bytes and the last key. The length of a blob is read without the blob:
    https://www.sqlite.org/fileformat2.html#record_format
    """
    later = "WHERE key > ? " if after else ""
    size = "length(key) + length(value) + 16"
    rows = (
        f"SELECT key, event_ts, {size} AS size "  # noqa: S608 - quoted
        f"FROM {quoted_name(table)} {later}ORDER BY key LIMIT ?"
    )
    figures = "count(*), total(event_ts < ?), min(event_ts), max(event_ts), total(size), max(key)"
    return f"SELECT {figures} FROM ({rows})"  # noqa: S608 - as above
