"""The names of Redis keys: no two tables can meet, whatever they are called."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import quote

from provender.plugin import OnlineTable


@lru_cache(maxsize=1024)
def row_prefix(key_prefix: str, table: OnlineTable) -> bytes:
    """Return what the keys of a table's rows begin with; the row's own key follows.

    A percent-encoded name holds no slash, so none begins with another; and no ``*``, ``?`` or
    ``[``, so that it means itself in a pattern.
    """
    names = (quote(part, safe="") for part in (table.project, table.view))
    return f"{key_prefix}/{'/'.join(names)}/{table.generation}/".encode()


def lives_key(key_prefix: str) -> str:
    """Return the key of the hash that says how long the rows of each table live."""
    return f"{key_prefix}//lives"  # no project's name is empty
