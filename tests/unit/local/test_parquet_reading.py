"""Parquet files of one source, however they are named: by path, directory, glob or URL."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from provender.definitions import FileSource
from provender.errors import SourceError
from provender.plugin import (
    Column,
    HistoricalPlan,
    ParquetSpine,
    PluginContext,
    SourceRead,
    SqlSpine,
    TableSpine,
    ViewJoin,
    Window,
    parquet_rows,
)
from provender.types import Array, Date, Float64, Int64, String, from_arrow
from provender.types import Decimal as DecimalType
from provender_local.configuration import DuckDBConfig
from provender_local.duckdb_store import DuckDBStore

NOWHERE = re.compile("(?!)")


@pytest.fixture
def store(tmp_path):
    found = DuckDBStore(DuckDBConfig(), PluginContext("test", tmp_path))
    yield found
    found.close()


@pytest.fixture(params=["path", "url", "pyarrow"])
def named(request, tmp_path, monkeypatch):
    """Name a path as itself, as a URL of this machine, and as one that pyarrow reads."""
    if request.param == "pyarrow":  # as s3:// and gs:// are read
        monkeypatch.setattr("provender.plugin.parquet.places._LOCAL", NOWHERE)
    return lambda path: path if request.param == "path" else f"file://{tmp_path}/{path}"


@pytest.fixture
def write(tmp_path):
    """Write a file of the given columns, with an event timestamp in each row."""

    def file(name, **columns):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        count = len(next(iter(columns.values())))
        if "ts" not in columns:
            columns["ts"] = _hours(*range(count))
        pq.write_table(pa.table(columns), path)

    return file


@pytest.fixture
def read(store):
    """Return the values of columns, as the given types, in the order of the event timestamps."""

    def values(path, timestamp="ts", **kinds):
        features = tuple(Column(name, name, kind) for name, kind in kinds.items())
        asked = SourceRead(FileSource(path), (), features, timestamp)
        rows = store.rows(asked, Window()).read_all().sort_by("__event_timestamp")
        return [rows.column(name).to_pylist() for name in kinds]

    return values


def kinds(store, path):
    return {field.name: str(from_arrow(field.type)) for field in store.schema(FileSource(path))}


# ---- folders


def test_folders_above_the_path_mean_nothing(write, read, store, named):
    write("user=7/x=5/rows/a.parquet", user=[1, 2], x=[10, 20])
    for path in ("user=7/x=5/rows", "user=7/x=5/rows/a.parquet", "user=7/x=5/rows/*.parquet"):
        assert read(named(path), user=Int64, x=Int64) == [[1, 2], [10, 20]]
        assert store.schema(FileSource(named(path))).names == ["user", "x", "ts"]


def test_what_the_file_says_wins_over_its_folder(write, read, named):
    late = pa.array([datetime(2025, 1, 2, 23, tzinfo=UTC)])
    write("leak/ts=2025-01-02/x=1/a.parquet", x=[77], ts=late)
    assert read(named("leak"), x=Int64) == [[77]]
    asked = read(named("leak"), ts=from_arrow(pa.timestamp("us", "UTC")))
    assert asked == [[datetime(2025, 1, 2, 23, tzinfo=UTC)]]


def test_folders_below_the_path_are_columns_of_the_declared_type(write, read, store, named):
    write("rows/zip=00123/day=2025-01-01/a.parquet", x=[1], ts=_hours(1))
    write("rows/zip=10115/day=2025-01-02/a.parquet", x=[2], ts=_hours(2))
    write("rows/zip=__HIVE_DEFAULT_PARTITION__/day=2025-01-02/b.parquet", x=[3], ts=_hours(3))
    days = [date(2025, 1, 1), date(2025, 1, 2), date(2025, 1, 2)]
    assert read(named("rows"), zip=String, day=Date) == [["00123", "10115", None], days]
    assert read(named("rows"), zip=Int64, x=Int64) == [[123, 10115, None], [1, 2, 3]]
    assert read(named("rows"), day=String) == [["2025-01-01", "2025-01-02", "2025-01-02"]]
    assert read(named("rows/zip=*/*/a.parquet"), zip=String) == [["00123", "10115"]]
    assert kinds(store, named("rows"))["zip"] == "String"
    assert kinds(store, named("rows"))["day"] == "Date"


def test_a_number_in_a_folder_can_be_text_and_is_a_number_otherwise(write, read, store, named):
    write("rows/zip=10115/a.parquet", x=[1])
    assert kinds(store, named("rows"))["zip"] == "Int64"
    assert read(named("rows"), zip=String) == [["10115"]]
    assert read(named("rows"), zip=DecimalType(7, 1)) == [[Decimal("10115.0")]]


def test_signs_in_folders_are_read_as_hive_writes_them(write, read, named):
    write("rows/city=S%C3%A3o%2FPaulo/a.parquet", x=[1])
    assert read(named("rows"), city=String) == [["São/Paulo"]]


def test_a_folder_can_be_the_event_timestamp(write, read, named):
    write("rows/day=2025-01-02/a.parquet", x=[1])
    write("rows/day=2025-01-01/a.parquet", x=[2])
    assert read(named("rows"), timestamp="day", x=Int64) == [[2, 1]]


def test_a_folder_whose_value_is_of_another_type_is_told(write, read, named):
    write("rows/zip=10115/a.parquet", x=[1])
    write("rows/zip=B12/a.parquet", x=[2])
    with pytest.raises(SourceError, match=r"'zip'(.|\n)*zip=B12"):
        read(named("rows"), zip=Int64)


def test_a_folder_can_be_a_join_key(write, store, named):
    write("rows/zip=00123/a.parquet", x=[1], ts=_hours(1))
    write("rows/zip=10115/a.parquet", x=[2], ts=_hours(1))
    key, feature = Column("zip", "zip", String), Column("x", "x", Int64)
    asked = SourceRead(FileSource(named("rows")), (key,), (feature,), "ts")
    spine = pa.table({"zip": ["10115", "00123", "123"], "q": _hours(2, 2, 2)})
    plan = _plan(spine.column_names, asked)
    assert _joined(store, plan, TableSpine(spine))["x"] == [2, 1, None]


def test_folders_that_spell_a_column_in_two_ways_are_refused(write, read, store, named):
    write("rows/Day=1/a.parquet", x=[1])
    write("rows/day=2/b.parquet", x=[2])
    for pattern in ("rows", "rows/*/*.parquet"):
        with pytest.raises(SourceError, match="in two ways, 'Day' and 'day'") as caught:
            read(named(pattern), day=Int64, x=Int64)
        assert re.search("Day=1/a.parquet and .*day=2/b.parquet", caught.value.problems[0].got)
    assert read(named("rows/day=*/*.parquet"), day=Int64, x=Int64) == [[2], [2]]


def test_folders_below_each_other_that_differ_only_in_case_are_two_columns(write, read, named):
    write("rows/Day=1/day=2/a.parquet", x=[1])
    write("rows/Day=3/day=4/b.parquet", x=[2])
    assert read(named("rows"), Day=Int64, day=Int64) == [[1, 3], [2, 4]]


def test_folders_that_give_one_column_two_values_are_refused(write, read, named):
    write("rows/day=1/day=2/a.parquet", x=[1])
    with pytest.raises(SourceError, match="two values for the partition column 'day'"):
        read(named("rows"), day=Int64, x=Int64)


def test_rows_are_appended_to_a_partitioned_directory(write, read, store):
    write("rows/zip=00123/a.parquet", x=[1], ts=_hours(1))
    more = pa.table({"x": [2], "ts": _hours(2), "zip": ["00456"]})
    store.append(FileSource("rows"), more)
    assert read("rows", zip=String, x=Int64) == [["00123", "00456"], [1, 2]]


# ---- names


def test_columns_that_differ_only_in_case_are_two_columns(write, read, store, named):
    write("rows/a.parquet", x=[1], X=[10], ts=_hours(1))
    write("rows/b.parquet", X=[20], x=[2], ts=_hours(2))
    write("rows/c.parquet", X=[30], ts=_hours(3))
    assert read(named("rows"), x=Int64, X=Int64) == [[1, 2, None], [10, 20, 30]]
    assert store.schema(FileSource(named("rows"))).names == ["x", "X", "ts"]
    assert read(named("rows/a.parquet"), X=Int64, x=Int64) == [[10], [1]]


def test_a_column_of_another_case_is_not_taken_for_the_one_that_is_asked_for(write, read, named):
    write("rows/a.parquet", X=[30])
    with pytest.raises(SourceError, match="no column 'x'"):
        read(named("rows"), x=Int64)


def test_entity_rows_may_have_columns_that_differ_only_in_case(write, store, tmp_path):
    write("rows.parquet", id=[1, 2], x=[10, 20], ts=_hours(1, 1))
    write("spine/a.parquet", id=[2], ID=[1], ts=_hours(2))
    write("spine/b.parquet", ID=[2], id=[1], ts=_hours(3))
    key, feature = Column("id", "id", Int64), Column("x", "x", Int64)
    asked = SourceRead(FileSource("rows.parquet"), (key,), (feature,), "ts")
    wanted = {"id": [2, 1], "ID": [1, 2], "x": [20, 10]}
    plan = _plan(["id", "ID", "ts"], asked, "ts")
    text = """SELECT 2 AS id, 1 AS "ID", TIMESTAMPTZ '2025-01-02T00:00Z' AS ts
              UNION ALL SELECT 1, 2, TIMESTAMPTZ '2025-01-02T00:00Z'"""
    for spine in (ParquetSpine(str(tmp_path / "spine")), SqlSpine(text)):
        assert store.spine_schema(spine).names == ["id", "ID", "ts"]
        found = _joined(store, plan, spine)
        assert {name: found[name] for name in wanted} == wanted


def test_two_columns_of_one_name_in_a_file_are_told(tmp_path, store):
    table = pa.table([[1], [2], _hours(1)], names=["x", "x", "ts"])
    pq.write_table(table, tmp_path / "twice.parquet")
    with pytest.raises(SourceError, match=r"two columns of one name(.|\n)*twice.parquet"):
        store.schema(FileSource("twice.parquet"))


# ---- one reader


def test_files_that_have_grown_are_read_by_any_name(write, read, store, named, tmp_path):
    write("rows/a.parquet", id=pa.array([1], pa.int32()), n=pa.nulls(1), ts=_hours(1))
    write("rows/b.parquet", new=[1.5], id=[2**60 + 1], n=["x"], ts=_hours(2))
    (tmp_path / "rows/README.md").write_text("what these are")
    write("rows/_unfinished/c.parquet", id=["?"])
    write("rows/.hidden.parquet", id=["?"])
    found = read(named("rows"), id=Int64, new=from_arrow(pa.float64()), n=String)
    assert found == [[1, 2**60 + 1], [None, 1.5], [None, "x"]]
    assert kinds(store, named("rows"))["id"] == "Int64"


@pytest.mark.parametrize("folder", ["", "day=1/"], ids=["plain", "partitioned"])
def test_a_nested_column_that_only_some_files_have_is_null_in_the_others(
    write, read, named, tmp_path, folder
):
    write(f"t/{folder}a.parquet", id=[1])
    write("t/day=2/b.parquet", id=[2], x=pa.array([["a", None]], pa.list_(pa.string())))
    found = read(named("t"), id=Int64, x=Array(String))
    assert dict(zip(*found, strict=True)) == {1: None, 2: ["a", None]}
    rows = parquet_rows(ParquetSpine(f"{tmp_path}/t"))
    assert rows.column("x").to_pylist() == [None, ["a", None]]


def test_globs_are_offered_by_any_name(write, read, named):
    write("rows/2024/a.parquet", id=[1], ts=_hours(1))
    write("rows/2025/a.parquet", id=[2], ts=_hours(2))
    write("rows/2025/deep/b.parquet", id=[3], ts=_hours(3))
    write("rows/2025/.c.parquet", id=[4], ts=_hours(4))
    for pattern, ids in {
        "rows/*/a.parquet": [1, 2],
        "rows/*/*.parquet": [1, 2],
        "rows/**/*.parquet": [1, 2, 3],
        "rows/**/b.parquet": [3],
        "rows/202[5-9]/*.parquet": [2],
        "rows/2025/*.parquet": [2],
    }.items():
        assert read(named(pattern), id=Int64) == [ids], pattern
    with pytest.raises(SourceError, match="no Parquet file at the path"):
        read(named("rows/*/c.parquet"), id=Int64)


def test_entity_rows_for_other_stores_are_read_alike(write, tmp_path):
    write("rows/day=2025-01-01/a.parquet", id=pa.array([1], pa.int32()), ts=_hours(1))
    write("rows/day=2025-01-02/b.parquet", id=[2], new=["x"], ts=_hours(2))
    (tmp_path / "rows/README.md").write_text("what these are")
    found = parquet_rows(ParquetSpine(str(tmp_path / "rows")))
    assert found.select(["id", "new", "day"]).to_pydict() == {
        "id": [1, 2],
        "new": [None, "x"],
        "day": [date(2025, 1, 1), date(2025, 1, 2)],
    }
    assert parquet_rows(ParquetSpine(f"{tmp_path}/rows/*/b.parquet"))["id"].to_pylist() == [2]


# ---- types


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (pa.array([2**60 + 1]), pa.array([0.5])),
        (pa.array([1]), pa.array(["1"])),
        (pa.array([1], pa.decimal128(38, 0)), pa.array([1], pa.decimal128(38, 10))),
        (pa.array([True]), pa.array([1])),
        (pa.array([{"a": 1}]), pa.array([{"b": 1}])),
    ],
    ids=["int64 and double", "int64 and text", "decimals", "bool and int64", "structs"],
)
def test_files_whose_types_no_type_holds_are_told(write, store, named, one, other):
    write("rows/a.parquet", x=one)
    write("rows/b.parquet", x=other)
    with pytest.raises(SourceError, match=r"'x'(.|\n)*a\.parquet(.|\n)*b\.parquet"):
        store.schema(FileSource(named("rows")))


@pytest.mark.parametrize(
    ("one", "other", "kind", "values"),
    [
        (pa.array([1], pa.int8()), pa.array([300], pa.uint16()), "Int32", [1, 300]),
        (pa.array([7], pa.int32()), pa.array([0.5], pa.float32()), "Float64", [7.0, 0.5]),
        (pa.array([0.1], pa.float32()), pa.array([0.1]), "Float64", None),
        (
            pa.array([1]),
            pa.array([Decimal("0.5")], pa.decimal128(4, 1)),
            "Decimal(20, 1)",
            [Decimal("1.0"), Decimal("0.5")],
        ),
        (pa.nulls(1), pa.array([[1]]), "Array(Int64)", [None, [1]]),
        (
            pa.array([date(2025, 1, 1)]),
            pa.array([datetime(2025, 1, 1, 5)], pa.timestamp("ms")),
            "UnixTimestamp",
            [datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, 5, tzinfo=UTC)],
        ),
        (
            pa.array([{"a": 1}], pa.struct([("a", pa.int32())])),
            pa.array([{"a": 2**40}]),
            "Struct(a: Int64)",
            [{"a": 1}, {"a": 2**40}],
        ),
        (
            pa.array(["a"]).dictionary_encode(),
            pa.array(["b"], pa.large_string()),
            "String",
            ["a", "b"],
        ),
    ],
    ids=["integers", "int32 and float", "floats", "decimal", "nulls", "date", "struct", "text"],
)
def test_files_of_several_types_have_the_widest(
    write, read, store, named, one, other, kind, values
):
    write("rows/a.parquet", x=one, ts=_hours(1))
    write("rows/b.parquet", x=other, ts=_hours(2))
    assert kinds(store, named("rows"))["x"] == kind
    wanted = from_arrow(store.schema(FileSource(named("rows"))).field("x").type)
    assert read(named("rows"), x=wanted) == [values or [one[0].as_py(), other[0].as_py()]]


LONG = pa.array([Decimal("12345678901234567890123456789012345678901.25")], pa.decimal256(50, 2))


@pytest.mark.parametrize(
    "values",
    [LONG, pa.array([1], pa.duration("ms")), pa.array([[1]], pa.list_(pa.duration("s")))],
    ids=["decimal256", "duration", "list of durations"],
)
@pytest.mark.parametrize("kind", [Int64, Float64, DecimalType(38, 2), String], ids=str)
def test_a_type_that_no_feature_has_is_refused(write, read, store, named, values, kind):
    write("rows.parquet", x=values, y=[1])
    assert store.schema(FileSource(named("rows.parquet"))).field("x").type == values.type
    with pytest.raises(SourceError, match="'x'"):
        read(named("rows.parquet"), x=kind)
    assert read(named("rows.parquet"), y=Int64) == [[1]]


def test_files_that_disagree_on_the_unit_of_a_duration_are_told(write, store, named):
    write("rows/a.parquet", x=pa.array([1], pa.duration("s")))
    write("rows/b.parquet", x=pa.array([1], pa.duration("ms")))
    with pytest.raises(SourceError, match=r"'x'(.|\n)*a\.parquet(.|\n)*b\.parquet"):
        store.schema(FileSource(named("rows")))


def test_entity_rows_keep_columns_of_types_that_no_feature_has(write, store, named, tmp_path):
    write("rows.parquet", id=[1], x=[10], ts=_hours(1))
    durations = pa.array([5], pa.duration("ms"))
    write("spine.parquet", id=[1], long=LONG, wait=durations, ts=_hours(2))
    key, feature = Column("id", "id", Int64), Column("x", "x", Int64)
    asked = SourceRead(FileSource("rows.parquet"), (key,), (feature,), "ts")
    path = named("spine.parquet")
    spine = ParquetSpine(path if "://" in path else str(tmp_path / path))
    found = store.historical(_plan(["id", "long", "wait", "ts"], asked, "ts"), spine).read_all()
    assert found["long"].combine_chunks() == LONG
    assert found["wait"].combine_chunks() == durations
    assert found["x"].to_pylist() == [10]


def _hours(*hours):
    return pa.array([datetime(2025, 1, 1, hour, tzinfo=UTC) for hour in hours])


def _plan(columns, asked, timestamp="q"):
    keys = tuple(key.name for key in asked.keys)
    outputs = tuple(feature.name for feature in asked.features)
    types = {key.name: key.type for key in asked.keys}
    join = ViewJoin("view", asked, keys, outputs)
    return HistoricalPlan(timestamp, tuple(columns), (join,), None, types)


def _joined(store, plan, spine):
    return store.historical(plan, spine).read_all().to_pydict()
