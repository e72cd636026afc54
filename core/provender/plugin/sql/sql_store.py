"""`SqlOfflineStore`: an offline store for any warehouse that uses SQL.

A provider says how its warehouse is reached; what is asked of it is built here.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from provender.definitions.source import DataSource
from provender.plugin.contract.offline_store import OfflineStore
from provender.plugin.contract.plan import (
    WHOLE,
    HistoricalPlan,
    ParquetSpine,
    Partition,
    SourceRead,
    Spine,
    TableSpine,
    ViewJoin,
    Window,
    read_schema,
)
from provender.plugin.kit.parquet_spine import parquet_rows, parquet_schema
from provender.plugin.kit.readers import close
from provender.plugin.sql.results import answered, beside, streamed
from provender.plugin.sql.session import Located, Result, SqlSession
from provender.types import UnixTimestamp

if TYPE_CHECKING:
    import pyarrow as pa
    from sqlglot import exp

    from provender.plugin.sql.join import PointInTimeJoin
    from provender.plugin.sql.rows import SourceRows
    from provender.plugin.sql.spine import SpineFacts
    from provender.plugin.statistics import ViewFigures
    from provender.types import FeatureType

_FEW_ROWS = 1000
"""More than a query for statistics gives."""


class SqlOfflineStore(OfflineStore):
    """The part of an offline store that all SQL warehouses share.

    A provider says how a session is opened. Where its warehouse differs, it overrides a part:
    `join_class` and `rows_class` for the text of queries, `stage_query` and `stages_files` for
    entity rows, `fits` for the longest statement, `statement` and `SqlSession.read` for results.

    Attributes:
        dialect: The warehouse's dialect, as sqlglot names it.
        has_as_of_join: Whether the warehouse knows ASOF JOIN; otherwise the join is built of
            what every warehouse has. See `join_class`.
        stages_files: Whether a session stages entity rows in Parquet files by itself; otherwise
            they are read here, and staged as a table.
        orders_queries: Whether the result for entity rows that are a query has the order in
            which the warehouse happens to read them; otherwise it has none.
        features_per_query: When entity rows are a table, a request for more features is cut into
            queries of about so many, which run at once; None: it is never cut.
    """

    dialect: ClassVar[str]
    known_at_columns: ClassVar[bool] = True
    has_as_of_join: ClassVar[bool] = False
    stages_files: ClassVar[bool] = True
    orders_queries: ClassVar[bool] = True
    features_per_query: ClassVar[int | None] = None

    @abstractmethod
    def session(self) -> SqlSession:
        """Open a session: all statements of one request, and their temporary objects."""

    def planning_session(self) -> SqlSession:
        """Open a session in which nothing is run: it is asked for the text of queries alone.

        A store whose session loads what is staged at once overrides it.
        """
        return self.session()

    # ---- the text of queries --------------------------------------------------------------

    def to_instant(self, value: exp.Expr, stored: pa.DataType) -> exp.Expr:
        """Return a stored column as a timestamp with time zone; a naive one means UTC.

        By default it is cast, which is right where the zone of a session is UTC.
        """
        from sqlglot import exp

        zoned = getattr(stored, "tz", None) is not None
        return value if zoned else exp.cast(value, exp.DataType.Type.TIMESTAMPTZ)

    def to_key(self, value: exp.Expr, stored: pa.DataType, wanted: FeatureType) -> exp.Expr:
        """Return a join key as its declared type; what cannot be converted as null.

        The keys of the entity rows and those of the sources are compared after it.
        """
        from provender.plugin.sql.rows import comparable

        return comparable(value, stored, wanted)

    def rows_class(self) -> type[SourceRows]:
        """Return what builds the queries over the rows of a source."""
        from provender.plugin.sql.rows import SourceRows

        return SourceRows

    def join_class(self, plan: HistoricalPlan) -> type[PointInTimeJoin]:
        """Return what builds the query of a point-in-time join."""
        from provender.plugin.sql.as_of_join import AsOfJoin
        from provender.plugin.sql.known_join import KnownAtJoin
        from provender.plugin.sql.union_join import UnionJoin

        if isinstance(plan.known_at, str):
            return KnownAtJoin
        return AsOfJoin if self.has_as_of_join else UnionJoin

    def fits(self, query: exp.Select, views: int) -> bool:
        """Return whether the warehouse takes a query of so many views as one statement.

        A join that does not fit is cut into pieces, which `SqlSession.keep` keeps.
        """
        return True

    def statement(self, query: exp.Select, result: Result) -> str:
        """Return the text of a query that is run.

        Args:
            query: The query; it may be changed on the way.
            result: What it gives. Columns are told apart by their places: a warehouse that does
                not allow any name may get others.
        """
        from provender.plugin.sql.names import query_text

        return query_text(query, self.dialect)

    # ---- what is asked --------------------------------------------------------------------

    def schema(self, source: DataSource) -> pa.Schema:
        """Return the columns of `source` as they are stored."""
        with self.session() as session:
            return session.locate(source, {}).schema

    def spine_schema(self, spine: Spine) -> pa.Schema:
        """Return the columns of entity rows."""
        if isinstance(spine, TableSpine):
            return spine.table.schema
        if isinstance(spine, ParquetSpine) and not self.stages_files:
            return parquet_schema(spine)
        with self.session() as session:
            return session.locate_spine(spine, {}).schema

    def historical(self, plan: HistoricalPlan, spine: Spine) -> pa.RecordBatchReader:
        """Return the point-in-time join that `plan` describes, streamed."""
        spine = self._at_hand(spine)
        if not isinstance(spine, TableSpine):
            return self._streamed(partial(self._joined, plan, spine))
        cut = _cut(plan, self.features_per_query)
        with ExitStack() as opened:
            parts = []
            for part in cut:
                parts.append(self._streamed(partial(self._joined, part, spine)))
                opened.callback(close, parts[-1])
            opened.pop_all()  # from here on, the reader closes them
        return beside(spine.table.select(list(plan.spine_columns)), parts)

    def sql(self, plan: HistoricalPlan, spine: Spine) -> str:
        """Return the query of `historical` as text."""
        from provender.plugin.sql.names import query_text

        with self.planning_session() as session:
            query = self.join(session, plan, spine).query()
            return query_text(query, self.dialect, pretty=True)

    def latest(
        self, read: SourceRead, window: Window, partition: Partition = WHOLE
    ) -> pa.RecordBatchReader:
        """Return the newest row of each key within `window`, streamed."""
        from provender.plugin.sql.latest import latest_query

        query = partial(latest_query, partition=partition, key_hash=self.key_hash)
        return self._streamed(partial(self._read, read, window, query))

    def partitions(self, read: SourceRead, window: Window, wanted: int) -> Sequence[Partition]:
        """Return parts by `key_hash`, as many as wanted; one where there is no hash or no key."""
        from sqlglot import exp

        if not read.keys or self.key_hash([exp.null()]) is None:
            return (WHOLE,)
        hashed = self.key_hash_version()
        return [Partition(number, wanted, hashed) for number in range(wanted)]

    def key_hash(self, keys: Sequence[exp.Expr]) -> exp.Expr | None:
        """Return a whole number from 0 on that is the same for equal keys; None: there is none.

        A warehouse with such a function overrides it; its `latest` can then be read in parts.

        Args:
            keys: The join keys of a row, none of which is null, as they are compared.
        """
        return None

    def key_hash_version(self) -> str:
        """Return what names the hash; parts by another one are other parts."""
        return self.dialect

    def rows(self, read: SourceRead, window: Window) -> pa.RecordBatchReader:
        """Return every row within `window`, streamed."""
        from provender.plugin.sql.latest import rows_query

        return self._streamed(partial(self._read, read, window, rows_query))

    def statistics(self, view: str, read: SourceRead, window: Window) -> ViewFigures:
        """Return the figures of the rows within `window`, counted in the warehouse.

        Rows that it cannot count as they would be read, as those with a uuid that is none, are
        read.
        """
        from provender.plugin.sql.statistics import Statistics

        with self.session() as session:
            source = self.source_rows(session, read)
            answer = partial(self._answer, session)
            found = Statistics(source, window, answer).figures(view)
        return found or super().statistics(view, read, window)

    # ---- how it is asked ------------------------------------------------------------------

    def join(
        self, session: SqlSession, plan: HistoricalPlan, spine: Spine, *, own: bool = False
    ) -> PointInTimeJoin:
        """Find the sources of a plan, stage its entity rows, and return the join.

        Args:
            session: Where they are staged.
            plan: What to join.
            spine: The entity rows.
            own: Whether the entity rows' own columns are part of the result though they are a
                table; those of a query always are.
        """
        spine = self._at_hand(spine)
        is_table = isinstance(spine, TableSpine)
        own = own or not is_table
        sources = [self.source_rows(session, join.read) for join in plan.joins]
        staged, facts = self._staged(session, plan, spine, whole=own)
        return self.join_class(plan)(
            plan,
            staged,
            facts,
            sources,
            self.to_instant,
            self.to_key,
            own=own,
            ordered=is_table or self.orders_queries,
        )

    def join_query(self, session: SqlSession, join: PointInTimeJoin) -> exp.Select:
        """Return one query for a join, or the last of several when one would grow too long.

        Raises:
            StoreError: The query of one view alone is too long.
        """
        whole = join.query()
        if self.fits(whole, len(join.plan.joins)):
            return whole
        pieces = join.pieces(self.fits)
        return join.over([(views, session.keep(query)) for views, query in pieces])

    def source_rows(self, session: SqlSession, read: SourceRead) -> SourceRows:
        """Return the rows of a source.

        Raises:
            SourceError: It does not exist, or has other columns than `read` says.
        """
        from provender.plugin.sql.located import located

        found = located(session, read, self.dialect)
        return self.rows_class()(
            read, found.relation, found.schema, self.to_instant, self.to_key, found.columns
        )

    def stage_query(
        self, session: SqlSession, plan: HistoricalPlan, found: Located
    ) -> tuple[exp.Expr, SpineFacts]:
        """Return entity rows that are not a table as the relation after FROM, and what is known.

        By default they are part of each query. A warehouse may keep them instead, and number
        them, so that a query that is cut is not evaluated several times.

        Args:
            session: Where they are staged.
            plan: What they are for.
            found: The rows, as `SqlSession.locate_spine` gave them.
        """
        import pyarrow as pa

        from provender.plugin.parquet import value_type
        from provender.plugin.sql.spine import SpineFacts

        columns = {name: found.columns.get(name, name) for name in found.schema.names}
        own = [pa.field(field.name, value_type(field.type)) for field in found.schema]
        return found.relation, SpineFacts(pa.schema(own), columns)

    def _at_hand(self, spine: Spine) -> Spine:
        """Return entity rows that are a table when they were a file that no session stages."""
        if self.stages_files or not isinstance(spine, ParquetSpine):
            return spine
        return TableSpine(parquet_rows(spine))

    def _staged(
        self, session: SqlSession, plan: HistoricalPlan, spine: Spine, *, whole: bool
    ) -> tuple[exp.Expr, SpineFacts]:
        """Stage the spine.

        Of a table only the columns that are needed travel, unless it is wanted as a whole, and a
        number for each row: the result comes in that order, and the table's own columns are put
        beside it, whatever their types.
        """
        from provender.plugin.sql.located import check_cases
        from provender.plugin.sql.spine import numbered

        if not isinstance(spine, TableSpine):
            instants = dict.fromkeys(plan.instant_columns(), UnixTimestamp)
            found = session.locate_spine(spine, {**plan.spine_types, **instants})
            check_cases([found.columns.get(name, name) for name in found.schema.names])
            return self.stage_query(session, plan, found)
        rows, facts = numbered(plan, spine.table, whole=whole)
        return session.stage(rows), facts

    def _streamed(
        self, ask: Callable[[SqlSession], tuple[exp.Select, Result]]
    ) -> pa.RecordBatchReader:
        """Return the result of the query that is asked in a session of its own."""
        session = self.session()
        try:
            query, result = ask(session)
            return streamed(session, self.statement(query, result), result)
        except BaseException:
            session.close()
            raise

    def _joined(
        self, plan: HistoricalPlan, spine: Spine, session: SqlSession
    ) -> tuple[exp.Select, Result]:
        join = self.join(session, plan, spine)
        return self.join_query(session, join), join.result()

    def _read(
        self,
        read: SourceRead,
        window: Window,
        query: Callable[[SourceRows, Window], exp.Select],
        session: SqlSession,
    ) -> tuple[exp.Select, Result]:
        rows = self.source_rows(session, read)
        return query(rows, window), Result(read_schema(read), rows.stored_types())

    def _answer(
        self, session: SqlSession, query: exp.Select, schema: pa.Schema
    ) -> list[tuple[Any, ...]]:
        """Return the few rows of a query's result, with the columns of a schema."""
        result = Result(schema, rows=_FEW_ROWS)
        return answered(session, self.statement(query, result), result)


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
