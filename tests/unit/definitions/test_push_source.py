"""Push sources: their definition, what the catalog keeps of them, and who reads what."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

import provender
from provender import Entity, FeatureView, Field, FileSource, PushMode, PushSource
from provender.definitions.problems import collecting
from provender.errors import DefinitionError
from provender.plugin.loading.source_kinds import source_class
from provender.testing.faults.plugin import FaultyStores
from provender.types import Float64, Int64

BATCH = FileSource(
    "stats",
    name="stats",
    timestamp_field="ts",
    created_timestamp_column="created",
    field_mapping={"id": "driver_id"},
)
DRIVER = Entity(name="driver", join_keys=["driver_id"], value_type=Int64)


def view(source, **more):
    schema = [Field("v", Float64)]
    return FeatureView("drivers", source=source, entities=[DRIVER], schema=schema, **more)


@pytest.fixture
def rows(repository, instants):
    stamps = {"ts": instants(2, 1), "created": instants(2, 1)}
    repository.rows("stats/a.parquet", {"id": [1, 2], "v": [1.5, 2.5], **stamps})


def test_it_says_of_its_columns_what_its_batch_source_says():
    source = PushSource("push", BATCH, description="Clicks", tags={"a": "b"}, owner="me")
    assert source.timestamp_field == "ts"
    assert source.created_timestamp_column == "created"
    assert source.column_of("driver_id") == "id"
    assert source.location() == "stats"
    assert source.stored is BATCH
    assert BATCH.stored is BATCH
    assert source.place.startswith(__file__)


def test_equality_is_by_the_definition():
    assert PushSource("push", BATCH) == PushSource(name="push", batch_source=BATCH)
    assert PushSource("push", BATCH) != PushSource("other", BATCH)
    assert PushSource("push", BATCH) != PushSource("push", FileSource("elsewhere"))
    assert PushSource("push", BATCH) != PushSource("push", BATCH, owner="me")


def test_its_document_nests_that_of_its_batch_source():
    document = PushSource("push", BATCH, tags={"a": "b"}).to_document()
    assert document == json.loads(json.dumps(document))
    assert document["kind"] == "push"
    assert document["batch_source"] == BATCH.to_document()
    assert "timestamp_field" not in document, "it stands only once"
    again = PushSource.from_document({**document, "batch_source": BATCH})
    assert again == PushSource("push", BATCH, tags={"a": "b"})


def test_the_kind_is_known_whatever_providers_are_in_use():
    assert source_class("push", []) is PushSource
    assert provender.PushMode is PushMode


@pytest.mark.parametrize(
    ("arguments", "fact"),
    [
        ({"name": "push"}, "batch_source of push source 'push' is of the wrong type"),
        ({"name": "push", "batch_source": "stats"}, "batch_source of push source 'push'"),
        (
            {"name": "push", "batch_source": PushSource("inner", BATCH)},
            "batch_source of push source 'push'",
        ),
        ({"name": "1 2", "batch_source": BATCH}, "push source has no valid name"),
        (
            {"name": "push", "batch_source": BATCH, "bath": 1},
            "PushSource takes no argument 'bath'",
        ),
    ],
)
def test_what_is_not_valid(arguments, fact):
    with pytest.raises(DefinitionError, match=fact) as caught:
        PushSource(**arguments)
    assert caught.value.problems[0].place.startswith(__file__)
    with collecting() as problems:
        PushSource(**arguments)
    assert fact in problems[0].fact


def test_the_older_spelling_is_taken_with_a_warning():
    with pytest.warns(DeprecationWarning, match=r"PushSource\(labels=\)"):
        source = PushSource("push", BATCH, labels={"a": "b"})
    assert source.tags == {"a": "b"}
    with pytest.warns(DeprecationWarning, match=r"PushSource\(schema=\)"):
        assert PushSource("push", BATCH, schema={}) == PushSource("push", BATCH)


def test_the_catalog_keeps_it_and_its_batch_source(repository, rows):
    source = PushSource("push", BATCH, tags={"a": "b"})
    repository.store().apply([DRIVER, view(source)])
    store = repository.store()
    assert store.get_feature_view("drivers").source == source
    assert store.get_data_source("push") == source
    assert not store.apply([DRIVER, view(source)]).changes, "applied again it stands"


def test_a_timestamp_that_is_left_open_is_found_for_the_batch_source(repository, instants):
    repository.rows("stats/a.parquet", {"driver_id": [1], "v": [1.0], "at": instants(1)})
    repository.store().apply([DRIVER, view(PushSource("push", FileSource("stats")))])
    store = repository.store()
    found = store.get_feature_view("drivers").source
    assert (found.timestamp_field, found.stored.timestamp_field) == ("at", "at")
    store.materialize_incremental(repository.clock())
    assert store.get_online_features(["drivers:v"], {"driver_id": [1]}).to_dict()["v"] == [1.0]


def test_offline_stores_never_see_a_push_source(repository, rows, instants):
    store = FaultyStores().around(repository.store())
    store.apply([DRIVER, view(PushSource("push", BATCH))])
    store.materialize_incremental(repository.clock())
    spine = {"driver_id": [1, 2], "event_timestamp": instants(0, 0)}
    joined = store.get_historical_features(pa.table(spine), ["drivers:v"]).to_arrow()
    assert joined.column("v").to_pylist() == [1.5, 2.5]
    assert store.get_online_features(["drivers:v"], {"driver_id": [2]}).to_dict()["v"] == [2.5]
    seen = [argument for call in store.stores.offline.calls for argument in call.args]
    assert seen
    assert "PushSource" not in repr(seen)


def test_a_push_source_before_a_source_moves_nothing_again(repository, rows):
    store = repository.store()
    store.apply([DRIVER, view(BATCH)])
    store.materialize_incremental(repository.clock())
    plan = store.apply([DRIVER, view(PushSource("push", BATCH))])
    (change,) = [c for c in plan.changes if c.kind == "feature view"]
    assert change.impact == "compatible"
    (report,) = store.materialize_incremental(repository.clock())
    assert report.start is not None, "the ledger goes on"


def test_a_change_of_the_batch_source_needs_a_backfill_and_one_of_its_labels_does_not(
    repository, rows
):
    store = repository.store()
    store.apply([DRIVER, view(PushSource("push", BATCH))])
    labelled = FileSource("stats", **_but_the_path() | {"owner": "me"})
    (change,) = _changes(store.plan([DRIVER, view(PushSource("push", labelled))]))
    assert change.impact == "metadata"
    moved = FileSource("stats/a.parquet", **_but_the_path())
    (change,) = _changes(store.plan([DRIVER, view(PushSource("push", moved))]))
    assert change.impact == "needs backfill"


def _changes(plan):
    return [change for change in plan.changes if change.kind == "feature view"]


def _but_the_path():
    document = BATCH.to_document()
    return {name: value for name, value in document.items() if name not in ("kind", "path")}
