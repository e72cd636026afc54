"""`ColumnValidation`: what is wrong with the columns of pushed rows, all of it at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from provender.catalog.view import CatalogView
from provender.errors import Problem, did_you_mean, listed, rename_close
from provender.plugin.contract.plan import Column, read_schema
from provender.tabular.given_rows import GivenRows
from provender.tabular.typed_column import MOST_ROWS, DoesNotFit, as_given, stored, typed
from provender.types import FeatureType, UnixTimestamp, from_arrow

if TYPE_CHECKING:
    import pyarrow as pa


class ColumnValidation:
    """Brings the columns of some rows to the types that views and sources want.

    Each column is brought to each type once, so that a problem is told once however many views
    have it.

    Args:
        rows: The rows.

    Attributes:
        problems: Everything that was wrong so far.
    """

    def __init__(self, rows: GivenRows) -> None:
        self._rows = rows
        self._found: dict[tuple[str, FeatureType], pa.Array | None] = {}
        self._wanted: dict[str, FeatureType] = {}
        self.problems: list[Problem] = []

    def batch(self, view: CatalogView) -> pa.RecordBatch | None:
        """Return the rows as a view reads them, or None when they have `problems`.

        The columns stand as in `read_schema`.
        """
        import pyarrow as pa

        read = view.read()
        event = self._typed(read.timestamp, UnixTimestamp, never_null="event timestamp")
        created: pa.Array | None = pa.nulls(self._rows.count, UnixTimestamp.arrow())
        if read.created is not None:
            created = self._typed(read.created, UnixTimestamp)
        keys = [self._typed(k.source, k.type, never_null="join key") for k in read.keys]
        features = [self._feature(view, column) for column in read.features]
        columns = [column for column in (event, created, *keys, *features) if column is not None]
        schema = read_schema(read)
        if len(columns) < len(schema):
            return None
        return pa.RecordBatch.from_arrays(columns, schema=schema)

    def join_key(self, name: str, kind: FeatureType) -> pa.Array | None:
        """Return a join key, or None when the rows have `problems` with it."""
        column = self._typed(name, kind, never_null="join key")
        return None if column is None or column.null_count else column

    def unknown(self, schemas: Callable[[], Iterable[pa.Schema]]) -> None:
        """Note the columns that no view reads and no source has.

        Args:
            schemas: Looks the sources up; called only where there are columns that no view reads.
        """
        unread = [name for name in self._rows.columns if name not in self._wanted]
        if not unread:
            return
        known = {*self._wanted, *(name for schema in schemas() for name in schema.names)}
        for name in (name for name in unread if name not in known):
            fix = did_you_mean(name, known)
            self._problem(f"the source has no column {name!r}", allowed=listed(known), fix=fix)

    def table(self, schema: pa.Schema) -> pa.Table | None:
        """Return the rows with all columns of a source, or None when they have `problems`.

        Columns that no view reads may be missing; they are null.
        """
        import pyarrow as pa

        columns = [self._stored(field) for field in schema]
        if any(column is None for column in columns):
            return None
        return pa.table(columns, names=schema.names)

    def _stored(self, field: pa.Field) -> pa.Array | None:
        import pyarrow as pa

        name, given = field.name, self._rows.columns.get(field.name)
        kind = self._wanted.get(name) or from_arrow(field.type)
        if given is None:
            return None if name in self._wanted else as_given(pa.nulls(self._rows.count), field)
        try:
            if kind is None:
                return as_given(given, field)
            column = self._typed(name, kind)
            return None if column is None else stored(column, field)
        except DoesNotFit as error:
            self._misfit(name, error, f"{field.type}, as the source stores it")
            return None

    def _feature(self, view: CatalogView, column: Column) -> pa.Array | None:
        purpose = f"feature {column.name!r} of view {view.name!r} is read from it"
        return self._typed(column.source, column.type, purpose=purpose)

    def _typed(
        self, name: str, kind: FeatureType, *, never_null: str | None = None, purpose: str = ""
    ) -> pa.Array | None:
        self._wanted.setdefault(name, kind)
        if (name, kind) not in self._found:
            purpose = purpose or f"it is the {never_null or 'created timestamp'}"
            self._found[name, kind] = self._read(name, kind, purpose)
        column = self._found[name, kind]
        if column is not None and never_null and column.null_count:
            self._null(name, column, never_null)
        return column

    def _read(self, name: str, kind: FeatureType, purpose: str) -> pa.Array | None:
        if name not in self._rows.columns:
            fact = f"the rows have no column {name!r}"
            fix = rename_close(name, self._rows.columns) or purpose
            self._problem(fact, got=listed(self._rows.columns), fix=fix)
            return None
        try:
            given, exact = self._rows.columns[name], self._rows.exact_floats
            return typed(given, kind, exact_floats=exact)
        except DoesNotFit as error:
            self._misfit(name, error, str(kind))
            return None

    def _misfit(self, name: str, error: DoesNotFit, allowed: str) -> None:
        more = " and more" if len(error.rows) > MOST_ROWS else ""
        rows = error.rows[:MOST_ROWS]
        where = f" in {self._rows.numbered(rows, more=more)}" if rows else ""
        got = f"{error.got} at {name}{error.path}" if error.path else error.got
        fact = f"column {name!r} is of the wrong type{where}"
        self._problem(fact, got=got, allowed=allowed, place=self._rows.place(rows))

    def _null(self, name: str, column: pa.Array, what: str) -> None:
        import pyarrow.compute as pc

        rows = pc.indices_nonzero(column.is_null()).to_pylist()
        more = f" and {len(rows) - MOST_ROWS} more" if len(rows) > MOST_ROWS else ""
        where = self._rows.numbered(rows[:MOST_ROWS], more=more)
        self._problem(f"the {what} {name!r} is null in {where}", place=self._rows.place(rows))

    def _problem(
        self,
        fact: str,
        *,
        got: str | None = None,
        allowed: str | None = None,
        fix: str | None = None,
        place: str | None = None,
    ) -> None:
        problem = Problem(fact, got, allowed, fix, place)
        if fact not in {known.fact for known in self.problems}:
            self.problems.append(problem)
