"""Feast's definitions: its arguments, its attributes, and Provender's checks of them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from feast import (
    ConflictPolicy,
    Entity,
    FeatureService,
    FeatureView,
    Field,
    FileSource,
    LabelView,
    PushSource,
    RequestSource,
    ValueType,
)
from feast.on_demand_feature_view import on_demand_feature_view
from feast.types import (
    Array,
    Decimal,
    Float32,
    Int64,
    Map,
    Set,
    String,
    Struct,
    Uuid,
    from_value_type,
)

from provender.errors import DefinitionError
from provender_feast.errors import DataSourceNoNameException, FeastUnsupportedError

driver = Entity(name="driver", join_keys=["driver_id"])
trips = FileSource(path="trips.parquet", timestamp_field="ts")
stats = FeatureView(
    name="stats",
    entities=[driver],
    ttl=timedelta(days=1),
    schema=[Field(name="rate", dtype=Float32), Field(name="driver_id", dtype=Int64)],
    source=trips,
)


@on_demand_feature_view(
    sources=[stats[["rate"]], RequestSource(name="r", schema=[Field(name="x", dtype=Int64)])],
    schema=[Field(name="y", dtype=Float32)],
    mode="python",
)
def doubled(inputs: dict) -> dict:
    """Twice the rate."""
    return {"y": [2 * rate for rate in inputs["rate"]]}


def test_an_entity_without_a_type_warns():
    with pytest.warns(DeprecationWarning, match="Entity value_type will be mandatory"):
        entity = Entity(name="rider")
    assert (entity.join_key, entity.value_type) == ("rider", ValueType.UNKNOWN)
    assert Entity(name="rider", value_type=ValueType.INT64) != entity


def test_a_view_separates_features_from_join_keys():
    assert stats.entities == ["driver"]
    assert stats.join_keys == ["driver_id"]
    assert [field.name for field in stats.features] == ["rate"]
    assert stats.batch_source is trips
    assert stats.stream_source is None
    alone = FeatureView(name="world", schema=[Field(name="x", dtype=Int64)], source=trips)
    assert alone.entities == ["__dummy"]


def test_a_part_of_a_view_leaves_the_view_as_it_is():
    part = stats[["rate"]].with_name("alias").with_join_key_map({"driver_id": "rider"})
    assert part.projection.name_to_use() == "alias"
    assert stats.projection.name_to_use() == "stats"
    service = FeatureService(name="s", features=[part, doubled])
    names = [one.name_to_use() for one in service.feature_view_projections]
    assert names == ["alias", "doubled"]


def test_equal_definitions_are_equal():
    other = FileSource(path="trips.parquet", timestamp_field="ts")
    assert (other, hash(other)) == (trips, hash(trips))
    assert trips != "trips.parquet"


def test_on_demand_views_are_named_after_their_function():
    assert (doubled.name, doubled.description) == ("doubled", "Twice the rate.")
    assert list(doubled.source_request_sources) == ["r"]


@pytest.mark.parametrize(
    ("kind", "spelled"),
    [(Array(Int64), "INT64_LIST"), (Decimal, "DECIMAL"), (Map, "MAP"), (Uuid, "UUID")],
)
def test_types_have_their_older_spelling(kind, spelled):
    assert kind.to_value_type().name == spelled
    assert from_value_type(ValueType[spelled]) == kind


def test_nested_types_equal_those_of_provender():
    from provender import types

    assert Struct({"a": String}) == types.Struct({"a": types.String})
    assert types.Int64 == Int64


def test_problems_are_told_with_their_place():
    with pytest.raises(ValueError, match="no valid name") as caught:
        FeatureView(name="1st", source=trips)
    assert isinstance(caught.value, DefinitionError)
    assert "test_definitions.py:" in str(caught.value)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Set(Int64),
        lambda: FeatureView(name="v", source=trips, version="v3"),
        lambda: FeatureView(name="v", source=trips, enabled=False),
        lambda: FeatureView(name="v", source=trips, mode="python"),
        lambda: LabelView(name="v", source=trips, conflict_policy=ConflictPolicy.MAJORITY_VOTE),
        lambda: FeatureService(name="s", features=[stats], precompute_online=True),
        lambda: FileSource(path="a", s3_endpoint_override="http://s3"),
        lambda: on_demand_feature_view(
            sources=[stats], schema=doubled.schema, write_to_online_store=True
        )(doubled.udf),
    ],
)
def test_what_cannot_be_honoured_is_refused_by_name(make):
    with pytest.raises(FeastUnsupportedError, match=r"not supported|no sets"):
        make()


def test_a_query_needs_a_name():
    from feast import BigQuerySource

    with pytest.raises(DataSourceNoNameException):
        BigQuerySource(query="select 1", timestamp_field="ts")


def test_two_entities_do_not_share_a_join_key():
    other = Entity(name="other", join_keys=["driver_id"])
    with pytest.raises(ValueError, match="share a join key"):
        FeatureView(name="v", entities=[driver, other], source=trips)
    assert PushSource(name="p", batch_source=trips).batch_source is trips
