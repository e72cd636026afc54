"""What a push writes, checked as a whole before any of it is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provender.catalog.source_readers import storage_key
from provender.catalog.source_schemas import SchemaOf
from provender.catalog.view import CatalogView
from provender.definitions import DataSource
from provender.errors import Problem, RequestError
from provender.push.validation import ColumnValidation
from provender.tabular.given_rows import GivenRows

if TYPE_CHECKING:
    import pyarrow as pa

MOST_PROBLEMS = 12
"""How many problems one error lists."""


@dataclass(frozen=True)
class Append:
    """Rows for one source of the offline store, with all of its columns.

    Attributes:
        source: The source.
        table: The rows.
        oldest: The event timestamp of the oldest of them, in µs.
    """

    source: DataSource
    table: pa.Table
    oldest: int


@dataclass(frozen=True)
class Write:
    """Rows for one view online, with the columns of `read_schema`.

    Attributes:
        view: The view.
        batch: The rows.
        other: Whether they are for another table of the view than the one that is read now.
    """

    view: CatalogView
    batch: pa.RecordBatch
    other: bool = False


@dataclass(frozen=True)
class PushPlan:
    """Everything that a push writes.

    Attributes:
        rows: How many rows were pushed.
        appends: What goes to the offline store.
        writes: What goes to the online store.
    """

    rows: int
    appends: tuple[Append, ...] = ()
    writes: tuple[Write, ...] = ()


def plan_push(
    rows: GivenRows,
    views: Sequence[CatalogView],
    schema_of: SchemaOf,
    *,
    offline: bool,
    online: bool,
) -> PushPlan:
    """Check pushed rows against every view that they are for, and return what is to be written.

    Args:
        rows: The rows, with the columns of the source.
        views: The views.
        schema_of: Looks a source up in the offline store.
        offline: Whether they are written to the offline store.
        online: Whether they go there, for the views that are online.

    Raises:
        RequestError: With everything that is wrong, up to a dozen problems.
        SourceError: A source cannot be looked up.
    """
    if not rows.count:
        return PushPlan(0)
    sources = _sources(views)
    schemas = [schema_of(source) for source in sources] if offline else []
    checks = ColumnValidation(rows)
    batches = [checks.batch(view) for view in views]
    tables = [checks.table(schema) for schema in schemas]
    checks.unknown(lambda: schemas or map(schema_of, sources))
    if checks.problems:
        raise RequestError.of(_cut(checks.problems))
    oldest = _oldest(batches)
    appends = zip(sources, tables, strict=True) if offline else ()
    writes = zip(views, batches, strict=True) if online else ()
    return PushPlan(
        rows.count,
        tuple(Append(source, table, oldest) for source, table in appends if table is not None),
        tuple(Write(v, b) for v, b in writes if b is not None and v.view.online),
    )


def _oldest(batches: Sequence[pa.RecordBatch | None]) -> int:
    import pyarrow as pa
    import pyarrow.compute as pc

    events = [batch.column(0).cast(pa.int64()) for batch in batches if batch is not None]
    return min(int(pc.min(event).as_py()) for event in events)


def _sources(views: Sequence[CatalogView]) -> list[DataSource]:
    """Return the sources whose rows the views read, each once whatever is said of it."""
    found: dict[bytes, DataSource] = {}
    for view in views:
        source = view.view.source.stored
        found.setdefault(storage_key(source.to_document()), source)
    return list(found.values())


def _cut(problems: list[Problem]) -> list[Problem]:
    if len(problems) <= MOST_PROBLEMS:
        return problems
    more = Problem(f"{len(problems) - MOST_PROBLEMS + 1} more problems")
    return [*problems[: MOST_PROBLEMS - 1], more]
