"""`SqlOfflineStore`: an offline store for any warehouse that speaks SQL.

A provider says how its warehouse is reached; what is asked of it is built here.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from provender.definitions.source import DataSource
from provender.errors import (
    NoDataYet,
    Problem,
    RequestError,
    SourceError,
    did_you_mean,
    listed,
)
from provender.names import alike_names
from provender.plugin.contract.offline_store import OfflineStore
from provender.plugin.contract.plan import (
    HistoricalPlan,
    SourceRead,
    Spine,
    TableSpine,
    ViewJoin,
    Window,
    read_schema,
)
from provender.plugin.kit.arrow_cast import readable_as
from provender.plugin.sql.results import answered, beside, streamed
from provender.plugin.sql.session import Located, SqlSession
from provender.types import FeatureType, UnixTimestamp

if TYPE_CHECKING:
    import pyarrow as pa
    from sqlglot import exp

    from provender.plugin.sql.as_of_join import SpineFacts
    from provender.plugin.sql.rows import SourceRows
    from provender.plugin.statistics import ViewFigures


class SqlOfflineStore(OfflineStore):
    """The part of an offline store that all SQL warehouses share.

    Attributes:
        dialect: The warehouse's dialect, as sqlglot names it.
        has_as_of_join: Whether the warehouse knows ASOF JOIN; otherwise the join is built of
            what every warehouse has.
        features_per_query: When entity rows are a table, a request for more features is cut into
            queries of about so many, which run at once; None: it is never cut.
    """

    dialect: ClassVar[str]
    known_at_columns: ClassVar[bool] = True
    has_as_of_join: ClassVar[bool] = False
    features_per_query: ClassVar[int | None] = None

    @abstractmethod
    def session(self) -> SqlSession:
        """Open a session: all statements of one request, and their temporary objects."""

    @abstractmethod
    def to_instant(self, value: exp.Expr, stored: pa.DataType) -> exp.Expr:
        """Return a stored column as a timestamp with time zone; a naive one means UTC."""

    def to_key(self, value: exp.Expr, stored: pa.DataType, wanted: FeatureType) -> exp.Expr:
        """Return a join key as its declared type; what cannot be converted as null.

        The keys of the entity rows and those of the sources are compared after it.
        """
        from provender.plugin.sql.rows import comparable

        return comparable(value, stored, wanted)

    def schema(self, source: DataSource) -> pa.Schema:
        """Return the columns of `source` as they are stored."""
        with self.session() as session:
            return session.locate(source, {}).schema

    def spine_schema(self, spine: Spine) -> pa.Schema:
        """Return the columns of entity rows."""
        if isinstance(spine, TableSpine):
            return spine.table.schema
        with self.session() as session:
            return session.locate_spine(spine, {}).schema

    def historical(self, plan: HistoricalPlan, spine: Spine) -> pa.RecordBatchReader:
        """Return the point-in-time join that `plan` describes, streamed."""
        import pyarrow as pa

        if isinstance(spine, TableSpine):
            parts = [self._outputs(part, spine) for part in _cut(plan, self.features_per_query)]
            return beside(spine.table.select(list(plan.spine_columns)), parts)
        session = self.session()
        try:
            staged, facts = self._staged(session, plan, spine)
            statement = self._historical_sql(session, plan, staged, facts)
            own = [facts.schema.field(name) for name in plan.spine_columns]
            return streamed(session, statement, pa.schema([*own, *output_schema(plan)]))
        except BaseException:
            session.close()
            raise

    def _outputs(self, plan: HistoricalPlan, spine: TableSpine) -> pa.RecordBatchReader:
        """Return the outputs alone of a plan, for each entity row in order."""
        session = self.session()
        try:
            staged, facts = self._staged(session, plan, spine)
            statement = self._historical_sql(session, plan, staged, facts)
            return streamed(session, statement, output_schema(plan))
        except BaseException:
            session.close()
            raise

    def sql(self, plan: HistoricalPlan, spine: Spine) -> str:
        """Return the query of `historical` as text."""
        with self.session() as session:
            staged, facts = self._staged(session, plan, spine)
            return self._historical_sql(session, plan, staged, facts, pretty=True)

    def latest(self, read: SourceRead, window: Window) -> pa.RecordBatchReader:
        """Return the newest row of each key within `window`, streamed."""
        from provender.plugin.sql.latest import latest_query
        from provender.plugin.sql.names import query_text

        session = self.session()
        try:
            query = latest_query(self._source_rows(session, read), window)
            return streamed(session, query_text(query, self.dialect), read_schema(read))
        except BaseException:
            session.close()
            raise

    def rows(self, read: SourceRead, window: Window) -> pa.RecordBatchReader:
        """Return every row within `window`, streamed."""
        from provender.plugin.sql.latest import rows_query
        from provender.plugin.sql.names import query_text

        session = self.session()
        try:
            query = rows_query(self._source_rows(session, read), window)
            return streamed(session, query_text(query, self.dialect), read_schema(read))
        except BaseException:
            session.close()
            raise

    def statistics(self, view: str, read: SourceRead, window: Window) -> ViewFigures:
        """Return the figures of the rows within `window`, counted in the warehouse.

        Rows that it cannot count as they would be read, as those with a uuid that is none, are
        read.
        """
        from provender.plugin.sql.statistics import Statistics

        with self.session() as session:
            source = self._source_rows(session, read)
            answer = partial(self._answer, session)
            found = Statistics(source, window, answer).figures(view)
        return found or super().statistics(view, read, window)

    def _answer(
        self, session: SqlSession, query: exp.Select, schema: pa.Schema
    ) -> list[tuple[Any, ...]]:
        """Return the few rows of a query's result, with the columns of a schema."""
        from provender.plugin.sql.names import query_text

        return answered(session, query_text(query, self.dialect), schema)

    def _historical_sql(
        self,
        session: SqlSession,
        plan: HistoricalPlan,
        staged: exp.Expr,
        facts: SpineFacts,
        *,
        pretty: bool = False,
    ) -> str:
        from provender.plugin.sql.as_of_join import as_of_query
        from provender.plugin.sql.known_join import known_query
        from provender.plugin.sql.names import query_text
        from provender.plugin.sql.union_join import union_query

        sources = [self._source_rows(session, join.read) for join in plan.joins]
        if isinstance(plan.known_at, str):
            query = known_query(plan, staged, facts, sources, self.to_instant, self.to_key)
        elif self.has_as_of_join:
            query = as_of_query(plan, staged, facts, sources, self.to_instant, self.to_key)
        else:
            query = union_query(plan, staged, facts, sources, self.to_instant, self.to_key)
        return query_text(query, self.dialect, pretty=pretty)

    def _staged(
        self, session: SqlSession, plan: HistoricalPlan, spine: Spine
    ) -> tuple[exp.Expr, SpineFacts]:
        """Stage the spine.

        Of a table only the columns that are needed travel, and a number for each row: the result
        comes in that order, and the table's own columns are put beside it, whatever their types.
        """
        import pyarrow as pa

        from provender.plugin.parquet import value_type
        from provender.plugin.sql.as_of_join import SpineFacts, numbered

        if not isinstance(spine, TableSpine):
            instants = dict.fromkeys(plan.instant_columns(), UnixTimestamp)
            found = session.locate_spine(spine, {**plan.spine_types, **instants})
            columns = {name: found.columns.get(name, name) for name in found.schema.names}
            check_cases(columns.values())
            own = [pa.field(field.name, value_type(field.type)) for field in found.schema]
            return found.relation, SpineFacts(pa.schema(own), columns)
        rows, facts = numbered(plan, spine.table)
        return session.stage(rows), facts

    def _rows_class(self) -> type[SourceRows]:
        """Return what builds the queries over the rows of a source."""
        from provender.plugin.sql.rows import SourceRows

        return SourceRows

    def _source_rows(self, session: SqlSession, read: SourceRead) -> SourceRows:
        found = _located(session, read)
        check_columns(read, found.schema)
        if _folds_case(self.dialect):
            _check_source_cases(read, found)
        return self._rows_class()(
            read, found.relation, found.schema, self.to_instant, self.to_key, found.columns
        )


