"""Saved datasets made again: as known then, and compared with what is stored."""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest

from conftest import NOON
from provender import Entity, FeatureView, Field, FileSource
from provender.datasets import Difference, RebuiltAsNow, Retyped
from provender.errors import NotFound, RequestError, SourceError
from provender.types import Float64, String

NAME = "train"


@pytest.fixture
def dataset(store, job):
    return store.create_saved_dataset(job, NAME, "train.parquet")


def test_late_rows_do_not_exist_for_a_rebuild(store, dataset, stats, clock, spine):
    clock.advance(hours=1)
    stats(more=[(2, 1, -0.5, 0.9, 8)])  # created half an hour after the dataset
    assert dataset.rebuild().to_arrow() == dataset.to_arrow()
    found = dataset.compare()
    assert found.equal
    assert (found.rows, found.differing_rows, found.differences) == (3, 0, ())
    now = store.get_historical_features(spine, ["stats:rating"]).to_arrow()
    assert now["rating"].to_pylist() == [0.9, 0.5, None]


def test_changed_rows_are_named(dataset, stats):
    stats(rating=0.2)
    found = dataset.compare()
    entity = {"event_timestamp": NOON, "driver_id": 2}
    assert found.differences == (Difference(0, "rating", 0.7, 0.2, entity),)
    assert (found.rows, found.differing_rows, found.equal) == (3, 1, False)
    assert repr(found) == (
        "<Comparison: 1 of 3 rows differ; 0 columns missing, 0 new, 0 of another type>"
    )
    assert dataset.compare(most=0).differing_rows == 1
    with pytest.raises(RequestError, match="most is negative"):
        dataset.compare(most=-1)


def test_only_the_first_differences_are_kept(dataset, repository):
    table = pq.read_table(repository.path / "train.parquet")
    swapped = table.set_column(3, "rating", [[None, float("nan"), 5.0]])
    pq.write_table(
        swapped.set_column(4, "trips", [[1, 2, None]]), repository.path / "train.parquet"
    )
    found = dataset.compare(most=3)
    assert found.differing_rows == 3
    assert [(d.row, d.column, str(d.stored), d.rebuilt) for d in found.differences] == [
        (0, "rating", "None", 0.7),
        (0, "trips", "1", 7),
        (1, "rating", "nan", 0.5),
    ]


def redefined(fields):
    source = FileSource("stats.parquet", timestamp_field="ts", created_timestamp_column="written")
    driver = Entity(name="driver", join_keys=["driver_id"])
    return FeatureView("stats", source=source, entities=[driver], schema=fields)


def test_the_definitions_of_then_are_used(store, spine, repository, stats):
    job = store.get_historical_features(spine, ["stats"])
    dataset = store.create_saved_dataset(job, NAME, "train.parquet")
    stats()
    table = pq.read_table(repository.path / "stats.parquet")
    table = table.append_column("level", [["a", "b", "c"]])
    pq.write_table(table, repository.path / "stats.parquet")
    store.apply(redefined([Field("rating", Float64), Field("level", String)]))
    assert dataset.rebuild().to_arrow() == dataset.to_arrow()
    assert dataset.compare().equal
    found = dataset.compare(catalog_version=store.refresh().version)
    assert (found.missing, found.new, found.retyped) == (("trips",), ("level",), ())
    assert (found.equal, found.differing_rows) == (False, 0)
    with pytest.raises(NotFound, match="no version 99"):
        dataset.rebuild(catalog_version=99)


def test_a_column_of_another_type_is_named(store, dataset, repository):
    table = pq.read_table(repository.path / "stats.parquet")
    store.apply(redefined([Field("rating", Float64), Field("trips", Float64)]))
    pq.write_table(
        table.set_column(4, "trips", [[1.0, None, 7.0]]), repository.path / "stats.parquet"
    )
    found = dataset.compare(catalog_version=store.refresh().version)
    assert found.retyped == (Retyped("trips", "int64", "double"),)
    assert not found.equal


def test_a_source_without_what_it_had_is_an_error(dataset, repository):
    table = pq.read_table(repository.path / "stats.parquet").drop_columns(["trips"])
    pq.write_table(table, repository.path / "stats.parquet")
    with pytest.raises(SourceError, match="trips"):
        dataset.compare()


def test_views_without_a_created_timestamp_are_rebuilt_as_now(store, spine, repository, instants):
    job = store.get_historical_features(spine, ["stats:rating", "plain:level"])
    dataset = store.create_saved_dataset(job, NAME, "train.parquet")
    repository.rows("plain.parquet", {"driver_id": [1], "ts": instants(5), "level": [4]})
    told = "saved dataset 'train': rebuilt as now, .* no created timestamp: plain"
    with pytest.warns(RebuiltAsNow, match=told) as warned:
        rebuilt = dataset.rebuild()
    assert warned[0].filename == __file__
    assert rebuilt.to_arrow()["level"].to_pylist() == [None, 4, None]
    with pytest.warns(RebuiltAsNow, match=told) as warned:
        found = dataset.compare()
    assert warned[0].filename == __file__
    assert found.rebuilt_as_now == ("plain",)
    assert [d.column for d in found.differences] == ["level"]


@pytest.mark.parametrize("known_at", ["2026-03-01T09:00:00", "event_timestamp"])
def test_the_known_at_of_the_request_is_used_again(store, spine, stats, clock, known_at):
    job = store.get_historical_features(spine, ["stats"], known_at=known_at)
    dataset = store.create_saved_dataset(job, NAME, "train.parquet")
    clock.advance(hours=5)
    stats(more=[(2, 1, -2, 0.9, 8)])
    assert dataset.compare().equal
    stats(more=[(1, 2.6, 2.6, 0.9, 8)])  # said to have been there before the dataset
    assert dataset.compare().equal is (known_at == "2026-03-01T09:00:00")


def test_entity_rows_that_were_a_query_or_a_file(store, spine, repository, monkeypatch):
    pq.write_table(spine, repository.path / "trips.parquet")
    monkeypatch.chdir(repository.path)
    for number, rows in enumerate(["trips.parquet", "SELECT * FROM 'trips.parquet'"]):
        job = store.get_historical_features(rows, ["stats"])
        made = store.create_saved_dataset(job, f"train{number}", f"train{number}.parquet")
        (repository.path / "trips.parquet").rename(repository.path / "gone")
        assert made.compare().equal
        assert made.rebuild().to_arrow().select(["label"]) == spine.select(["label"])
        (repository.path / "gone").rename(repository.path / "trips.parquet")
    digests = {one.digest for one in store.list_saved_datasets()}
    assert len(digests) == 1
