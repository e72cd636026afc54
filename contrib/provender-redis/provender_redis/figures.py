"""`measure`: how many rows of a table are in Redis, how much memory they take and how old they are.

Redis has no tables: the rows of all of them are keys of one database, and SCAN looks at every key.
It goes through the server's hash table, so that the keys that it finds first are a sample of all.
https://redis.io/docs/latest/commands/scan/
"""

from __future__ import annotations

from dataclasses import replace

from provender.plugin import TableFigures
from provender_redis.commands import Commands
from provender_redis.row_format import event_of

COUNTABLE = 100_000
"""The most keys of a database that are looked through to count rows."""
_LOOKED_AT = 50_000
"""The keys of a larger database that are looked at."""
_MEASURED = 2_000
"""The most rows whose event and memory are asked for."""


def measure(commands: Commands, prefix: bytes, expired_before: int | None) -> TableFigures:
    """Return the figures of the rows whose keys begin with `prefix`.

    In a database of up to 100,000 keys rows are counted; in a larger one their number is
    estimated from 50,000 keys. ``bytes`` is the memory of the rows by MEMORY USAGE, None for a
    user who may not call it; it and the events are those of all rows of a table of up to 2,000
    rows, and otherwise are estimated from so many.
    https://redis.io/docs/latest/commands/memory-usage/

    Args:
        commands: What is asked of Redis.
        prefix: What the keys of the table begin with.
        expired_before: A row has expired when its event is before this instant, in µs.
    """
    size = commands.client.dbsize()
    if size <= COUNTABLE:
        keys = list(dict.fromkeys(key for found in commands.scan(prefix) for key in found))
        rows = len(keys)
    else:
        looked = commands.first_keys(_LOOKED_AT)
        keys = [key for key in looked if key.startswith(prefix)]
        rows = round(len(keys) * size / max(1, len(looked)))
    found = [
        (event, memory)
        for head, memory in commands.measured(keys[:_MEASURED])
        if (event := event_of(head)) is not None
    ]
    events, known = [event for event, _ in found], [m for _, m in found if m is not None]
    memory = sum(known) if len(known) == len(found) else None
    if size <= COUNTABLE and rows <= _MEASURED:
        return TableFigures.of_rows(events, expired_before, memory)
    figures = TableFigures.of_rows(events, expired_before, memory, rows)
    if size <= COUNTABLE:
        return replace(figures, estimated=figures.estimated - {"rows"})
    return figures
