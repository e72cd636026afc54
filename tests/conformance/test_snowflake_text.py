"""A warehouse is a small class: Snowflake's SQL, read back and put before the rules of the suite.

Snowflake is not asked. Its text is parsed as Snowflake's, translated to DuckDB's and run there.
"""

from itertools import count

import duckdb
import pyarrow as pa
import pytest
import sqlglot
from sqlglot import exp

from provender.definitions import FileSource
from provender.errors import StoreError
from provender.plugin import Spine, StoreConfig, StoreType
from provender.plugin.sql import JoinedView, KnownAtJoin, SqlOfflineStore, SqlSession, UnionJoin
from provender.plugin.sql.join import equal
from provender.plugin.sql.names import EVENT, SPINE, column, query_text, sql_type, table
from provender.testing.offline_suite import OfflineHarness
from provender.testing.suites.offline.join_case import JoinCase
from provender.testing.suites.offline.join_rules import OfflineJoinRules
from provender.testing.suites.offline.tables import case_of, rows_table, spine_of, view_of
from provender.testing.suites.offline.window_rules import OfflineWindowRules
from provender.types import from_arrow


class SnowflakeJoin(UnionJoin):
    """Rows of which one is left of each instant, and Snowflake's own as-of join."""

    def matches(self, view: JoinedView):
        return []

    def joined(self, query: exp.Select, view: JoinedView):
        keys = list(zip(view.spine_keys, view.source.keys, strict=True))
        at = exp.GTE(this=column(EVENT, SPINE), expression=column(EVENT, view.name))
        on = equal(SPINE, view.name, keys) if keys else None
        own = exp.Join(this=table(view.name), method="ASOF", match_condition=at, on=on)
        query.append("joins", own)
        return query


class SnowflakeSession(SqlSession):
    def __init__(self, warehouse):
        self.warehouse = warehouse

    def relation(self, source):
        return exp.to_table(source.path)

    def stage(self, spine: Spine):
        return exp.to_table(self.warehouse.put(spine.table))

    def schema(self, relation):
        return self.warehouse.tables[relation.name].schema

    def run(self, statement):
        return iter(self.warehouse.run(statement).to_batches())

    def keep(self, query):
        return exp.to_table(self.warehouse.put(self.warehouse.run(query_text(query, "snowflake"))))

    def close(self):
        pass


class SnowflakeStore(SqlOfflineStore):
    dialect = "snowflake"

    def __init__(self, warehouse):
        self.warehouse = warehouse

    def session(self):
        return SnowflakeSession(self.warehouse)

    def to_key(self, value, stored, wanted):
        """Snowflake tries to cast texts alone."""
        kind = from_arrow(stored)
        if kind == wanted:
            return value
        is_text = kind is not None and kind.name == "String"
        cast = exp.TryCast if is_text else exp.Cast
        return cast(this=value, to=sql_type(wanted), requires_string=True)

    def join_class(self, plan):
        return KnownAtJoin if isinstance(plan.known_at, str) else SnowflakeJoin

    def append(self, source, table):
        rows = self.warehouse.tables[source.path]
        self.warehouse.put(pa.concat_tables([rows, table]), source.path)


class Warehouse:
    """DuckDB, which is given the text of Snowflake's queries."""

    def __init__(self):
        self.tables, self.texts, self.numbers = {}, [], count()
        self.duckdb = duckdb.connect(":memory:")
        self.duckdb.execute("SET GLOBAL TimeZone = 'UTC'")
        self.duckdb.execute("SET GLOBAL arrow_lossless_conversion = true")

    def put(self, rows, name=None):
        name = name or f"table_{next(self.numbers)}"
        self.tables[name] = rows
        self.duckdb.register(name, rows)
        return name

    def run(self, text):
        self.texts.append(text)
        query = sqlglot.parse_one(text, read="snowflake")
        assert query.sql("snowflake") == text
        for join in query.find_all(exp.Join):
            if at := join.args.get("match_condition"):  # DuckDB has it among the conditions
                parts = [part for part in (join.args.get("on"), at.pop()) if part]
                join.set("on", exp.and_(*parts))
                join.set("side", "LEFT")
        return self.duckdb.sql(query.sql("duckdb")).to_arrow_table()


class WarehouseHarness(OfflineHarness):
    def __init__(self):
        self.kind = StoreType("snowflake", StoreConfig, frozenset({"sql"}))
        self.store = SnowflakeStore(Warehouse())

    def source(self, table, **columns):
        return FileSource(self.store.warehouse.put(table), **columns)

    def leftovers(self):
        return []


class TestSnowflake(OfflineJoinRules, OfflineWindowRules):
    provider = "local"

    @pytest.fixture
    def harness(self):
        harness = WarehouseHarness()
        yield harness
        texts = "\n".join(harness.store.warehouse.texts)
        harness.store.warehouse.duckdb.close()
        for word in (" SEMI JOIN ", " ANTI JOIN ", "IGNORE NULLS", "MATERIALIZED"):
            assert word not in texts


class ShortStore(SnowflakeStore):
    """Takes no more than so many views in one statement."""

    most = 2

    def fits(self, query, views):
        return views <= self.most


@pytest.fixture
def short():
    harness = WarehouseHarness()
    harness.store = ShortStore(harness.store.warehouse)
    yield harness
    harness.store.warehouse.duckdb.close()


@pytest.mark.parametrize("known_at", [None, "q"])
def test_a_join_that_does_not_fit_is_cut_and_says_the_same(short, known_at):
    views = tuple(
        view_of(rows_table((1, n, -n, 0), (2, -n, n, -1)), ttl=3 + n % 2, name=f"view_{n}")
        for n in range(5)
    )
    case = JoinCase(spine_of((1, 0), (2, 0), (1, 3), (None, 1)), views, known_at=known_at)
    case.check(short, "pieces say what one query would")
    pieces = [text for text in short.store.warehouse.texts if "__piece_" not in text]
    assert len(pieces) == 3


def test_a_view_that_does_not_fit_alone_is_refused(short):
    short.store.most = 0
    with pytest.raises(StoreError, match="view 'view' alone is too long"):
        case_of([(1, 0)], [(1, 7, 0, 0)]).check(short, "")
