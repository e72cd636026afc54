"""Where Parquet files may lie, and what is told when they do not."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import waiting
from provender.config import load_config, store_settings
from provender.definitions import Entity, FeatureView, FileSource
from provender.errors import ConfigError, SourceError, StoreError
from provender.plugin import Column, PluginContext, SourceRead, StoreType, Window
from provender.testing.processes import run
from provender.types import Int64, UnixTimestamp
from provender_local.configuration import DuckDBConfig
from provender_local.duckdb_store import DuckDBStore
from provender_local.plugin import provender_check


@pytest.fixture
def store(tmp_path):
    found = DuckDBStore(DuckDBConfig(), PluginContext("test", tmp_path))
    yield found
    found.close()


@pytest.fixture
def write(tmp_path, instants):
    def file(name, *ids):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table({"id": pa.array(ids, pa.int64()), "ts": instants(*ids)}), path)

    return file


def ids(store, path):
    key = Column("id", "id", Int64)
    read = SourceRead(FileSource(path), (key,), (), "ts")
    return sorted(store.rows(read, Window()).read_all()["id"].to_pylist())


@pytest.mark.parametrize("zone", [None, "UTC", "Asia/Kolkata"])
def test_nanoseconds_are_cut_to_microseconds(store, tmp_path, zone):
    """Of event and created timestamps, as of features; before 1970 too."""
    ns = pa.array([1_999, 1_700_000_000_123_456_789, -1_999], pa.int64())
    column = ns.cast(pa.timestamp("ns", zone))
    rows = pa.table({"id": [1, 2, 3], "ts": column, "made": column})
    pq.write_table(rows, tmp_path / "rows.parquet")
    stamps = tuple(Column(name, f"a_{name}", UnixTimestamp) for name in ("ts", "made"))
    source = FileSource("rows.parquet")
    read = SourceRead(source, (Column("id", "id", Int64),), stamps, "ts", "made")
    found = store.latest(read, Window()).read_all().sort_by("id")
    for place in (0, 1, 3, 4):
        assert found.column(place).cast(pa.int64()).to_pylist() == [1, 1_700_000_000_123_456, -1]


def test_a_file_a_directory_a_glob_and_a_url(store, write, tmp_path):
    write("rows/a.parquet", 1)
    write("rows/2026/b.parquet", 2)
    write("rows/_unfinished/c.parquet", 3)
    write("rows/.hidden.parquet", 4)
    assert ids(store, "rows/a.parquet") == [1]
    assert ids(store, "rows") == [1, 2]
    assert ids(store, "rows/*.parquet") == [1]
    assert ids(store, "rows/**/b.parquet") == [2]
    assert ids(store, str(tmp_path / "rows")) == [1, 2]
    assert ids(store, f"file://{tmp_path}/rows/a.parquet") == [1]
    assert ids(store, f"file://{tmp_path}/rows") == [1, 2]


def test_names_that_look_like_globs_or_sql_are_taken_as_they_are(store, write):
    write("it's [1]*.parquet", 5)
    assert ids(store, "it's [1]*.parquet") == [5]


def test_files_of_one_source_may_have_grown_columns(store, write, tmp_path, instants):
    write("rows/a.parquet", 1)
    pq.write_table(
        pa.table({"ts": instants(2), "new": [1.5], "id": [2]}), tmp_path / "rows/b.parquet"
    )
    assert ids(store, "rows") == [1, 2]
    assert set(store.schema(FileSource("rows")).names) == {"id", "ts", "new"}


def test_all_rows_are_read_also_those_without_a_key(store, tmp_path, instants):
    table = pa.table({"id": pa.array([1, None], pa.int64()), "ts": instants(1, 2)})
    pq.write_table(table, tmp_path / "rows.parquet")
    read = SourceRead(FileSource("rows.parquet"), (Column("id", "id", Int64),), (), "ts")
    assert store.rows(read, Window()).read_all().num_rows == 2
    assert store.latest(read, Window()).read_all()["id"].to_pylist() == [1]


def test_what_is_not_there_or_no_parquet_is_told(store, tmp_path):
    with pytest.raises(SourceError, match="no Parquet file at the path of a source"):
        store.schema(FileSource("missing.parquet"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match="no Parquet file"):
        store.schema(FileSource("empty"))
    (tmp_path / "text.parquet").write_text("id,ts\n1,2\n")
    with pytest.raises(SourceError, match="cannot be read"):
        store.schema(FileSource("text.parquet"))
    with pytest.raises(SourceError, match="no Parquet file at the path of a source"):
        store.schema(FileSource(f"file://{tmp_path}/missing.parquet"))
    with pytest.raises(SourceError, match="cannot be reached"):
        store.schema(FileSource("nosuch://bucket/rows"))


def test_rows_are_appended_whole_or_not_at_all(store, write, tmp_path, instants):
    write("rows/a.parquet", 1)
    source = FileSource("rows")
    store.append(source, pa.table({"ts": instants(2), "id": pa.array([2], pa.int32())}))
    assert ids(store, "rows") == [1, 2]
    with pytest.raises(SourceError, match="do not have the columns"):
        store.append(source, pa.table({"id": [3]}))
    with pytest.raises(SourceError, match="cannot be appended"):
        store.append(FileSource("rows/*.parquet"), pa.table({"id": [3], "ts": instants(3)}))
    assert ids(store, "rows") == [1, 2]
    assert not list(tmp_path.rglob(".appended*"))


def test_rows_are_appended_to_a_single_file_by_writing_it_anew(store, write, tmp_path, instants):
    write("one.parquet", 1)
    before = pq.read_schema(tmp_path / "one.parquet")
    (tmp_path / "link.parquet").symlink_to("one.parquet")
    (tmp_path / "one.parquet").chmod(0o640)
    rows = pa.table({"ts": instants(2), "id": pa.array([2], before.field("id").type)})
    store.append(FileSource("link.parquet"), rows)
    assert ids(store, "one.parquet") == [1, 2]
    assert pq.read_schema(tmp_path / "one.parquet") == before
    assert (tmp_path / "one.parquet").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "link.parquet").is_symlink()


def test_an_append_to_a_single_file_that_fails_changes_nothing(store, write, tmp_path, instants):
    write("one.parquet", 1)
    before = (tmp_path / "one.parquet").read_bytes()
    with pytest.raises(SourceError):
        store.append(FileSource("one.parquet"), pa.table({"id": ["x"], "ts": instants(3)}))
    with pytest.raises(SourceError, match="do not have the columns"):
        store.append(FileSource("one.parquet"), pa.table({"id": [3]}))
    assert (tmp_path / "one.parquet").read_bytes() == before
    assert {file.name for file in tmp_path.iterdir()} <= {"one.parquet", ".one.parquet.lock"}


def test_many_who_append_to_a_single_file_lose_no_rows(store, write, instants):
    write("one.parquet", 0)
    kind = store.schema(FileSource("one.parquet")).field("id").type

    def append(number):
        rows = {"ts": instants(number), "id": pa.array([number], kind)}
        store.append(FileSource("one.parquet"), pa.table(rows))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(append, range(1, 25)))
    assert ids(store, "one.parquet") == list(range(25))


def test_a_setting_that_duckdb_refuses_is_told(tmp_path):
    store = DuckDBStore(DuckDBConfig(threads=-1), PluginContext("test", tmp_path))
    with pytest.raises(StoreError, match="starting DuckDB"):
        store.session()
    store.close()
    store.close()


def test_a_closed_session_has_closed_its_cursor(store):
    with store.session() as session:
        assert [batch.num_rows for batch in session.run("SELECT 1 AS x")] == [1]
    with pytest.raises(StoreError, match="closed"):
        list(session.run("SELECT 1 AS x"))


LONG = """
import os, signal, sys, threading
from pathlib import Path
from provender import FeatureStore
from waiting import until

