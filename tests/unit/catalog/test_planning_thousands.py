"""A plan looks at no more than it needs: a source once, a view that stands not at all."""

from __future__ import annotations

import contextlib

import pytest

from provender import Entity, FeatureView, Field, FileSource
from provender.errors import DefinitionError
from provender.types import Float64, Int64, String

TYPED = Entity(name="driver", join_keys=["driver_id"], value_type=Int64)
OPEN = Entity(name="driver", join_keys=["driver_id"])


def view(name="stats", path="stats.parquet", entity=TYPED, ts="ts", schema=None, **options):
    schema = [Field("rating", Float64)] if schema is None else schema
    source = FileSource(path, timestamp_field=ts, name=f"{path} for all")
    return FeatureView(name, source=source, entities=[entity], schema=schema, **options)


@pytest.fixture
def stats(repository, instants):
    columns = {"driver_id": [1, 2], "ts": instants(3, 2), "rating": [0.5, None]}
    repository.rows("stats.parquet", columns)
    repository.rows("other.parquet", columns)
    return repository


@pytest.fixture
def looked_up(stats, monkeypatch):
    """The sources that a store's plans look up, one name for each time."""
    store, found = stats.store(), []
    offline = store.stores.offline
    look_up = offline.schema

    def schema(source):
        found.append(source.path)
        return look_up(source)

    monkeypatch.setattr(offline, "schema", schema)
    return store, found


def test_a_source_of_many_views_is_looked_up_once(looked_up):
    store, found = looked_up
    views = [view(f"view_{number}") for number in range(20)]
    store.apply([OPEN, *views, view("last", "other.parquet")])
    assert sorted(found) == ["other.parquet", "stats.parquet"]


def test_sources_that_map_columns_in_another_way_are_looked_up_once(looked_up):
    store, found = looked_up
    sources = [
        FileSource("stats.parquet", timestamp_field="ts", field_mapping=mapping, name="stats")
        for mapping in ({}, {"rating": "score"})
    ]
    schemas = [[Field("rating", Float64)], [Field("score", Float64)]]
    views = [
        FeatureView(f"view_{n}", source=source, entities=[TYPED], schema=schema)
        for n, (source, schema) in enumerate(zip(sources, schemas, strict=True))
    ]
    for one in views:
        store.plan([TYPED, one])
    assert found == ["stats.parquet"] * 2
    found.clear()
    with pytest.raises(DefinitionError, match="two different definitions"):
        store.plan([TYPED, *views])


def test_each_view_of_a_source_that_is_not_there_is_told(looked_up):
    store, found = looked_up
    views = [view(f"view_{number}", "missing.parquet") for number in range(3)]
    with pytest.raises(DefinitionError) as caught:
        store.plan([TYPED, *views])
    told = str(caught.value)
    assert all(f"feature view 'view_{number}'" in told for number in range(3))
    assert found == ["missing.parquet"]


def test_a_view_that_did_not_change_is_not_looked_up(looked_up):
    store, found = looked_up
    store.apply([TYPED, view(), view("other", "other.parquet")])
    found.clear()
    plan = store.plan([TYPED, view(), view("other", "other.parquet", description="changed")])
    assert found == ["other.parquet"]
    assert [change.name for change in plan.changes] == ["other"]
    found.clear()
    assert store.plan([TYPED, view(), view("other", "other.parquet")], partial=False).is_empty
    assert found == []


@pytest.mark.parametrize(
    "changed",
    [
        [TYPED, view(schema=[])],
        [TYPED, view(ts=None)],
        [OPEN, view(entity=OPEN)],
        [TYPED, view(schema=[Field("rating", Float64), Field("rating_2", Float64)])],
    ],
    ids=["open schema", "open timestamp", "open key", "another field"],
)
def test_what_is_open_or_changed_is_looked_up(looked_up, changed):
    store, found = looked_up
    store.apply([TYPED, view()])
    found.clear()
    with contextlib.suppress(DefinitionError):  # the other field is not in the data
        store.plan(changed)
    assert found == ["stats.parquet"]


def test_a_key_of_another_type_is_looked_up(looked_up):
    store, found = looked_up
    store.apply([TYPED, view()])
    found.clear()
    with pytest.raises(DefinitionError, match="'driver_id'"):
        store.plan([Entity(name="driver", join_keys=["driver_id"], value_type=String), view()])
    assert found == ["stats.parquet"]


def test_a_key_that_the_view_types_itself_leaves_nothing_open(looked_up):
    store, found = looked_up
    typed = view(entity=OPEN, schema=[Field("driver_id", Int64), Field("rating", Float64)])
    store.apply([OPEN, typed])
    found.clear()
    assert store.plan([OPEN, typed]).is_empty
    assert found == []