def _located(session: SqlSession, read: SourceRead) -> Located:
    """Return a source; one to which rows are pushed has none as long as nothing was written."""
    import pyarrow as pa

    wanted = dict(_wanted(read))
    try:
        return session.locate(read.source, wanted)
    except NoDataYet:
        if not read.pushed:
            raise
    schema = pa.schema([(name, kind.arrow()) for name, kind in wanted.items()])
    columns = {name: f"__column_{number}" for number, name in enumerate(wanted)}
    rows = pa.Table.from_batches([], schema).rename_columns(list(columns.values()))
    return Located(session.stage(TableSpine(rows)), schema, columns)


def _wanted(read: SourceRead) -> list[tuple[str, FeatureType]]:
    """Return the columns of a source that are read, and the type of each."""
    wanted: list[tuple[str, FeatureType]] = [(read.timestamp, UnixTimestamp)]
    wanted += [(read.created, UnixTimestamp)] if read.created else []
    return wanted + [(column.source, column.type) for column in (*read.keys, *read.features)]


def check_columns(read: SourceRead, schema: pa.Schema) -> None:
    """Check that a source still has the columns that were registered for it.

    Raises:
        SourceError: With every column that is missing or of another type.
    """
    where = f"source {read.source.name!r} ({read.source.location()})"
    problems = []
    for name, kind in _wanted(read):
        if name not in schema.names:
            fix = did_you_mean(name, schema.names)
            fact = f"{where} has no column {name!r}"
            problems.append(Problem(fact, allowed=listed(schema.names), fix=fix))
        elif not readable_as(schema.field(name).type, kind):
            fact = f"column {name!r} of {where} has another type"
            problems.append(Problem(fact, got=str(schema.field(name).type), allowed=str(kind)))
    if problems:
        raise SourceError.of(problems)


