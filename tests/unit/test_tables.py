"""Every verb takes every kind of table, and says the same of it; docs/tables.md shows which."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from conftest import Repository
from provender import Entity, FeatureStore, FeatureView, Field, FileSource, PushSource
from provender.errors import RequestError
from provender.frames import to_frame
from provender.types import Float64, Int64, String

PAGE = Path(__file__).parents[2] / "docs" / "tables.md"
BEGIN, END = "<!-- verbs and tables -->", "<!-- end -->"
DRIVER = Entity(name="driver", join_keys=["driver_id"])
FIELDS = [Field("rating", Float64), Field("trips", Int64), Field("city", String)]
RATING = ["stats:rating", "stats:trips", "stats:city"]
BIG = 2**53 + 1


class OnlyStream:
    """A table of a library that nobody knows."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._table.__arrow_c_stream__(requested_schema)


class OnlyArray:
    """A batch of a library that nobody knows."""

    def __init__(self, table: pa.Table) -> None:
        self._batch = table.combine_chunks().to_batches()[0]

    def __arrow_c_array__(self, requested_schema: object = None) -> object:
        return self._batch.__arrow_c_array__(requested_schema)


def polars_of(table: pa.Table) -> pl.DataFrame:
    return pl.DataFrame(OnlyStream(table))


def pieces(table: pa.Table) -> list[pa.RecordBatch]:
    return table.to_batches(max_chunksize=1)


def of_objects(table: pa.Table) -> pd.DataFrame:
    columns = {
        name: pd.Series(table[name].to_pylist(), dtype=object) for name in table.column_names
    }
    return pd.DataFrame(columns)


def of_pandas(table: pa.Table) -> dict[str, pd.Series]:
    frame = table.to_pandas(types_mapper=pd.ArrowDtype)
    return {name: frame[name] for name in frame.columns}


KINDS: Mapping[str, Callable[[pa.Table], Any]] = {
    "list of dicts": lambda t: t.to_pylist(),
    "dict of lists": lambda t: t.to_pydict(),
    "dict of Arrow arrays": lambda t: dict(zip(t.column_names, t.columns, strict=True)),
    "dict of polars Series": lambda t: polars_of(t).to_dict(),
    "dict of pandas Series": of_pandas,
    "pandas DataFrame": to_frame,
    "pandas DataFrame of objects": of_objects,
    "pandas DataFrame of Arrow types": lambda t: t.to_pandas(types_mapper=pd.ArrowDtype),
    "polars DataFrame": polars_of,
    "polars LazyFrame": lambda t: polars_of(t).lazy(),
    "DuckDB relation": duckdb.from_arrow,
    "pyarrow Table": lambda t: t,
    "pyarrow RecordBatch": lambda t: t.combine_chunks().to_batches()[0],
    "pyarrow RecordBatchReader": lambda t: t.to_reader(1),
    "list of record batches": pieces,
    "iterator of record batches": lambda t: iter(pieces(t)),
    "iterator of dicts": lambda t: iter(t.to_pylist()),
    "`__arrow_c_stream__`": OnlyStream,
    "`__arrow_c_array__`": OnlyArray,
}
FILES = ("Parquet path, glob, SQL",)


@pytest.fixture
def store(repository, instants) -> FeatureStore:
    return opened(repository, instants)


@pytest.fixture
def twin(tmp_path, clock, instants) -> Iterator[FeatureStore]:
    """Another store of the same rows, that is told of them by a pyarrow table."""
    repository = Repository(tmp_path / "twin", clock)
    yield opened(repository, instants)
    repository.close()


def opened(repository: Repository, instants: Any) -> FeatureStore:
    columns = {
        "driver_id": [1, BIG, 3],
        "ts": instants(3, 2, 2),
        "rating": [0.5, float("nan"), None],
        "trips": [3, BIG, None],
        "city": ["Ulm", "", None],
    }
    repository.rows("stats.parquet", columns)
    batch = FileSource("stats.parquet", timestamp_field="ts")
    view = FeatureView(
        "stats", source=PushSource("events", batch), entities=[DRIVER], schema=FIELDS
    )
    store = repository.store()
    store.apply([DRIVER, view])
    store.materialize_incremental(repository.clock())
    return store


