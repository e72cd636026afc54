"""Saved datasets: created, found, read, checked and deleted; what fails leaves nothing."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal as Exact
from pathlib import Path
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from conftest import NOON
from provender import FeatureService, FeatureStore
from provender.datasets import SavedDatasetFileStorage, SavedDatasetTableStorage, creating
from provender.datasets.records import Records
from provender.errors import (
    Conflict,
    DatasetChanged,
    NotFound,
    RegistryError,
    RequestError,
    SourceError,
    StoreError,
)

NAME = "train"


def files(repository):
    """Return the files below the repository that datasets could have left."""
    own = {"stats.parquet", "plain.parquet"}
    return {p.name for p in repository.path.rglob("*parquet*") if p.name not in own}


def test_a_dataset_is_created_and_found_with_what_is_recorded(store, job, repository):
    made = store.create_saved_dataset(job, NAME, "sets/train.parquet", tags={"team": "fraud"})
    for found in (made, store.get_saved_dataset(NAME), *store.list_saved_datasets()):
        assert (found.name, found.project, found.tags) == (NAME, "test", {"team": "fraud"})
        assert found.created_timestamp == NOON
        assert found.request == job.request
        assert found.catalog_version == store.catalog.version
        assert found.entity_columns == ("event_timestamp", "driver_id", "label")
        assert "ASOF" in found.query
        assert found.row_count == 3
        assert found.to_arrow() == job.to_arrow()
        assert found.schema == job.to_arrow().schema
        assert str(found.storage) == "sets/train.parquet"
        found.verify()
    assert len(store.list_saved_datasets({"team": "fraud"})) == 1
    assert store.list_saved_datasets({"team": "other"}) == []
    assert made.to_df()["label"].tolist() == [1, 0, 1]
    assert sum(batch.num_rows for batch in made.to_batches()) == 3
    assert repr(made) == (f"<SavedDataset 'train' of {NOON}: 3 rows in sets/train.parquet>")


@pytest.mark.parametrize(
    "storage",
    [Path("a.parquet"), SavedDatasetFileStorage("a.parquet"), "file://{}/a.parquet"],
    ids=["path", "storage", "url"],
)
def test_the_ways_to_name_a_file(store, job, repository, storage):
    if isinstance(storage, str):
        storage = storage.format(repository.path)
    made = store.create_saved_dataset(job, NAME, storage)
    assert files(repository) == {"a.parquet"}
    assert made.to_arrow() == job.to_arrow()
    assert str(made.storage).endswith("a.parquet")
    assert "://" not in str(made.storage)
    store.delete_saved_dataset(NAME, rows=True)
    assert files(repository) == set()


def columns_of_every_type():
    """Return entity rows with a column of each type, with nulls and with what is easily lost."""
    point = pa.struct([("lat", pa.float64()), ("name", pa.string())])
    instant = datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=UTC)
    return {
        "bool": pa.array([True, None]),
        "int32": pa.array([-(2**31), None], pa.int32()),
        "int64": pa.array([2**53 + 1, None]),
        "float32": pa.array([float("nan"), None], pa.float32()),
        "float64": pa.array([-0.0, float("nan")]),
        "string": pa.array(["", None]),
        "bytes": pa.array([b"\0", None]),
        "instant": pa.array([instant, None], pa.timestamp("us", "UTC")),
        "date": pa.array([date(2026, 1, 1), None]),
        "uuid": pa.array([UUID(int=7).bytes, None], pa.uuid()),
        "json": pa.array(['{"a": 1}', None], pa.json_(pa.string())),
        "array": pa.array([[1, None], []], pa.list_(pa.int64())),
        "map": pa.array([[("a", 1)], None], pa.map_(pa.string(), pa.int64())),
        "struct": pa.array([{"lat": None, "name": "x"}, None], point),
        "decimal": pa.array([Exact("1.500"), None], pa.decimal128(38, 3)),
        "nested": pa.array([[[UUID(int=1).bytes]], None], pa.list_(pa.list_(pa.binary(16)))),
        # and types that only entity rows can have
        "duration": pa.array([timedelta(seconds=1), None], pa.duration("us")),
        "nanos": pa.array([1, None], pa.timestamp("ns")),
        "zoned": pa.array([1, None], pa.timestamp("s", "Europe/Berlin")),
        "int8": pa.array([1, None], pa.int8()),
        "uint64": pa.array([2**64 - 1, None], pa.uint64()),
        "half": pa.array([1.5, None], pa.float16()),
        "category": pa.array(["a", None]).dictionary_encode(),
        "large": pa.array(["a", None], pa.large_string()),
        "fixed": pa.array([b"ab", None], pa.binary(2)),
        "pair": pa.array([[1, 2], None], pa.list_(pa.int64(), 2)),
        "nothing": pa.nulls(2),
        "time": pa.array([1, None], pa.time64("us")),
    }


def test_every_type_survives(store, instants):
    keys = {"event_timestamp": instants(0, None), "driver_id": [1, 2]}
    rows = pa.table(keys | columns_of_every_type())
    job = store.get_historical_features(rows, ["stats"])
    made = store.create_saved_dataset(job, NAME, "train.parquet")
    table, wanted = made.to_arrow(), job.to_arrow()
    assert made.schema == wanted.schema
    for name in wanted.column_names:
        assert table.schema.field(name).type == wanted.schema.field(name).type, name
        assert str(table.column(name).to_pylist()) == str(wanted.column(name).to_pylist()), name
    made.verify()
    assert made.compare().equal


def test_a_column_that_no_file_can_hold_is_refused(store, repository, instants):
    gaps = pa.array([(1, 2, 3)], pa.month_day_nano_interval())
    rows = pa.table({"event_timestamp": instants(0), "driver_id": [1], "gap": gaps})
    with pytest.raises(RequestError, match="cannot be kept in a Parquet file"):
        store.create_saved_dataset(
            store.get_historical_features(rows, ["stats"]), NAME, "train.parquet"
        )
    assert (files(repository), store.list_saved_datasets()) == (set(), [])


def test_what_is_there_is_replaced_only_with_consent(store, job, spine, repository):
    first = store.create_saved_dataset(job, NAME, "train.parquet")
    other = store.get_historical_features(spine.slice(0, 1), ["stats:rating"])
    with pytest.raises(RequestError, match="there is a saved dataset 'train' already"):
        store.create_saved_dataset(other, NAME, "elsewhere.parquet")
    with pytest.raises(RequestError, match="saved dataset 'train' has its rows at this place"):
        store.create_saved_dataset(other, "more", "./train.parquet", allow_overwrite=True)
    repository.rows("taken.parquet", {"x": [1]})
    with pytest.raises(RequestError, match="there is a file at the place"):
        store.create_saved_dataset(other, "more", "taken.parquet")
    first.verify()
    assert store.create_saved_dataset(other, "more", "taken.parquet", allow_overwrite=True)
    again = store.create_saved_dataset(other, NAME, "train.parquet", allow_overwrite=True)
    assert again.to_arrow() == other.to_arrow()
    assert store.get_saved_dataset(NAME).row_count == 1
    (repository.path / "folder.parquet").mkdir()
    with pytest.raises(RequestError, match="there is a folder at the path"):
        store.create_saved_dataset(other, "last", "folder.parquet", allow_overwrite=True)


def test_the_rows_of_a_data_source_are_never_replaced(store, job, repository):
    before = pq.read_table(repository.path / "stats.parquet")
    whole = repository.path / "stats.parquet"
    for path in ("stats.parquet", whole, f"file://{whole}"):
        with pytest.raises(RequestError, match=r"data source 'stats\.parquet' has its rows"):
            store.create_saved_dataset(job, NAME, path, allow_overwrite=True)
    assert pq.read_table(repository.path / "stats.parquet") == before


@pytest.mark.parametrize(
    ("change", "fact"),
    [
        ({"name": "a b"}, "a saved dataset has no valid name"),
        ({"name": None}, "a saved dataset has no valid name"),
        ({"tags": {"a": 1}}, "tags of saved dataset 'train' is not a mapping"),
        ({"storage": "train.csv"}, "rows cannot be stored there"),
        ({"storage": 7}, "rows cannot be stored there"),
        ({"storage": "nowhere://x/train.parquet"}, "the URL of the file cannot be used"),
        ({"storage": SavedDatasetTableStorage("t")}, "the offline store writes no such tables"),
        ({"storage": SavedDatasetTableStorage("t", "x")}, "writes no such tables"),
        ({"from_": 7}, "come from a retrieval job"),
        ({"feature_service": "other"}, "not requested of feature service 'other'"),
    ],
)
def test_wrong_arguments_are_refused_and_leave_nothing(store, job, repository, change, fact):
    arguments = {"from_": job, "name": NAME, "storage": "train.parquet", **change}
    with pytest.raises(RequestError, match=fact):
        store.create_saved_dataset(**arguments)
    assert (files(repository), store.list_saved_datasets()) == (set(), [])


def test_the_service_of_the_request_is_checked(store, spine):
    service = FeatureService("ratings", features=[store.get_feature_view("stats")[["rating"]]])
    store.apply(service)
    job = store.get_historical_features(spine, service)
    made = store.create_saved_dataset(job, NAME, "train.parquet", feature_service=service)
    assert made.request.features == "ratings"
    assert made.compare().equal


def test_a_query_that_fails_leaves_what_was_there(store, job, repository):
    first = store.create_saved_dataset(job, NAME, "train.parquet")
    (repository.path / "stats.parquet").write_bytes(b"PAR1 broken PAR1")
    with pytest.raises(SourceError):
        store.create_saved_dataset(job, NAME, "train.parquet", allow_overwrite=True)
    with pytest.raises(SourceError):
        store.create_saved_dataset(job, "other", "other.parquet")
    first.verify()
    assert files(repository) == {"train.parquet"}
    assert [one.name for one in store.list_saved_datasets()] == [NAME]


def test_a_record_that_cannot_be_written_leaves_no_rows(store, job, repository, monkeypatch):
    def refuse(*_):
        raise RegistryError("the registry is full")

    monkeypatch.setattr(Records, "write", refuse)
    with pytest.raises(RegistryError, match="full"):
        store.create_saved_dataset(job, NAME, "train.parquet")
    assert (files(repository), store.list_saved_datasets()) == (set(), [])
    monkeypatch.undo()
    store.create_saved_dataset(job, NAME, "train.parquet").verify()


def test_rows_that_cannot_be_put_leave_the_record_of_before(store, job, repository, monkeypatch):
    first = store.create_saved_dataset(job, NAME, "train.parquet")

    def refuse(*_, **__):
        raise StoreError("the disk is full")

    monkeypatch.setattr("provender.datasets.file_place.FilePlace.put", refuse)
    for name in (NAME, "other"):
        with pytest.raises(StoreError, match="full"):
            store.create_saved_dataset(job, name, f"{name}.parquet", allow_overwrite=True)
    first.verify()
    assert files(repository) == {"train.parquet"}
    assert [one.name for one in store.list_saved_datasets()] == [NAME]


def test_a_crash_between_rows_and_record_leaves_rows_alone(store, job, repository, monkeypatch):
    class Crash(BaseException):
        """The process is gone: nothing after it happens."""

    def crash(*_):
        raise Crash

    monkeypatch.setattr(creating, "_recorded", crash)
    with pytest.raises(Crash):
        store.create_saved_dataset(job, NAME, "train.parquet")
    monkeypatch.undo()
    assert files(repository) == {"train.parquet"}
    assert store.list_saved_datasets() == []
    with pytest.raises(NotFound):
        store.get_saved_dataset(NAME)
    with pytest.raises(RequestError, match="there is a file at the place"):
        store.create_saved_dataset(job, NAME, "train.parquet")
    store.create_saved_dataset(job, NAME, "train.parquet", allow_overwrite=True).verify()


def test_of_two_creates_at_once_one_wins(store, job, repository, monkeypatch):
    put = creating._put

    def late(records, name, found, rows):
        monkeypatch.setattr(creating, "_put", put)
        store.create_saved_dataset(job, NAME, "first.parquet")
        return put(records, name, found, rows)

    monkeypatch.setattr(creating, "_put", late)
    with pytest.raises(Conflict):
        store.create_saved_dataset(job, NAME, "second.parquet")
    assert files(repository) == {"first.parquet"}
    store.get_saved_dataset(NAME).verify()


def test_the_record_is_deleted_alone_or_with_the_rows(store, job, repository):
    store.create_saved_dataset(job, NAME, "train.parquet")
    store.delete_saved_dataset(NAME)
    assert files(repository) == {"train.parquet"}
    store.create_saved_dataset(job, NAME, "train.parquet", allow_overwrite=True)
    store.delete_saved_dataset(NAME, rows=True)
    assert files(repository) == set()
    with pytest.raises(NotFound, match="no saved dataset 'train'"):
        store.delete_saved_dataset(NAME)
    store.create_saved_dataset(job, "trains", "train.parquet")
    with pytest.raises(NotFound, match="did you mean 'trains'"):
        store.get_saved_dataset(NAME)


def test_teardown_removes_the_records(store, job, repository):
    store.create_saved_dataset(job, NAME, "train.parquet")
    store.teardown()
    assert store.stores.registry.names("test/") == []
    assert files(repository) == {"train.parquet"}


def test_a_store_of_an_earlier_version_only_reads(store, job, repository):
    store.create_saved_dataset(job, NAME, "train.parquet")
    with FeatureStore(repository.path, clock=repository.clock, version=1) as earlier:
        assert earlier.get_saved_dataset(NAME).to_arrow() == job.to_arrow()
        with pytest.raises(RequestError, match="read-only"):
            earlier.delete_saved_dataset(NAME)
        with pytest.raises(RequestError, match="read-only"):
            earlier.create_saved_dataset(job, "more", "more.parquet")


def test_changed_rows_are_read_and_found_by_verify(store, job, repository):
    made = store.create_saved_dataset(job, NAME, "train.parquet")
    path = repository.path / "train.parquet"
    table = pq.read_table(path)
    pq.write_table(table.take([2, 1, 0]), path)
    made.verify()  # the order is not part of the digest
    pq.write_table(table.slice(1), path)
    assert made.to_arrow().num_rows == 2
    with pytest.raises(DatasetChanged, match="'train' are not those that were saved"):
        made.verify()
    path.write_bytes(b"nothing")
    with pytest.raises(SourceError, match="cannot be read"):
        made.to_arrow()
    pq.write_table(table.drop_columns(["rating"]), path)
    with pytest.raises(SourceError, match="no column 'rating'"):
        made.to_arrow()
    path.unlink()
    with pytest.raises(SourceError, match="not there"):
        made.verify()


@pytest.mark.parametrize(
    ("document", "told"),
    [
        (lambda d: {**d, "format": 99}, "'train' has a format that this version cannot read"),
        (lambda d: {**d, "dataset": {"name": 1}}, "the record of saved dataset 'train' is damaged"),
        (lambda d: [], "the record of saved dataset 'train' is damaged"),
    ],
)
def test_a_document_of_a_newer_layout_is_refused_by_name(store, job, document, told):
    store.create_saved_dataset(job, NAME, "train.parquet")
    registry = store.stores.registry
    found = registry.read("test/dataset/train")
    changed = json.dumps(document(json.loads(found.payload))).encode()
    registry.replace("test/dataset/train", changed, found.version)
    for call in (
        lambda: store.get_saved_dataset(NAME),
        store.list_saved_datasets,
        lambda: store.delete_saved_dataset(NAME),
        lambda: store.create_saved_dataset(job, NAME, "train.parquet", allow_overwrite=True),
    ):
        with pytest.raises(RegistryError, match=told):
            call()
