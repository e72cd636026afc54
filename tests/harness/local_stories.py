"""The local provider as the subject of stories."""

import shutil
import sqlite3
from contextlib import closing

from provender import FileSource
from provender.testing.stateful import StorySubject

_PREFIX = "online."


def _tables(root):
    statement = "SELECT name FROM sqlite_master WHERE type = 'table'"
    with closing(sqlite3.connect(root / "data" / "online_store.db")) as connection:
        return [name.removeprefix(_PREFIX) for (name,) in connection.execute(statement)]


LOCAL = StorySubject(
    {"provider": "local"},
    lambda name, created: FileSource(
        "rows", name=name, timestamp_field="event", created_timestamp_column=created
    ),
    empty=lambda root, source: shutil.rmtree(root / "rows"),
    tables=_tables,
)
