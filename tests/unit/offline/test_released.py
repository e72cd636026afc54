"""Sessions and files are released when reading stops, though a traceback keeps the reader."""

from __future__ import annotations

from datetime import timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from conftest import NOON
from provender import Entity, FeatureView, Field, FileSource
from provender.datasets.digest import RowDigest
from provender.errors import StoreError
from provender.filling.only_online import only_online
from provender.plugin import OfflineStore, OnlineTable, Window, reader_of, reading
from provender.plugin.statistics import describing
from provender.types import Int64
from provender_local.duckdb_session import DuckDBSession
from provender_local.duckdb_store import DuckDBStore
from provender_local.sqlite_store import SqliteStore

DRIVER = Entity(name="driver", join_keys=["driver_id"], value_type=Int64)
SCHEMA = pa.schema([("n", pa.int64())])


@pytest.fixture
def opened(monkeypatch):
    """Return the sessions of DuckDB that are open."""
    found, begin, end = [], DuckDBSession.__init__, DuckDBSession.close

    def began(self, *args):
        found.append(id(self))
        begin(self, *args)

    def ended(self):
        end(self)
        if id(self) in found:
            found.remove(id(self))

    monkeypatch.setattr(DuckDBSession, "__init__", began)
    monkeypatch.setattr(DuckDBSession, "close", ended)
    return found


@pytest.fixture
def store(repository, instants):
    count = 130_000  # more than one batch
    columns = {"driver_id": range(count), "ts": pa.repeat(instants(1)[0], count)}
    repository.rows("stats.parquet", columns | {"trips": range(count)})
    source = FileSource("stats.parquet", timestamp_field="ts")
    schema = [Field("trips", Int64)]
    views = [
        FeatureView(name, source=source, entities=[DRIVER], schema=schema)
        for name in ("stats", "again")
    ]
    store = repository.store()
    store.apply([DRIVER, *views])
    return store


@pytest.fixture
def job(store):
    return store.get_historical_features(
        pa.table({"driver_id": [1, 2], "event_timestamp": [NOON, NOON]}),
        ["stats", "again"],
        full_feature_names=True,
    )


class Source:
    """Rows, and whether they were closed."""

    def __init__(self, *rows):
        self.rows, self.closed, self.noted = rows, False, []

    def batches(self):
        try:
            for row in self.rows:
                if isinstance(row, Exception):
                    raise row
                yield pa.RecordBatch.from_pydict({"n": [row]}, SCHEMA)
        finally:
            self.noted.append("rows")

    def reader(self):
        return reader_of(SCHEMA, self.batches(), self)

    def close(self):
        self.closed = True
        self.noted.append("source")


def refuse(*_, **__):
    raise ValueError("refused")


def read_one(reader):
    with reading(reader):
        next(reader)
        refuse(reader)


def test_a_source_is_closed_after_its_rows_when_reading_stops():
    source = Source(1, 2, 3)
    reader = source.reader()
    with pytest.raises(ValueError, match="refused") as kept:
        read_one(reader)
    assert kept.traceback
    assert source.noted == ["rows", "source"]
    with pytest.raises(pa.ArrowInvalid, match="closed"):
        next(reader)


def test_a_source_is_closed_at_the_end_of_its_rows_and_by_an_error():
    whole, broken = Source(1), Source(1, StoreError("lost"))
    readers = [whole.reader(), broken.reader()]
    assert readers[0].read_all().num_rows == 1
    assert whole.closed
    assert readers[0].read_all().num_rows == 0
    with pytest.raises(StoreError, match="lost"):
        readers[1].read_all()
    assert broken.closed


def test_a_source_is_closed_when_nothing_was_read_and_with_the_last_reference():
    unread, dropped = Source(1), Source(1)
    with reading(unread.reader()) as reader:
        assert not unread.closed
    assert unread.closed
    reader = dropped.reader()
    del reader
    assert dropped.closed


