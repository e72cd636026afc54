"""`FeatureStore`: what Feast's methods return."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from feast import FeatureService
from feast.data_source import PushMode
from feast.errors import (
    EntityNotFoundException,
    FeatureNameCollisionError,
    FeatureServiceNotFoundException,
    FeatureViewNotFoundException,
    PushSourceNotFoundException,
    RequestDataNotFoundInEntityDfException,
    SavedDatasetLocationAlreadyExists,
    SpecifiedFeaturesNotPresentError,
)
from feast.infra.offline_stores.file_source import SavedDatasetFileStorage

from provender.errors import NotFound

NOON = datetime(2021, 4, 12, 12)
VIEW = "driver_hourly_stats"
ROWS = [{"driver_id": 1001, "val_to_add": 1, "val_to_add_2": 10}]


@pytest.fixture
def loaded(store):
    store.materialize_incremental(end_date=datetime.now(UTC))
    return store


def spine(**columns):
    return pd.DataFrame({"driver_id": [1001, 1002], "event_timestamp": [NOON, NOON], **columns})


def test_training_rows_have_their_columns_and_utc(store):
    rows = spine(label=[1, 0], val_to_add=[1, 2], val_to_add_2=[10, 20])
    features = [f"{VIEW}:conv_rate", "transformed_conv_rate:conv_rate_plus_val2"]
    found = store.get_historical_features(rows, features).to_df()
    assert list(found) == [*rows, "conv_rate", "conv_rate_plus_val2"]
    assert str(found["event_timestamp"].dtype) == "datetime64[us, UTC]"
    sums = found["conv_rate"].astype("float64") + rows["val_to_add_2"]
    assert found["conv_rate_plus_val2"].tolist() == pytest.approx(sums.tolist())


def test_the_column_of_timestamps_is_found_by_its_type(store):
    rows = spine().rename(columns={"event_timestamp": "seen"})
    found = store.get_historical_features(rows, [f"{VIEW}:conv_rate"], full_feature_names=True)
    assert list(found.to_df()) == ["driver_id", "seen", f"{VIEW}__conv_rate"]


def test_a_service_gives_its_features(store):
    service = store.get_feature_service("driver_activity_v1")
    assert isinstance(service, FeatureService)
    rows = spine(val_to_add=[1, 2], val_to_add_2=[10, 20])
    found = store.get_historical_features(rows, service).to_arrow()
    assert found.column_names[4:] == ["conv_rate", "conv_rate_plus_val1", "conv_rate_plus_val2"]


def test_online_answers_have_keys_and_features_alone(loaded):
    features = [f"{VIEW}:driver_config", f"{VIEW}:driver_metadata"]
    features += ["transformed_conv_rate:conv_rate_plus_val1"]
    found = loaded.get_online_features(features, ROWS).to_dict()
    assert list(found) == ["driver_id", *(one.partition(":")[2] for one in features)]
    assert set(found["driver_config"][0]) == {"max_distance_km", "preferred_zones"}
    assert set(found["driver_metadata"][0]) == {"vehicle_type", "rating"}


def test_timestamps_of_answers_are_epoch_seconds(loaded):
    found = loaded.get_online_features(
        [f"{VIEW}:acc_rate"], [{"driver_id": 1001}, {"driver_id": 9}]
    )
    stamps = found.to_df(True)["acc_rate__ts"].tolist()
    assert stamps[1] == 0
    assert timedelta(0) < datetime.now(UTC) - datetime.fromtimestamp(stamps[0], UTC) < timedelta(2)


def test_label_views_are_not_materialized(loaded):
    found = loaded.get_online_features(["driver_quality_labels:labeler"], [{"driver_id": 1001}])
    assert found.to_dict()["labeler"] == [None]
    assert [one.name for one in loaded.list_label_views()] == ["driver_quality_labels"]


def test_pushed_rows_are_served_and_joined(loaded):
    now = datetime.now(UTC)
    row = {"driver_id": [1001], "event_timestamp": [now], "created": [now], "conv_rate": [1.0]}
    row |= {"acc_rate": [1.0], "avg_daily_trips": [7], "driver_config": ["{}"]}
    row |= {"driver_metadata": [{"vehicle_type": "truck", "rating": "5.0"}]}
    row |= {"driver_profile": [{"name": "d", "age": "30"}]}
    loaded.push("driver_stats_push_source", pd.DataFrame(row), to=PushMode.ONLINE_AND_OFFLINE)
    fresh = [f"{VIEW}_fresh:avg_daily_trips"]
    assert loaded.get_online_features(fresh, ROWS[:1]).to_dict()["avg_daily_trips"] == [7]
    later = spine().assign(event_timestamp=now + timedelta(seconds=1))
    assert loaded.get_historical_features(later, fresh).to_df()["avg_daily_trips"][0] == 7


def test_what_is_registered_comes_back_as_it_was_defined(store, applied):
    from provender_feast.repository import parse_repo

    defined = parse_repo(applied)
    by_name = {one.name: one for one in defined.feature_views}
    for view in store.list_feature_views():
        assert view.schema[:-1] == by_name[view.name].schema
        assert view.join_keys == ["driver_id"]
        assert (view.ttl, view.tags) == (timedelta(days=1), {"team": "drivers"})
    assert store.list_entities() == defined.entities
    services = [one.feature_view_projections[0].name for one in store.list_feature_services()]
    assert services == [VIEW, VIEW, f"{VIEW}_fresh"]
    assert len(store.list_data_sources()) == 5
    assert [one.name for one in store.list_projects()] == ["drivers"]
    on_demand = store.get_on_demand_feature_view("transformed_conv_rate")
    assert list(on_demand.source_feature_view_projections) == [VIEW]


def test_tags_choose(store):
    assert len(store.list_feature_views(tags={"team": "drivers"})) == 2
    assert store.list_feature_views(tags={"team": "riders"}) == []


def test_applying_fills_the_callers_objects_in(store, applied):
    from provender_feast.repository import parse_repo

    (view, *_) = parse_repo(applied).feature_views
    assert view.entity_columns == []
    store.apply(view)
    assert [field.name for field in view.entity_columns] == ["driver_id"]


def test_deleted_objects_are_gone(store):
    service = store.get_feature_service("driver_activity_v1")
    store.apply([], objects_to_delete=[service], partial=False)
    with pytest.raises(FeatureServiceNotFoundException):
        store.get_feature_service("driver_activity_v1")


@pytest.mark.parametrize(
    ("ask", "kind"),
    [
        (lambda s: s.get_entity("nope"), EntityNotFoundException),
        (lambda s: s.get_feature_view("nope"), FeatureViewNotFoundException),
        (lambda s: s.get_online_features(["nope:x"], ROWS), FeatureViewNotFoundException),
        (lambda s: s.get_online_features([f"{VIEW}:nope"], ROWS), KeyError),
        (lambda s: s.get_historical_features(spine(), [f"{VIEW}:nope"]), KeyError),
        (lambda s: s.push("nope", spine()), PushSourceNotFoundException),
    ],
)
def test_what_is_missing_raises_what_feasts_users_catch(store, ask, kind):
    with pytest.raises(kind) as caught:
        ask(store)
    assert isinstance(caught.value, NotFound)


def test_two_features_of_one_name_collide_at_the_call(store):
    features = [f"{VIEW}:conv_rate", f"{VIEW}_fresh:conv_rate"]
    with pytest.raises(FeatureNameCollisionError, match="conv_rate"):
        store.get_historical_features(spine(), features)
    job = store.get_historical_features(spine(), features, full_feature_names=True)
    assert len(job.to_arrow().column_names) == 4


def test_missing_request_data_is_told_at_the_call(store):
    features = ["transformed_conv_rate:conv_rate_plus_val1"]
    with pytest.raises(RequestDataNotFoundInEntityDfException, match="val_to_add"):
        store.get_historical_features(spine(), features)


def test_a_dataset_is_saved_once(store):
    job = store.get_historical_features(spine(), [f"{VIEW}:conv_rate"])
    place = SavedDatasetFileStorage(path="data/saved.parquet")
    saved = store.create_saved_dataset(job, "training", place, tags={"a": "b"})
    assert saved.to_df().equals(job.to_df())
    assert store.get_saved_dataset("training").tags == {"a": "b"}
    for name in ("training", "other"):
        with pytest.raises(SavedDatasetLocationAlreadyExists):
            store.create_saved_dataset(job, name, place)


def test_nothing_is_written_of_empty_rows(store):
    with pytest.warns(UserWarning, match="Cannot write empty dataframe to online store"):
        store.write_to_online_store(VIEW, inputs={"driver_id": [], "conv_rate": []})
    keys = pd.DataFrame({"driver_id": [1001], "event_timestamp": [NOON]})
    with pytest.warns(UserWarning, match="with empty feature columns to online store"):
        store.write_to_online_store(VIEW, keys)


def test_other_columns_are_not_appended(store):
    with pytest.raises(ValueError, match=r"missing_expected_columns: \['acc_rate', .*'other'\]"):
        store.write_to_offline_store(VIEW, pd.DataFrame({"driver_id": [1], "other": [2]}))


def test_a_function_that_lacks_a_feature_is_not_registered(store, repo):
    view = store.get_on_demand_feature_view("transformed_conv_rate")
    from provender_feast.repository import parse_repo

    (defined, _) = parse_repo(repo).on_demand_feature_views
    defined.features[0].name = "nope"
    assert view != defined
    with pytest.raises(SpecifiedFeaturesNotPresentError, match="nope"):
        store.apply(defined)
