"""What came over Flight as the plans and reads of `provender.plugin`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provender.plugin.contract.plan import Column, HistoricalPlan, SourceRead, ViewJoin, Window
from provender.types import parse_type
from provender.wire.offline import SourceOf


def column_of(document: list[str]) -> Column:
    """Return a column."""
    source, name, kind = document
    return Column(source, name, parse_type(kind))


def read_of(document: Mapping[str, Any], source_of: SourceOf) -> SourceRead:
    """Return a read of a source."""
    return SourceRead(
        source_of(document["source"]),
        tuple(column_of(column) for column in document["keys"]),
        tuple(column_of(column) for column in document["features"]),
        document["timestamp"],
        document["created"],
        document.get("pushed", False),
    )


def plan_of(document: Mapping[str, Any], source_of: SourceOf) -> HistoricalPlan:
    """Return a plan of a join."""
    joins = tuple(
        ViewJoin(
            join["view"],
            read_of(join["read"], source_of),
            tuple(join["spine_keys"]),
            tuple(join["outputs"]),
            join["ttl"],
        )
        for join in document["joins"]
    )
    types = {name: parse_type(kind) for name, kind in document["spine_types"].items()}
    columns = tuple(document["spine_columns"])
    return HistoricalPlan(document["timestamp"], columns, joins, document["known_at"], types)


def window_of(values: list[int | None] | None) -> Window:
    """Return a window of time."""
    return Window(*(values or ()))
