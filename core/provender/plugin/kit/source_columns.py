"""The columns of a source that are read, and whether it still has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provender.errors import Problem, SourceError, did_you_mean, listed
from provender.plugin.contract.plan import SourceRead
from provender.plugin.kit.arrow_cast import readable_as
from provender.types import FeatureType, UnixTimestamp

if TYPE_CHECKING:
    import pyarrow as pa


def wanted_columns(read: SourceRead) -> list[tuple[str, FeatureType]]:
    """Return the columns of a source that are read, and the type of each."""
    wanted: list[tuple[str, FeatureType]] = [(read.timestamp, UnixTimestamp)]
    wanted += [(read.created, UnixTimestamp)] if read.created else []
    return wanted + [(column.source, column.type) for column in (*read.keys, *read.features)]


def check_columns(read: SourceRead, schema: pa.Schema) -> None:
    """Check that a source still has the columns that were registered for it.

    Raises:
        SourceError: Every column that is missing or of another type, as one error.
    """
    where = f"source {read.source.name!r} ({read.source.location()})"
    problems = []
    for name, kind in wanted_columns(read):
        if name not in schema.names:
            fix = did_you_mean(name, schema.names)
            fact = f"{where} has no column {name!r}"
            problems.append(Problem(fact, allowed=listed(schema.names), fix=fix))
        elif not readable_as(schema.field(name).type, kind):
            fact = f"column {name!r} of {where} has another type"
            problems.append(Problem(fact, got=str(schema.field(name).type), allowed=str(kind)))
    if problems:
        raise SourceError.of(problems)
