"""The SQL that is written for BigQuery: its text, what it reads, what it never does."""

from dataclasses import fields, replace
from pathlib import Path

import pyarrow as pa
import pytest
import sqlglot
from sqlglot import exp

from call_counts import calls, expect_linear
from provender import types
from provender.plugin import Column, HistoricalPlan, PluginContext, SourceRead, ViewJoin, Window
from provender.plugin.sql import SpineFacts
from provender.plugin.sql.latest import latest_query, rows_query
from provender_gcp import BigQuerySource
from provender_gcp.bigquery_configuration import BigQueryConfig
from provender_gcp.bigquery_join import BigQueryJoin
from provender_gcp.bigquery_rows import BigQueryRows
from provender_gcp.bigquery_session import FILTERED, PARTITION, REPEATED, table_expression
from provender_gcp.bigquery_store import BigQueryStore
from snapshots import expect_snapshot

FOLDER = Path(__file__).with_name("bigquery_sql")
HOUR = 3_600_000_000
NOON = 1_704_110_400_000_000
UTC = pa.timestamp("us", "UTC")


@pytest.fixture(scope="module")
def store():
    pytest.importorskip("google.cloud.bigquery", reason="pip install 'provender[gcp]'")
    return BigQueryStore(BigQueryConfig(project_id="p"), PluginContext("sql", Path()))


def rows_of(
    store,
    schema,
    *,
    created=None,
    by=None,
    days=None,
    features=("value",),
    key=types.Int64,
    filtered=False,
):
    """Return rows of a table that is partitioned by a column, and may insist on a filter."""
    source = BigQuerySource(table="p.d.trips", timestamp_field="event", date_partition_column=days)
    columns = tuple(
        Column(name, name, types.from_arrow(schema.field(name).type)) for name in features
    )
    read = SourceRead(source, (Column("id", "id", key),), columns, "event", created)
    if by:
        insists = {FILTERED: b"1"} if filtered else {}
        schema = schema.with_metadata({PARTITION: by.encode(), **insists})
    return BigQueryRows(read, table_expression("p.d.trips"), schema, store.to_instant, store.to_key)


PLAIN = pa.schema([("id", pa.int64()), ("value", pa.float64()), ("event", UTC), ("made", UTC)])
NESTED = pa.schema(
    [
        ("id", pa.string()),
        pa.field("tags", pa.list_(pa.string()), metadata={REPEATED: b"1"}),
        ("note", pa.json_(pa.string())),
        ("event", pa.timestamp("us")),
    ]
)


def join_of(
    store, sources, *, ttl=HOUR, ordered=True, rows=100, outputs="v{n}_{name}", arrays=False
):
    joins = tuple(
        ViewJoin(
            f"view_{n}",
            s.read,
            ("id",),
            tuple(outputs.format(n=n, name=f.name, letter=f.name[0]) for f in s.read.features),
            ttl,
        )
        for n, s in enumerate(sources)
    )
    key = sources[0].read.keys[0].type
    plan = HistoricalPlan("q", ("id", "q"), joins, None, {"id": key})
    spine = pa.schema([("id", key.arrow()), ("q", UTC)])
    facts = SpineFacts(spine, {"id": "__spine_0", "q": "__spine_1"}, rows, NOON, NOON + HOUR)
    return BigQueryJoin(
        plan,
        table_expression("p.d.tmp"),
        facts,
        sources,
        store.to_instant,
        store.to_key,
        ordered=ordered,
        arrays=arrays,
    )


def cases(store):
    plain = rows_of(store, PLAIN, created="made")
    daily = rows_of(store, PLAIN, created="made", days="event_day")
    nested = rows_of(store, NESTED, features=("tags", "note"), key=types.Uuid, by="event")
    window = Window(NOON, NOON + HOUR)
    kept = join_of(store, [nested], ordered=False, arrays=True, outputs="{letter}")
    ((_, alone),) = join_of(store, [plain]).pieces(store.fits)
    return {
        "join": join_of(store, [plain]).query(),
        "two_views": join_of(store, [plain, daily], ttl=None).query(),
        "nested": join_of(store, [nested], rows=None, outputs="{name}").query(),
        "exported": kept.query(),
        "view_alone": alone,
        "latest": latest_query(nested, window),
        "late_rows": rows_query(daily, Window(NOON, None, late_since=NOON)),
    }


