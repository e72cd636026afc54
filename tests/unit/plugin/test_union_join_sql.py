"""The join for dialects without ASOF JOIN: its text in three of them, and what it never does."""

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
import sqlglot
from sqlglot import exp

from call_counts import calls, expect_linear
from provender import types
from provender.clock import to_us
from provender.definitions import FileSource
from provender.plugin import Column, HistoricalPlan, SourceRead, ViewJoin, Window
from provender.plugin.sql import AsOfJoin, KnownAtJoin, SourceRows, SpineFacts, UnionJoin
from provender.plugin.sql.latest import latest_query, rows_query
from provender.plugin.sql.names import instant, microseconds, query_text
from provender.plugin.sql.rows import comparable
from snapshots import expect_snapshot

FOLDER = Path(__file__).with_name("union_join_sql")
DIALECTS = ["postgres", "redshift", "bigquery"]
HOUR = 3_600_000_000
NOON = to_us(datetime(2024, 1, 1, 12, tzinfo=UTC))
INSTANT = pa.timestamp("us", "UTC")
STORED = pa.schema([("id", pa.int64()), ('Va`l"ue', pa.float64()), ("at", INSTANT)])


def unchanged(value, stored):
    return value


def source_rows(table="trips", created=None):
    source = FileSource(table, timestamp_field="at", created_timestamp_column=created)
    features = (Column('Va`l"ue', "value", types.Float64),)
    read = SourceRead(source, (Column("id", "id", types.Int64),), features, "at", created)
    schema = STORED.append(pa.field("made", INSTANT))
    return SourceRows(read, exp.to_table(table), schema, unchanged, comparable)


def joined(*sources, ttl=HOUR, known_at=None, order="__order", rows=100, join=UnionJoin):
    joins = tuple(
        ViewJoin(f"v{n}", source.read, ("id",), (f"v{n}__value",), ttl)
        for n, source in enumerate(sources)
    )
    plan = HistoricalPlan("q", ("id", "q", "label"), joins, known_at, {"id": types.Int64})
    schema = pa.schema([("id", pa.string()), ("q", INSTANT), ("label", pa.int64())])
    columns = {"id": "__spine_0", "q": "__spine_1"} if order else {n: n for n in schema.names}
    facts = SpineFacts(schema, columns, rows, NOON, NOON + HOUR, order)
    staged = exp.to_table("staged")
    own = order is None
    return join(plan, staged, facts, sources, unchanged, comparable, own=own).query()


def cases():
    trips, stats = source_rows(created="made"), source_rows("stats")
    return {
        "one_view": joined(trips),
        "two_views_of_a_query": joined(trips, stats, ttl=None, order=None, rows=None),
        "known_at": joined(trips, known_at=NOON),
        "known_at_of_each_row": joined(trips, known_at="q", join=KnownAtJoin),
        "latest": latest_query(trips, Window(NOON, NOON + HOUR, late_since=NOON + 1)),
        "rows": rows_query(stats, Window(None, NOON)),
    }


NAMES = list(cases())
JOINS = NAMES[:3]
every = pytest.mark.parametrize("dialect", DIALECTS)


@every
@pytest.mark.parametrize("name", NAMES)
def test_sql_is_as_it_was(name, dialect):
    text = query_text(cases()[name], dialect, pretty=True) + "\n"
    expect_snapshot(text, FOLDER / f"{name}.{dialect}.sql")


@every
@pytest.mark.parametrize("name", NAMES)
def test_sql_is_read_back_as_it_was_meant(name, dialect):
    text = query_text(cases()[name], dialect)
    read = sqlglot.parse_one(text, read=dialect)
    assert sqlglot.parse_one(read.sql(dialect), read=dialect) == read
    assert (
        read.sql(dialect).replace("INTERVAL '3600000000' MICRO", "INTERVAL 3600000000 MICRO")
        == text
    )


@every
@pytest.mark.parametrize("name", NAMES)
def test_only_what_the_dialect_knows(name, dialect):
    text = query_text(cases()[name], dialect)
    for word in ("ASOF", "IGNORE NULLS", "RANGE BETWEEN", "SEMI", "ANTI", "USING"):
        assert word not in text
    if dialect == "postgres":
        assert "QUALIFY" not in text
        assert "TRY_CAST" not in text
    else:
        assert "MATERIALIZED" not in text


@every
@pytest.mark.parametrize("name", JOINS)
def test_each_join_is_by_equality_and_each_source_is_read_once(name, dialect):
    query = sqlglot.parse_one(query_text(cases()[name], dialect), read=dialect)
    conditions = [join.args["on"] for join in query.find_all(exp.Join)]
    assert conditions
    for condition in conditions:
        assert not list(condition.find_all(exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Or, exp.Concat))
    tables = [found.name for found in query.find_all(exp.Table)]
    assert tables.count("trips") == 1
    assert tables.count("staged") == 1


@every
def test_the_parts_have_names_that_no_table_of_a_user_has(dialect):
    query = sqlglot.parse_one(query_text(cases()["two_views_of_a_query"], dialect), read=dialect)
    parts = [part.alias for part in query.find_all(exp.CTE)]
    assert len(parts) == 5
    assert all(part.startswith("__") for part in parts)
    own = {found.name for found in query.find_all(exp.Table)} - set(parts)
    assert own == {"trips", "stats", "staged"}


@every
def test_hostile_columns_stay_columns(dialect):
    query = sqlglot.parse_one(query_text(cases()["rows"], dialect), read=dialect)
    assert 'Va`l"ue' in {found.name for found in query.find_all(exp.Column)}


@every
@pytest.mark.parametrize(
    "us", [0, 1, -1, NOON + 1, -62_135_596_800_000_000, 253_402_300_799_999_999]
)
def test_instants_are_exact(dialect, us):
    found = sqlglot.parse_one(instant(us).sql(dialect), read=dialect)
    text = found.find(exp.Literal).this
    assert to_us(datetime.fromisoformat(text)) == us


@every
@pytest.mark.parametrize("us", [1, 86_400_000_000, 2**53 + 1, 253_402_300_799_999_999])
def test_lengths_of_time_are_exact(dialect, us):
    found = sqlglot.parse_one(f"SELECT {microseconds(us).sql(dialect)}", read=dialect)
    interval = found.find(exp.Interval)
    assert interval.this.this == str(us)
    assert interval.unit.name.startswith("MICROSECOND")


def test_very_long_ttls_compare_ages_and_endless_ones_nothing():
    years = 365 * 24 * HOUR
    near = query_text(joined(source_rows(), ttl=4_000 * years), "postgres")
    assert '>= "__spine"."__event" - INTERVAL' in near
    far = query_text(joined(source_rows(), ttl=9_000 * years), "postgres")
    assert '"__spine"."__event" - "__view_0"."__event" <= INTERVAL' in far
    for ttl in (None, 0, 20_000 * years):
        assert "INTERVAL" not in query_text(joined(source_rows(), ttl=ttl), "postgres")


@pytest.mark.parametrize("join", [AsOfJoin, UnionJoin])
def test_the_work_of_a_text_grows_with_the_views_and_not_with_their_square(join):
    def work(views):
        sources = [source_rows(f"table_{number}") for number in range(views)]
        return calls(lambda: query_text(joined(*sources, join=join), "duckdb"))

    expect_linear(work)