def spine(instants) -> pa.Table:
    ids = pa.array([BIG, None, 1], pa.int64())
    names = pa.array(["x", None, "y"])
    return pa.table({"driver_id": ids, "event_timestamp": instants(0, 0, 0), "label": names})


def pushed(instants) -> pa.Table:
    columns = {
        "driver_id": [1, BIG, 3],
        "ts": instants(1, 1, 1),
        "rating": pa.array([float("nan"), None, 2.5]),
        "trips": pa.array([None, BIG, 7], pa.int64()),
        "city": ["Bonn", None, ""],
    }
    return pa.table(columns)


def exact(found: Mapping[str, Any]) -> str:
    return repr({name: list(values) for name, values in found.items()})


def online(store: FeatureStore) -> str:
    rows = [{"driver_id": one} for one in (1, BIG, 3)]
    return exact(store.get_online_features(RATING, rows).to_dict(include_event_timestamps=True))


def historical(store: FeatureStore, table: Any) -> str:
    found = store.get_historical_features(table, RATING).to_arrow()
    schema = str(found.schema).replace("large_string", "string")  # which pandas has
    return f"{schema} {exact(found.to_pydict())}"


def get_online(store: FeatureStore, table: Any) -> str:
    found = store.get_online_features(RATING, table)
    return exact(found.to_dict()) + str(found.to_arrow().schema)


def get_online_async(store: FeatureStore, table: Any) -> str:
    return exact(asyncio.run(store.get_online_features_async(RATING, table)).to_dict())


def prepared(store: FeatureStore, table: Any) -> str:
    return exact(store.prepare(RATING).read(table).to_dict())


def push(store: FeatureStore, table: Any) -> str:
    return repr(store.push("events", table)) + online(store)


def write_online(store: FeatureStore, table: Any) -> str:
    return repr(store.write_to_online_store("stats", table)) + online(store)


def write_offline(store: FeatureStore, table: Any) -> str:
    report = store.write_to_offline_store("stats", table)
    rows = store.get_view_rows("stats", mode="snapshot").to_arrow().to_pydict()
    return repr(report) + exact(rows)


def repair(store: FeatureStore, table: Any) -> str:
    return repr(store.repair(table)) + online(store)


VERBS: Mapping[str, tuple[Callable[[FeatureStore, Any], str], Callable[[Any], pa.Table]]] = {
    "get_historical_features": (historical, spine),
    "get_online_features": (get_online, lambda i: spine(i).drop_columns(["event_timestamp"])),
    "get_online_features_async": (
        get_online_async,
        lambda i: spine(i).drop_columns(["event_timestamp"]),
    ),
    "prepare(…).read": (prepared, lambda i: spine(i).select(["driver_id"])),
    "push": (push, pushed),
    "write_to_online_store": (write_online, pushed),
    "write_to_offline_store": (write_offline, pushed),
    "repair": (repair, lambda i: spine(i).select(["driver_id"]).drop_null()),
}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_verb_says_the_same_of_a_table_of_any_kind(store, twin, instants, verb, kind):
    work, rows = VERBS[verb]
    given = rows(instants)
    wanted = _missing_as_null(given) if kind in NAN_IS_MISSING else given
    assert work(store, KINDS[kind](given)) == work(twin, wanted)


NAN_IS_MISSING = ("pandas DataFrame", "pandas DataFrame of objects")


def _missing_as_null(table: pa.Table) -> pa.Table:
    columns = {
        name: pc.if_else(pc.is_nan(column), None, column) if name == "rating" else column
        for name, column in zip(table.column_names, table.columns, strict=True)
    }
    return pa.table(columns)


def test_files_and_queries_are_for_joins(store, repository, instants):
    path = repository.path / "spine.parquet"
    pq.write_table(spine(instants), path)
    wanted = historical(store, spine(instants))
    for given in (path, str(path), str(path.with_name("sp*.parquet")), f"SELECT * FROM '{path}'"):
        assert historical(store, given) == wanted
    for verb, (work, _) in VERBS.items():
        if verb != "get_historical_features":
            with pytest.raises(RequestError, match="rows have an unsupported type"):
                work(store, str(path))


