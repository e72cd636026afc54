"""Each change of a definition is classified, with the reason."""

from __future__ import annotations

from datetime import timedelta

import pytest

from provender import Entity, FeatureView, Field, FileSource
from provender.types import Float64, Int64, String

DRIVER = Entity("driver", join_keys=["driver_id"], value_type=Int64)
CAR = Entity("car", value_type=Int64)
RATING = Field("rating", Float64)


def source(**more):
    return FileSource("stats.parquet", timestamp_field="ts", name="stats source", **more)


def view(**more):
    options = {"source": source(), "entities": [DRIVER], "schema": [RATING]}
    return FeatureView("stats", **(options | {"ttl": timedelta(days=1)} | more))


@pytest.fixture
def change(repository, instants):
    """Return the planned change of the view, or of the entity, from one definition to another."""
    columns = {"ts": instants(3), "created": instants(3), "driver_id": [1], "car": [1]}
    features = {"rating": [0.5], "trips": [3], "names": ["a"], "rates": [1.0]}
    repository.rows("stats.parquet", {**columns, **features})
    repository.rows("other.parquet", {**columns, **features})

    def planned(before, after):
        store = repository.store()
        store.apply([DRIVER, CAR, before])
        changes = {(c.kind, c.name): c for c in store.plan([after]).changes}
        kind = "entity" if isinstance(after, Entity) else "feature view"
        return changes[kind, after.name]

    return planned


TRIPS = Field("trips", Int64)
VIEWS = {
    "a description": ({}, {"description": "how good"}, "metadata", "description"),
    "an owner": ({}, {"owner": "ann"}, "metadata", "owner"),
    "tags": ({}, {"tags": {"a": "b"}}, "metadata", "tags.a"),
    "tags of a field": (
        {},
        {"schema": [Field("rating", Float64, tags={"a": "b"})]},
        "metadata",
        "schema.rating.tags.a",
    ),
    "the name of a source": (
        {},
        {"source": FileSource("stats.parquet", timestamp_field="ts", name="x")},
        "metadata",
        "source.name",
    ),
    "a shorter ttl": ({}, {"ttl": timedelta(hours=1)}, "compatible", "ttl"),
    "a longer ttl": ({}, {"ttl": timedelta(days=2)}, "needs backfill", "ttl"),
    "no ttl": ({}, {"ttl": None}, "needs backfill", "ttl"),
    "a first ttl": ({"ttl": None}, {"ttl": timedelta(days=2)}, "compatible", "ttl"),
    "a new feature": ({}, {"schema": [RATING, TRIPS]}, "needs backfill", "schema.trips"),
    "a new feature offline": (
        {"online": False},
        {"online": False, "schema": [RATING, TRIPS]},
        "compatible",
        "schema.trips",
    ),
    "the type of the key, said": (
        {},
        {"schema": [RATING, Field("driver_id", Int64)]},
        "compatible",
        "schema.driver_id",
    ),
    "a feature less": ({"schema": [RATING, TRIPS]}, {}, "breaking", "schema.trips"),
    "another type": (
        {"schema": [TRIPS]},
        {"schema": [Field("trips", Float64)]},
        "breaking",
        "schema.trips.dtype",
    ),
    "another source": (
        {},
        {"source": FileSource("other.parquet", timestamp_field="ts", name="stats source")},
        "needs backfill",
        "source.path",
    ),
    "a created timestamp": (
        {},
        {"source": source(created_timestamp_column="created")},
        "needs backfill",
        "source.created_timestamp_column",
    ),
    "a mapping of a column with the name of a label": (
        {},
        {"source": source(field_mapping={"names": "tags"})},
        "needs backfill",
        "source.field_mapping.names",
    ),
    "offline": ({}, {"online": False}, "breaking", "online"),
    "online": ({"online": False}, {"online": True}, "needs backfill", "online"),
    "another entity": ({}, {"entities": [CAR]}, "breaking", "entities"),
    "the key of another entity": ({}, {"entities": [CAR]}, "breaking", "keys.car"),
    "one entity more": ({}, {"entities": [DRIVER, CAR]}, "breaking", "keys.car"),
    "another order of entities": (
        {"entities": [DRIVER, CAR]},
        {"entities": [CAR, DRIVER]},
        "compatible",
        "entities",
    ),
}


@pytest.mark.parametrize(("before", "after", "impact", "path"), VIEWS.values(), ids=list(VIEWS))
def test_a_changed_view(change, before, after, impact, path):
    found = change(view(**before), view(**after))
    (field,) = (field for field in found.fields if field.path == path)
    assert field.impact == impact
    assert found.impact == impact
    harmless = field.impact in ("metadata", "compatible")
    assert harmless or field.reason, "who is told of harm is told why"


@pytest.mark.parametrize(
    ("after", "impact", "path"),
    [
        ({"description": "who drives"}, "metadata", "description"),
        ({"join_keys": ["car"]}, "breaking", "join_keys"),
        ({"value_type": String}, "breaking", "value_type"),
    ],
    ids=["a description", "another key", "another type"],
)
def test_a_changed_entity(change, after, impact, path):
    start = {"join_keys": ["driver_id"], "value_type": Int64}
    found = change(view(online=False, entities=[CAR]), Entity("driver", **(start | after)))
    assert [(f.path, f.impact) for f in found.fields] == [(path, impact)]


def test_the_worst_of_all_counts(change):
    found = change(view(), view(description="new", online=False, ttl=timedelta(hours=1)))
    assert {field.impact for field in found.fields} == {"metadata", "compatible", "breaking"}
    assert (found.impact, found.reason) == ("breaking", "it is no longer served online")


def test_what_comes_is_compatible_and_a_view_that_goes_is_breaking(change, repository):
    change(view(), view(description="registered now"))
    store = repository.store()
    changes = {change.kind: change for change in store.plan([], partial=False).changes}
    assert changes["feature view"].impact == "breaking"
    assert changes["entity"].impact == changes["data source"].impact == "compatible"
    (added,) = store.plan([Entity("town", value_type=String)]).changes
    assert (added.action, added.impact) == ("add", "compatible")
    document = changes["feature view"].to_json()
    assert document["impact"] == "breaking"
    assert document["reason"]


def test_another_key_of_an_entity_moves_the_views_that_hang_on_it(change, repository, instants):
    change(view(), view(description="registered now"))
    store = repository.store()
    plan = store.plan([Entity("driver", join_keys=["car"], value_type=Int64)])
    (stats,) = (c for c in plan.changes if c.kind == "feature view")
    assert {"keys.driver_id", "keys.car"} <= {field.path for field in stats.fields}
    assert [table.generation for table in plan.tables_made] == [1]
