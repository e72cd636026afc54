"""Statistics that DuckDB counts where the rows are: those of the rows, and few rows for it."""

from __future__ import annotations

from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.tiers import examples
from provender.definitions import FileSource
from provender.errors import SourceError
from provender.plugin import Column, OfflineStore, PluginContext, SourceRead, Window
from provender.testing.strategies import feature_types, values_of
from provender.testing.suites.offline.tables import instants, rows_table
from provender.types import Date, Decimal, Float32, Float64, Int32, Int64, String, Uuid
from provender_local.configuration import DuckDBConfig
from provender_local.duckdb_session import DuckDBSession
from provender_local.duckdb_store import DuckDBStore


@pytest.fixture
def store(tmp_path):
    found = DuckDBStore(DuckDBConfig(), PluginContext("test", tmp_path))
    yield found
    found.close()


@pytest.fixture
def reading(tmp_path):
    """Store a table and return what reads its columns, some of them as other types."""

    def stored(table, **kinds):
        path = tmp_path / f"{uuid4().hex}.parquet"
        pq.write_table(table, path)
        source = FileSource(str(path), timestamp_field="event")
        names = [name for name in table.column_names if name in kinds]
        features = tuple(Column(name, name, kinds[name]) for name in names)
        return SourceRead(source, (Column("id", "id", Int64),), features, "event")

    return stored


@pytest.fixture
def unread(store, monkeypatch):
    """The store, when it may not hand out its rows."""

    def refused(*of):
        raise AssertionError("the rows were read")

    monkeypatch.setattr(store, "rows", refused)
    return store


@pytest.mark.integration
@settings(
    deadline=None,
    max_examples=examples(150, short=20),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.data())
def test_they_are_those_of_the_rows(store, reading, data):
    kind = data.draw(feature_types())
    values = data.draw(st.lists(st.none() | values_of(kind), max_size=20))
    rows = [(n % 3, value, n if n % 5 else None, 0) for n, value in enumerate(values)]
    read = reading(rows_table(*rows, value=kind), value=kind)
    window = Window()
    assert store.statistics("v", read, window) == OfflineStore.statistics(store, "v", read, window)


IDS = ["9F1C2F6E8F334C579D0D0F3F3B2A7C11", "5729cb26-77b0-497d-ac2e-ab2cee4fdfac"]


@pytest.mark.parametrize(
    ("stored", "kind", "values"),
    [
        (pa.int64(), Int32, [1, None, 3]),
        (pa.int16(), Int64, [1, None, 3]),
        (pa.int64(), Float64, [2**53, -3, None, 3]),
        (pa.int32(), Float32, [7, 7, None]),
        (pa.float32(), Float64, [0.1, None, 1e-45]),
        (pa.float64(), Float32, [0.1, 0.1 + 1e-12, 1e-60, None, float("inf"), float("nan")]),
        (pa.int64(), Decimal(38, 2), [7, None, 3]),
        (pa.string(), Uuid, [*IDS, None]),
        (pa.binary(16), Uuid, [b"\0" * 16, b"\1" * 16, None]),
        (pa.dictionary(pa.int8(), pa.string()), String, ["b", "a", "b", None]),
    ],
    ids=str,
)
def test_columns_that_are_read_as_another_type_are_counted_as_that(
    store, reading, stored, kind, values
):
    ids, events = range(len(values)), instants(range(len(values)))
    table = pa.table({"id": ids, "value": pa.array(values, stored), "event": events})
    read = reading(table, value=kind)
    wanted = OfflineStore.statistics(store, "v", read, Window())
    store.rows = None
    assert store.statistics("v", read, Window()) == wanted


@pytest.mark.parametrize(
    ("stored", "kind", "value"),
    [
        (pa.int64(), Int32, 2**31),
        (pa.int64(), Float64, 2**53 + 1),
        (pa.float64(), Float32, 1e39),
        (pa.string(), Uuid, "none"),
        (pa.decimal128(9, 3), Decimal(9, 2), "1.125"),
    ],
    ids=str,
)
def test_values_that_do_not_fit_are_refused_as_they_are_when_they_are_read(
    store, reading, stored, kind, value
):
    values = pa.array([value]).cast(stored)
    table = pa.table({"id": [1], "value": values, "event": instants([0])})
    read = reading(table, value=kind)
    for count in (store.statistics, lambda *of: OfflineStore.statistics(store, *of)):
        with pytest.raises(SourceError, match="column 'value' does not fit its type"):
            count("v", read, Window())


def test_what_comes_to_python_does_not_grow_with_the_rows(unread, reading, monkeypatch):
    came = []
    run = DuckDBSession.run

    def counting(session, statement):
        for batch in run(session, statement):
            came.append(batch.num_rows)
            yield batch

    monkeypatch.setattr(DuckDBSession, "run", counting)
    count = 20_000
    table = pa.table(
        {
            "id": pa.array(range(count)),
            "number": pa.array([n * 7919 % count / 7 for n in range(count)]),
            "text": pa.array([str(n * 7919 % count) for n in range(count)]),
            "event": instants(range(count)),
        }
    )
    read = reading(table, number=Float64, text=String)
    found = unread.statistics("v", read, Window())
    assert [column.distinct for column in found.columns] == [count] * 3
    assert sum(came) == 1 + 1 + 12


def test_a_view_without_keys_and_features_has_rows(unread, reading):
    read = reading(rows_table((1, 2, 3, 4)))
    found = unread.statistics("v", SourceRead(read.source, (), (), "event"), Window())
    assert (found.rows, found.columns) == (1, ())


def test_a_source_to_which_nothing_was_pushed_yet_has_no_rows(unread, tmp_path):
    source = FileSource(str(tmp_path / "nothing"), timestamp_field="event")
    keys = (Column("id", "id", Int64),)
    read = SourceRead(source, keys, (Column("day", "day", Date),), "event", pushed=True)
    found = unread.statistics("v", read, Window())
    assert (found.rows, found.first, [c.nulls for c in found.columns]) == (0, None, [0, 0])


def test_nan_is_found_though_the_bounds_of_the_file_leave_it_out(unread, reading):
    values = [1.0, float("nan"), 3.0, None]
    table = pa.table(
        {"id": [1, 2, 3, 4], "event": instants([0, 1, 2, 3]), "value": pa.array(values)}
    )
    found = unread.statistics("view", reading(table, value=Float64), Window()).columns[1]
    assert (found.nulls, found.nans, found.distinct) == (1, 1, 3)
    assert found.quantiles[1.0] == 3.0
    assert sum(one.count for one in found.bins) == 2
