"""How long a feature store's readers hold the catalog, as feature_store.yaml says."""

from __future__ import annotations

from datetime import timedelta

import pytest

from provender import Entity, FeatureView, Field, FileSource
from provender.config import load_config
from provender.errors import ConfigError, NotFound
from provender.types import Float64

DRIVER = Entity(name="driver", join_keys=["driver_id"])


def view(name="stats", **options):
    source = FileSource("stats.parquet", timestamp_field="ts")
    schema = [Field("rating", Float64)]
    return FeatureView(name, source=source, entities=[DRIVER], schema=schema, **options)


@pytest.fixture
def served(repository, instants):
    """A repository with one view, whose only row is an hour old and online."""
    columns = {"driver_id": [1], "ts": instants(1), "rating": [0.5]}
    repository.rows("stats.parquet", columns)

    def configure(**registry):
        repository.configure(registry={"path": "registry.db", **registry})
        store = repository.store()
        store.apply([DRIVER, view()])
        store.materialize_incremental(repository.clock.now)
        return store

    configure.store = repository.store
    return configure


def rating(store, name="stats"):
    return store.get_online_features([f"{name}:rating"], {"driver_id": [1]}).to_dict()["rating"]


def test_a_reader_holds_the_catalog(served):
    reader = served()
    assert rating(reader) == [0.5]
    served.store().apply([view(ttl=timedelta(minutes=30))])
    assert rating(reader) == [0.5]
    assert reader.catalog.version == 1
    reader.refresh()
    assert rating(reader) == [None]


def test_a_prepared_reader_follows_the_catalog(served):
    store = served()
    reader = store.prepare(["stats:rating"])
    assert reader.read({"driver_id": [1]}).to_dict()["rating"] == [0.5]
    served.store().apply([view(ttl=timedelta(minutes=30))])
    assert reader.read({"driver_id": [1]}).to_dict()["rating"] == [0.5]
    store.refresh()
    assert reader.read({"driver_id": [1]}).to_dict()["rating"] == [None]


def test_a_prepared_reader_of_a_view_that_went_says_so_until_it_comes_back(served):
    store = served()
    reader = store.prepare(["stats:rating"])
    served.store().apply([DRIVER], partial=False, allow_data_loss=True)
    store.refresh()
    for _ in range(2):
        with pytest.raises(NotFound, match="'stats'"):
            reader.read({"driver_id": [1]})
    served.store().apply([view()])
    store.refresh()
    assert reader.read({"driver_id": [1]}).to_dict()["rating"] == [None]


def test_with_no_time_to_live_a_reader_sees_each_commit_at_once(served):
    reader = served(cache_ttl_seconds=0)
    assert rating(reader) == [0.5]
    served.store().apply([view(ttl=timedelta(minutes=30))])
    assert rating(reader) == [None]


def test_a_view_that_was_registered_just_now_is_found(served):
    reader = served(cache_ttl_seconds=None)
    assert rating(reader) == [0.5]
    served.store().apply([view("later")])
    assert rating(reader, "later") == [None]
    with pytest.raises(NotFound, match="'never'"):
        rating(reader, "never")


@pytest.mark.parametrize(
    ("written", "seconds"), [("", 600), (", cache_ttl_seconds: 5.5", 5.5), ("null", None)]
)
def test_the_time_to_live_is_read_from_the_section(tmp_path, written, seconds):
    written = ", cache_ttl_seconds: null" if written == "null" else written
    file = tmp_path / "feature_store.yaml"
    file.write_text(f"project: p\nregistry: {{path: r.db{written}}}\n")
    assert load_config(file).cache_ttl_seconds == seconds


def test_a_plain_registry_has_the_default(tmp_path):
    file = tmp_path / "feature_store.yaml"
    file.write_text("project: p\nregistry: r.db\n")
    assert load_config(file).cache_ttl_seconds == 600


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("", 5), ("write_cache_ttl_seconds: 0", 0), ("cache_ttl_seconds: 1", 5)],
)
def test_the_time_to_live_for_those_who_write_is_one_of_its_own(tmp_path, written, seconds):
    file = tmp_path / "feature_store.yaml"
    file.write_text(f"project: p\nregistry:\n  path: r.db\n  {written}\n")
    assert load_config(file).write_cache_ttl_seconds == seconds


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        *[("cache_ttl_seconds", wrong) for wrong in ("-1", "soon", "[1]", ".inf", ".nan")],
        *[("write_cache_ttl_seconds", wrong) for wrong in ("-1", "soon", "null", ".inf", ".nan")],
    ],
)
def test_a_time_to_live_that_is_none_is_told_with_its_place(tmp_path, name, wrong):
    file = tmp_path / "feature_store.yaml"
    file.write_text(f"project: p\nregistry:\n  path: r.db\n  {name}: {wrong}\n")
    with pytest.raises(ConfigError, match=rf"registry\.{name}") as caught:
        load_config(file)
    assert caught.value.problems[0].place == f"{file}:4:3"


def test_as_of_a_version_the_catalog_is_held_for_ever(served):
    served(cache_ttl_seconds=0)
    served.store().apply([view(description="new")])
    from provender import FeatureStore

    with FeatureStore(served.store().config.file, version=1) as then:
        assert then.catalog is then.catalog
        assert then.catalog.version == 1