def _folds_case(dialect: str) -> bool:
    """Return whether a dialect takes names in quotes for one that differ only in case."""
    from sqlglot.dialects.dialect import Dialect, NormalizationStrategy

    strategy = Dialect.get_or_raise(dialect).normalization_strategy
    return strategy is NormalizationStrategy.CASE_INSENSITIVE


def _check_source_cases(read: SourceRead, found: Located) -> None:
    """Check that the dialect can tell the columns that are read from all others.

    Raises:
        SourceError: It takes some for one another.
    """
    names = {name: found.columns.get(name, name) for name in found.schema.names}
    clashing = set(alike_names(names.values()))
    wanted = {names[name].casefold() for name, _ in _wanted(read)}
    mixed = [n for n, column in names.items() if column in clashing and column.casefold() in wanted]
    if mixed:
        raise SourceError(
            f"columns of source {read.source.name!r} ({read.source.location()}) differ only in "
            "the case of letters, which the store cannot tell apart",
            got=listed(mixed),
            fix="rename one of them",
        )


def check_cases(names: Collection[str]) -> None:
    """Check that no two columns differ only in the case of letters, which SQL does not see.

    Raises:
        RequestError: Some do.
    """
    if mixed := alike_names(names):
        raise RequestError(
            "columns of the entity rows differ only in the case of letters",
            got=listed(mixed),
            fix="rename one of them, or hand the rows over as a table",
        )


def output_schema(plan: HistoricalPlan) -> pa.Schema:
    """Return the columns that a plan adds to the entity rows."""
    import pyarrow as pa

    return pa.schema(
        pa.field(output, feature.type.arrow())
        for join in plan.joins
        for output, feature in zip(join.outputs, join.read.features, strict=True)
    )


def _cut(plan: HistoricalPlan, most: int | None) -> list[HistoricalPlan]:
    """Cut a plan into plans of at most so many features, or of one view that has more."""
    parts: list[list[ViewJoin]] = [[]]
    width = 0
    for join in plan.joins:
        width += len(join.outputs)
        if parts[-1] and most is not None and width > most:
            parts.append([])
            width = len(join.outputs)
        parts[-1].append(join)
    return [replace(plan, joins=tuple(joins)) for joins in parts]