def test_what_a_reader_of_a_reader_comes_from_is_closed():
    source = Source(1)
    inner = source.reader()
    with reading(reader_of(SCHEMA, (batch for batch in inner), inner)):
        pass
    assert source.closed


def test_what_cannot_be_closed_does_not_hide_the_error():
    source = Source(1)
    source.close = lambda: 1 / 0
    with pytest.raises(ValueError, match="refused"):
        read_one(source.reader())


def test_a_reader_of_arrow_and_a_generator_are_closed():
    source = Source(1, 2)
    with reading(source.batches()) as batches:
        next(batches)
    assert source.noted == ["rows"]
    with reading(pa.table({"n": [1]}).to_reader()) as reader:
        assert reader.read_all().num_rows == 1


class Online:
    """An online store that lists its keys and then loses its connection."""

    def __init__(self):
        self.listing = False

    def keys(self, table):
        self.listing = True
        try:
            yield [b"1"]
            yield [b"2"]
        finally:
            self.listing = False

    read = refuse


def test_a_list_of_keys_that_are_not_read_to_their_end():
    online = Online()
    rows = only_online(online, OnlineTable("p", "a"), OnlineTable("p", "b"), None)
    with pytest.raises(ValueError, match="refused") as kept:
        next(rows)
    assert kept.traceback
    assert not online.listing


def test_rows_of_a_view_that_are_read_in_part(store, opened):
    batches = store.get_view_rows("stats").to_batches()
    next(batches)
    assert opened
    batches.close()
    assert not opened


def test_rows_that_cannot_be_written(job, opened, monkeypatch, tmp_path):
    monkeypatch.setattr(pq.ParquetWriter, "write_batch", refuse)
    with pytest.raises(ValueError, match="refused") as kept:
        job.to_parquet(tmp_path / "rows.parquet")
    assert kept.traceback
    assert not opened


def test_rows_that_have_no_digest(store, job, opened, monkeypatch):
    monkeypatch.setattr(RowDigest, "add", refuse)
    with pytest.raises(ValueError, match="refused") as kept:
        store.create_saved_dataset(job, "train", "train.parquet")
    assert kept.traceback
    assert not opened


def test_the_file_of_a_dataset_whose_digest_cannot_be_computed(store, job, monkeypatch):
    found = store.create_saved_dataset(job, "train", "train.parquet")
    files, begin = [], pq.ParquetFile.__init__

    def noted(self, file):
        begin(self, file)
        files.append(file)

    monkeypatch.setattr(pq.ParquetFile, "__init__", noted)
    monkeypatch.setattr(RowDigest, "add", refuse)
    with pytest.raises(ValueError, match="refused") as kept:
        found.verify()
    assert kept.traceback
    assert [file.closed for file in files] == [True]


def test_rows_that_cannot_be_counted(store, opened, monkeypatch):
    monkeypatch.setattr(describing, "_stored", refuse)
    read = store.catalog.view("stats").read()
    monkeypatch.setattr(DuckDBStore, "statistics", OfflineStore.statistics)
    with pytest.raises(ValueError, match="refused") as kept:
        store.stores.offline.statistics("stats", read, Window())
    assert kept.traceback
    assert not opened


def test_rows_that_cannot_be_loaded(store, opened, monkeypatch):
    monkeypatch.setattr(SqliteStore, "write", refuse)
    with pytest.raises(ValueError, match="refused") as kept:
        store.materialize(NOON - timedelta(days=1), NOON, ["stats"])
    assert kept.traceback
    assert not opened


def test_the_other_parts_of_a_join_whose_last_part_cannot_be_asked(job, opened, monkeypatch):
    parts, ask = [], DuckDBStore.statement

    def second_fails(self, query, result):
        parts.append(query)
        return ask(self, query, result) if len(parts) < 2 else refuse()

    monkeypatch.setattr(DuckDBStore, "features_per_query", 1)
    monkeypatch.setattr(DuckDBStore, "statement", second_fails)
    with pytest.raises(ValueError, match="refused") as kept:
        job.to_arrow()
    assert len(parts) == 2
    assert kept.traceback
    assert not opened
