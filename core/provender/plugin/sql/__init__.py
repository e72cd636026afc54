"""What every SQL warehouse shares: the queries are built here, as syntax trees."""

from importlib import import_module
from typing import TYPE_CHECKING

from provender.plugin.sql.session import Located, Result, SqlSession
from provender.plugin.sql.sql_store import SqlOfflineStore

if TYPE_CHECKING:
    from provender.plugin.sql.as_of_join import AsOfJoin
    from provender.plugin.sql.join import JoinedView, Part, PointInTimeJoin
    from provender.plugin.sql.known_join import KnownAtJoin
    from provender.plugin.sql.rows import SourceRows
    from provender.plugin.sql.spine import SpineFacts
    from provender.plugin.sql.union_join import UnionJoin

__all__ = [
    "AsOfJoin",
    "JoinedView",
    "KnownAtJoin",
    "Located",
    "Part",
    "PointInTimeJoin",
    "Result",
    "SourceRows",
    "SpineFacts",
    "SqlOfflineStore",
    "SqlSession",
    "UnionJoin",
]

_HOMES = {
    "AsOfJoin": "as_of_join",
    "JoinedView": "join",
    "KnownAtJoin": "known_join",
    "Part": "join",
    "PointInTimeJoin": "join",
    "SourceRows": "rows",
    "SpineFacts": "spine",
    "UnionJoin": "union_join",
}


def __getattr__(name: str) -> object:
    """Import what needs sqlglot when it is first used: a store is opened without it."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