NAMES = ["join", "two_views", "nested", "exported", "view_alone", "latest", "late_rows"]


@pytest.mark.parametrize("name", NAMES)
def test_sql_is_as_it_was(store, name):
    text = cases(store)[name].sql("bigquery", pretty=True) + "\n"
    expect_snapshot(text, FOLDER / f"{name}.sql")


@pytest.mark.parametrize("name", NAMES)
def test_sql_is_read_back_as_it_was_meant(store, name):
    text = cases(store)[name].sql("bigquery")
    assert sqlglot.parse_one(text, read="bigquery").sql("bigquery") == text


@pytest.mark.parametrize("name", ["join", "two_views", "nested", "exported", "view_alone"])
def test_no_join_compares_by_order_and_each_source_is_read_once(store, name):
    query = cases(store)[name]
    for join in query.find_all(exp.Join):
        condition = join.args.get("on")
        assert condition is None or not list(condition.find_all(exp.GT, exp.GTE, exp.LT, exp.LTE))
    tables = [table.name for table in query.find_all(exp.Table)]
    assert tables.count("trips") == (2 if name == "two_views" else 1)


WINDOW = Window(NOON, NOON + HOUR)


def conditions(store, schema, window=WINDOW, **named):
    source = rows_of(store, schema, features=("id",), **named)
    return rows_query(source, window).find(exp.Where).sql("bigquery")


def test_only_the_partitions_that_can_matter_are_read(store):
    found = conditions(store, PLAIN, days="_PARTITIONDATE")
    assert "_PARTITIONDATE` >= CAST('2024-01-01' AS DATE)" in found
    assert "`_PARTITIONDATE` IS NULL" in found, "rows that are still buffered have no day"
    naive = conditions(store, NESTED, by="event")
    assert "`event` <= CAST('2024-01-01 13:00:00' AS DATETIME)" in naive
    of_days = NESTED.set(3, pa.field("event", pa.date32()))
    assert "`event` <= CAST('2024-01-01' AS DATE)" in conditions(store, of_days, by="event")
    plain = conditions(store, PLAIN)
    assert conditions(store, PLAIN, by="event") == plain, "it is filtered already"
    late = conditions(store, PLAIN, Window(NOON, None, late_since=NOON), days="day")
    assert "`day` >= CAST('0001-01-01' AS DATE)" in late, "late rows lie in any earlier partition"


@pytest.mark.parametrize("kind", [pa.date32(), pa.timestamp("us"), UTC])
def test_partitions_by_another_column_tell_nothing_of_the_event(store, kind):
    loaded = PLAIN.append(pa.field("load_date", kind))
    assert conditions(store, loaded, by="load_date") == conditions(store, loaded)
    asked = conditions(store, loaded, by="load_date", filtered=True)
    assert "`load_date` >= CAST('0001-01-01" in asked, "the table insists on some condition"
    assert "OR `load_date` IS NULL" in asked


@pytest.mark.parametrize("known_at", [None, "q"])
def test_both_sides_of_a_join_are_encoded_by_the_store(store, known_at):
    def to_key(value, stored, wanted):
        return exp.Anonymous(this="ENCODED", expressions=[value])

    plan = replace(join_of(store, [rows_of(store, PLAIN)]).plan, known_at=known_at)
    source = replace(rows_of(store, PLAIN), to_key=to_key)
    made = replace(join_of(store, [source]), plan=plan, to_key=to_key)
    arguments = {own.name: getattr(made, own.name) for own in fields(made)}
    text = store.join_class(plan)(**arguments).query().sql("bigquery")
    assert "ENCODED(`id`) AS `__key_0`" in text
    assert "ENCODED(`__spine_0`) AS `__spine___key_0`" in text


def test_the_work_of_a_text_grows_with_the_views_and_not_with_their_square(store):
    def work(views):
        join = join_of(store, [rows_of(store, PLAIN, created="made")] * views)
        return calls(lambda: store.statement(join.query(), join.result()))

    expect_linear(work)
