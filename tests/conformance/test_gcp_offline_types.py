"""What BigQuery's own column types become, and what can be appended to them."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from provender import types
from provender.errors import SourceError
from provender.plugin import Column, HistoricalPlan, SourceRead, TableSpine, ViewJoin, Window
from provender.testing.oracle.rows import rows_of
from provender.testing.suites.store_opener import StoreOpener
from provender_gcp import BigQuerySource
from servers.bigquery import bigquery_settings
from servers.bigquery_tables import BigQueryHarness

KINDS = {
    "numbers": types.Array(types.Int64),
    "texts": types.Array(types.String),
    "points": types.Array(types.Struct({"x": types.Float64})),
    "note": types.Json,
    "price": types.Decimal(38, 9),
    "large": types.Decimal(38, 18),
    "local": types.UnixTimestamp,
    "day": types.Date,
    "pairs": types.Map(types.String, types.Int64),
}
ROW = {
    "numbers": [1, 2],
    "texts": [],
    "points": [{"x": 0.5}],
    "note": '{"a":[1,null]}',
    "price": Decimal("0.100000000"),
    "large": Decimal("12345678901234567890.123456789012345678"),
    "local": datetime(2024, 5, 1, 12, 30, tzinfo=UTC),
    "day": date(2024, 2, 29),
    "pairs": [("a", 1)],
}
TABLE = """CREATE TABLE `{name}` (id INT64, event DATETIME,
numbers ARRAY<INT64>, texts ARRAY<STRING>, points ARRAY<STRUCT<x FLOAT64>>,
note JSON, price NUMERIC, large BIGNUMERIC, local DATETIME,
day DATE, pairs ARRAY<STRUCT<key STRING, value INT64>>)"""
VALUES = """INSERT INTO `{name}` VALUES (1, DATETIME '2024-01-01 00:00:00', [1, 2], [],
[STRUCT(0.5 AS x)], JSON '{{"a":[1,null]}}', NUMERIC '0.1',
BIGNUMERIC '12345678901234567890.123456789012345678', DATETIME '2024-05-01 12:30:00',
DATE '2024-02-29', [STRUCT('a' AS key, 1 AS value)])"""


@pytest.fixture(scope="module")
def bigquery():
    with bigquery_settings() as settings:
        yield settings


@pytest.fixture
def harness(bigquery, tmp_path):
    found = BigQueryHarness(StoreOpener("offline", "gcp", None, tmp_path, bigquery))
    yield found
    found.store.close()
    found.client.close()


@pytest.fixture
def source(harness):
    name = harness.stored(pa.table({"x": [1]}))
    harness.client.delete_table(name)
    for statement in (TABLE, VALUES):
        harness.client.query(statement.format(name=name)).result()
    return BigQuerySource(table=name, timestamp_field="event")


def read_of(source, **kinds):
    features = [Column(name, name, kind) for name, kind in (kinds or KINDS).items()]
    return SourceRead(source, (Column("id", "id", types.Int64),), tuple(features), "event")


def test_the_schema_of_a_table_has_feature_types(harness, source):
    schema = harness.store.schema(source)
    got = {name: types.from_arrow(schema.field(name).type) for name in KINDS}
    assert got == KINDS


def test_every_column_type_is_read_exactly(harness, source):
    for reader in (
        harness.store.rows(read_of(source), Window()),
        harness.store.latest(read_of(source), Window()),
    ):
        (row,) = rows_of(reader)
        assert {name: row[name] for name in KINDS} == ROW


def test_an_array_without_a_match_is_null_and_not_empty(harness, source):
    read = read_of(source)
    join = ViewJoin("view", read, ("id",), tuple(f"out_{name}" for name in KINDS))
    plan = HistoricalPlan("q", ("id", "q"), (join,), None, {"id": types.Int64})
    noon = pa.array([datetime(2024, 1, 2, tzinfo=UTC)] * 2, pa.timestamp("us", "UTC"))
    spine = TableSpine(pa.table({"id": [1, 2], "q": noon}))
    found, missed = rows_of(harness.store.historical(plan, spine))
    assert {name: found[f"out_{name}"] for name in KINDS} == ROW
    assert {missed[f"out_{name}"] for name in KINDS} == {None}
    assert harness.leftovers() == []


def appended(harness, source, **changed):
    schema = pa.schema(
        [("id", pa.int64()), ("event", pa.timestamp("us", "UTC"))]
        + [(name, kind.arrow()) for name, kind in KINDS.items()]
    )
    event = datetime(2024, 1, 3, tzinfo=UTC)
    columns = {"id": 7, "event": event, **ROW, **changed}
    arrays = []
    for field in schema:
        value = columns[field.name]
        storage = getattr(field.type, "storage_type", field.type)
        array = pa.array([value], storage)
        extension = isinstance(field.type, pa.BaseExtensionType)
        arrays.append(pa.ExtensionArray.from_storage(field.type, array) if extension else array)
    harness.store.append(source, pa.Table.from_arrays(arrays, schema=schema))


def test_rows_are_appended_to_columns_of_any_type(harness, source):
    appended(harness, source)
    got = {row["id"]: row for row in rows_of(harness.store.rows(read_of(source), Window()))}
    assert got.keys() == {1, 7}
    assert {name: got[7][name] for name in KINDS} == ROW
    assert harness.leftovers() == []


def test_a_null_inside_a_plain_array_is_refused_and_nothing_added(harness, source):
    with pytest.raises(SourceError, match="'numbers' has a null inside"):
        appended(harness, source, numbers=[1, None])
    assert len(rows_of(harness.store.rows(read_of(source), Window()))) == 1
    assert harness.leftovers() == []


def test_a_null_array_is_kept_by_a_wrapped_column_and_empty_in_a_plain_one(harness, source):
    appended(harness, source, numbers=None)
    got = {row["id"]: row for row in rows_of(harness.store.rows(read_of(source), Window()))}
    assert got[7]["numbers"] == []
    table = pa.table(
        {
            "id": [1, 2],
            "event": pa.array([datetime(2024, 1, 1, tzinfo=UTC)] * 2, pa.timestamp("us", "UTC")),
            "numbers": pa.array([None, [None]], pa.list_(pa.int64())),
        }
    )
    wrapped = harness.source(table, timestamp_field="event")
    read = read_of(wrapped, numbers=KINDS["numbers"])
    got = {row["id"]: row["numbers"] for row in rows_of(harness.store.rows(read, Window()))}
    assert got == {1: None, 2: [None]}


def test_results_are_the_same_read_by_rest(bigquery, harness, source, tmp_path):
    settings = {**bigquery, "read_api": "rest"}
    rest = StoreOpener("offline", "gcp", None, tmp_path, settings).open()
    (row,) = rows_of(rest.rows(read_of(source), Window()))
    assert {name: row[name] for name in KINDS} == ROW
    rest.close()