def test_the_page_shows_which_verb_takes_what():
    head = ["", *(f"`{verb}`" for verb in VERBS)]
    lines = [head, ["---"] * len(head), *([kind, *("yes" for _ in VERBS)] for kind in KINDS)]
    lines += [[kind, "yes", *("" for _ in list(VERBS)[1:])] for kind in FILES]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    before, _, rest = PAGE.read_text().partition(BEGIN)
    wanted = f"{BEGIN}\n\n{table}\n\n{END}"
    if wanted not in PAGE.read_text():
        PAGE.write_text(f"{before}{wanted}{rest.partition(END)[2]}")
        pytest.fail("docs/tables.md was another one; its table was written anew")


@pytest.mark.parametrize(
    "rows",
    [
        [{"driver_id": 1, "label": None}, {"driver_id": None, "label": float("nan")}],
        {"driver_id": [1, float("nan")], "label": [None, float("nan")]},
        pd.DataFrame({"driver_id": [1, None], "label": [None, float("nan")]}),
        pl.DataFrame({"driver_id": [1, None], "label": [None, float("nan")]}),
    ],
)
def test_a_missing_key_is_null_in_every_kind(store, rows):
    found = store.get_online_features(["stats:trips"], rows)
    assert found.to_dict()["driver_id"] == [1, None]
    assert found.to_arrow().schema.field("driver_id").type == pa.int64()
    at = datetime(2026, 3, 1, 12)
    if isinstance(rows, list):
        joined = [{**row, "event_timestamp": at} for row in rows]
    elif isinstance(rows, dict):
        joined = {**rows, "event_timestamp": [at, at]}
    elif isinstance(rows, pd.DataFrame):
        joined = rows.assign(event_timestamp=pd.Timestamp(at))
    else:
        joined = rows.with_columns(event_timestamp=pl.lit(at))
    job = store.get_historical_features(joined, ["stats:trips"])
    assert job.to_arrow()["trips"].to_pylist() == [3, None]


class Failing:
    """A table whose library fails when it is read."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        raise OSError("the disk is gone")


def broken():
    yield from pieces(pa.table({"driver_id": [1]}))
    raise OSError("the disk is gone")


@pytest.mark.parametrize(
    ("make", "got"),
    [
        (Failing, "OSError: the disk is gone"),
        (broken, "OSError: the disk is gone"),
        (lambda: pl.LazyFrame({"driver_id": [1]}).select("nothing"), "ColumnNotFoundError"),
        (lambda: pl.Series([1]), "ArrowInvalid"),
        (lambda: [*pieces(pa.table({"a": [1]})), *pieces(pa.table({"b": [1]}))], "ArrowInvalid"),
    ],
)
def test_a_table_that_cannot_be_read_is_named_as_such(store, make, got):
    for verb, (work, _) in VERBS.items():
        with pytest.raises(RequestError, match="rows cannot be read") as caught:
            work(store, make())
        assert got in str(caught.value), verb


def test_categories_are_read_as_their_text(store, instants):
    rows = polars_of(pushed(instants)).with_columns(pl.col("city").cast(pl.Categorical))
    store.push("events", rows)
    found = store.get_online_features(["stats:city"], {"driver_id": [1, BIG, 3]}).to_dict()
    assert found["city"] == ["Bonn", None, ""]
    spined = polars_of(spine(instants)).with_columns(pl.col("label").cast(pl.Categorical))
    table = store.get_historical_features(spined, ["stats:city"]).to_arrow()
    assert table["label"].to_pylist() == ["x", None, "y"]


def test_a_value_of_a_list_that_does_not_fit_is_named_with_its_row(store, instants):
    rows = [{"driver_id": 1, "event_timestamp": datetime(2026, 3, 1)}] * 2
    rows += [{"driver_id": "x", "event_timestamp": datetime(2026, 3, 1)}]
    with pytest.raises(RequestError) as caught:
        store.get_historical_features(rows, ["stats:trips"])
    (problem,) = caught.value.problems
    assert problem.fact == "column 'driver_id' of the entity rows is of the wrong type in row 2"
    assert (problem.got, problem.allowed) == ("'x' (str)", "Int64")