signal.signal(signal.SIGINT, signal.default_int_handler)  # also when whoever began it ignores it
root = Path(sys.argv[1])

def interrupt_when_it_spills():
    until(lambda: any(root.glob("spill/*/*.tmp")), "a query that spills")
    os.kill(os.getpid(), signal.SIGINT)

query = "SELECT now() AS event_timestamp, i AS id FROM range(20000000) t(i)"
with FeatureStore(root) as store:
    job = store.get_historical_features(query, ["v:x"])
    threading.Thread(target=interrupt_when_it_spills, daemon=True).start()
    try:
        job.to_arrow()
    except KeyboardInterrupt:
        print("interrupted")
"""


@pytest.mark.integration
def test_a_query_can_be_interrupted(repository, instants):
    spilling = {"memory_limit": "50MB", "temp_directory": "spill", "max_spill": "1GB"}
    repository.configure(offline_store=spilling)
    repository.rows("x.parquet", {"id": [1], "ts": instants(1), "x": [1]})
    source, entity = FileSource("x.parquet", timestamp_field="ts"), Entity(name="id")
    repository.store().apply([entity, FeatureView("v", source=source, entities=[entity])])
    tests = Path(waiting.__file__).parent
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tests), *filter(None, sys.path)])}
    done = run([sys.executable, "-c", LONG, str(repository.path)], env=env)
    assert done.stdout.strip() == "interrupted", done.stderr
    assert list(repository.path.glob("spill/*")) == []


@pytest.fixture
def opened(tmp_path):
    """Open a store that has little memory and spills into a folder of the test."""
    stores = []

    def store(**more):
        settings = {"memory_limit": "50MB", "threads": 1, "temp_directory": "spill", **more}
        stores.append(DuckDBStore(DuckDBConfig(**settings), PluginContext("test", tmp_path)))
        return stores[-1]

    yield store
    for one in stores:
        one.close()


SORTED = "SELECT i, repeat('x', 90) || i AS t FROM range(1000000) s(i) ORDER BY hash(i)"


def test_a_query_that_spills_more_than_it_may_is_told_and_leaves_nothing(opened, tmp_path):
    store = opened(max_spill="10MB")
    told = pytest.raises(StoreError, match="spills more to disk than is allowed")
    with store.session() as session, told as caught:
        list(session.run(SORTED))
    text = str(caught.value)
    assert str(tmp_path / "spill") in text
    assert "9.5 MiB" in text
    for setting in ("offline_store.memory_limit", "offline_store.max_spill"):
        assert setting in text
    assert [file for file in tmp_path.glob("spill/*/*") if file.suffix == ".tmp"] == []
    store.close()
    assert list(tmp_path.glob("spill/*")) == []


def limit(session):
    asked = "SELECT current_setting('max_temp_directory_size') AS most"
    (batch,) = session.run(asked)
    return batch["most"][0].as_py()


def test_half_of_what_is_free_may_be_spilled(opened, monkeypatch):
    store, free = opened(), [1 << 30]
    monkeypatch.setattr("provender_local.spill.Spill.free", lambda self: free[0])
    with store.session() as session:
        assert limit(session) == "512.0 MiB"
    free[0] = 3 << 30
    with store.session() as session:
        assert limit(session) == "1.5 GiB"


@pytest.mark.integration
def test_what_another_query_has_spilled_counts_and_stops_nobody(opened, monkeypatch):
    store, free = opened(), [4 << 30]
    monkeypatch.setattr("provender_local.spill.Spill.free", lambda self: free[0])
    with store.session() as first:
        batches = first.run(SORTED)
        next(batches)
        free[0] = 0  # the half of what is spilled is less than that
        with store.session() as second:
            assert limit(second) == "2.0 GiB"
        assert sum(batch.num_rows for batch in batches) > 0


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *product(["max_spill", "memory_limit"], ["much", "-1GB", "10"]),
        ("max_spill", "50%"),
    ],
)
def test_what_is_no_size_is_refused_with_its_line(repository, name, text):
    repository.configure(offline_store={name: text})
    config = load_config(repository.path / "feature_store.yaml")
    with pytest.raises(ConfigError, match=rf"feature_store.yaml:\d+:\d+: .*{name}"):
        store_settings(config.stores["offline"], StoreType("duckdb", DuckDBConfig))


def test_the_doctor_shows_where_queries_spill(tmp_path, monkeypatch):
    monkeypatch.setattr("provender_local.spill.Spill.free", lambda self: 3_000_000_000)
    stores = {"offline": DuckDBConfig(temp_directory="spill")}
    (found,) = provender_check(PluginContext("test", tmp_path, stores=stores))
    assert found.ok
    assert str(tmp_path / "spill") in found.detail
    assert "3.0 GB free, max_spill 1.5 GB (half of what is free)" in found.detail
    stores = {"offline": DuckDBConfig(max_spill="2GB")}
    (found,) = provender_check(PluginContext("test", tmp_path, stores=stores))
    assert found.detail.endswith("max_spill 2GB")
    assert not provender_check(PluginContext("test", tmp_path))
