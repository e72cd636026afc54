"""Whatever an argument is given, the answer is a result or an error of ours, never a traceback."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from provender import (
    Duration,
    Entity,
    Feature,
    FeatureService,
    FeatureStore,
    FeatureView,
    Field,
    FileSource,
    OnDemandFeatureView,
    PushSource,
    RequestSource,
    on_demand_feature_view,
)
from provender.client import Client
from provender.datasets import SavedDatasetFileStorage, SavedDatasetTableStorage
from provender.definitions import TableSource
from provender.errors import ProvenderError
from provender.types import Float64, Int64

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ROWS = [{"driver_id": 1, "event_timestamp": NOW, "rating": 0.5}]
SPINE = [{"driver_id": 1, "event_timestamp": NOW}]
NAMES = ["stats:rating"]


class Unusual:
    """An object of a class that nobody knows."""


def doubled(inputs):
    return {"twice": inputs["rating"]}


def wrong_values() -> Iterator[object]:
    """Yield values of every type, one of which each argument takes, or none."""
    yield from (None, True, -1, 2**70, float("nan"), b"bytes", "text", "a\x00b", [], [None], [[]])
    yield from ({}, {1: 2}, {"text"}, object(), Unusual, doubled, iter([1]), Path("text"))
    yield from (date(2026, 3, 1), timedelta(days=1), pd.DataFrame({"a": [1]}), pd.NaT, pd.NA)
    yield from (pa.table({"a": [1]}), np.int64(1), np.array([1, 2]), Float64, Entity("other"))


def made() -> dict[str, Any]:
    """Return what a project consists of."""
    driver = Entity("driver", join_keys=["driver_id"])
    batch = FileSource("stats.parquet", timestamp_field="event_timestamp")
    source = PushSource("pushed", batch)
    fields = [Field("rating", Float64)]
    stats = FeatureView("stats", source=source, entities=[driver], schema=fields)
    twice = OnDemandFeatureView(
        "twice", sources=[stats], schema=[Field("twice", Float64)], function=doubled, mode="python"
    )
    model = FeatureService("model", [stats])
    return {"driver": driver, "stats": stats, "twice": twice, "model": model, "batch": batch}


def calls_of_store() -> dict[str, dict[str, Any]]:
    """Return for each method of a store right arguments, all of its parameters."""
    found = made()
    read = {"features": NAMES, "entity_rows": [{"driver_id": 1}], "full_feature_names": False}
    join = {"entity_df": SPINE, "features": NAMES, "full_feature_names": False, "known_at": None}
    name, views = {"name": "stats"}, {"feature_views": ["stats"]}
    rows = {"feature_view_name": "stats", "df": ROWS, "allow_registry_cache": False}
    push = {"push_source_name": "pushed", "df": ROWS, "to": "online"}
    apply = {"message": "", "author": "me", "allow_data_loss": False, "fill": False}
    rebuild = {
        "feature_views": ["none"],
        "end_date": NOW,
        "keep_pushed": False,
        "allow_data_loss": True,
    }
    repair = {"entities": [{"driver_id": 1}], **views, "end_date": NOW}
    dataset = {"name": "kept", "storage": "kept.parquet", "tags": {}, "allow_overwrite": True}
    sweep, forget = {"views": ["stats"], "most": 1}, {"entity": {"driver_id": 1}}
    return {
        "plan": {"objects": [found["stats"]], "partial": True},
        "plan_repository": {"read": None},
        "plan_rollback": {"version": 1},
        "apply": {"objects": [found["driver"]], "partial": True, **apply, "observer": None},
        "estimate_fill": {"plan": None},
        "rollback": {"version": 1, **apply, "observer": None},
        "get_entity": {"name": "driver"},
        "get_feature_view": name,
        "get_on_demand_feature_view": {"name": "twice"},
        "get_feature_service": {"name": "model"},
        "get_data_source": {"name": "pushed"},
        "get_historical_features": {**join, "timestamp_field": "event_timestamp"},
        "get_view_rows": {
            "view": "stats",
            "features": ["rating"],
            "start": None,
            "end": NOW,
            "mode": "events",
            "known_at": None,
        },
        "get_view_statistics": {"view": "stats", "start": None, "end": None},
        "create_saved_dataset": {"from_": None, **dataset, "feature_service": None},
        "get_saved_dataset": {"name": "kept"},
        "list_saved_datasets": {"tags": {}},
        "delete_saved_dataset": {"name": "kept", "rows": False},
        "materialize": {"start_date": NOW, "end_date": NOW, **views, "observer": None},
        "materialize_incremental": {"end_date": NOW, **views, "observer": None},
        "rebuild": {**rebuild, "observer": None},
        "push": {**push, "allow_registry_cache": False},
        "write_to_online_store": rows,
        "write_to_offline_store": rows,
        "forget": {**forget, "views": ["stats"]},
        "repair": repair,
        "online_figures": {"views": ["stats"]},
        "sweep": sweep,
        "get_online_features": {**read, "feature_refs": None},
        "prepare": {"features": NAMES, "full_feature_names": False},
    }


def calls_of_client() -> dict[str, dict[str, Any]]:
    """Return for each method of a client right arguments."""
    read = {"features": NAMES, "entities": [{"driver_id": 1}], "full_feature_names": False}
    end, views = {"end_date": "2026-03-01"}, {"feature_views": ["stats"]}
    return {
        "get_online_features": read,
        "get_online_table": {**read, "metadata": False},
        "push": {"push_source_name": "pushed", "df": ROWS, "to": "online"},
        "write_to_online_store": {"feature_view_name": "stats", "df": ROWS},
        "materialize": {"start_date": "2026-03-01", **end, **views},
        "materialize_incremental": {**end, **views},
        "rebuild": {**views, **end, "keep_pushed": False, "allow_data_loss": False},
        "run": {"run_id": "7"},
    }


def constructors() -> dict[str, tuple[Callable[..., Any], dict[str, Any]]]:
    """Return for each public constructor right arguments."""
    found = made()
    about = {"description": "", "tags": {}, "owner": ""}
    mapped = {"timestamp_field": "ts", "created_timestamp_column": "at", "field_mapping": {}}
    view = {"name": "stats", "source": found["batch"], "schema": [], "entities": ["driver"]}
    fields = [Field("twice", Float64)]
    computed = {"sources": [found["stats"]], "schema": fields, "mode": "python"}
    more = {"singleton": False, "on_error": "raise", "write_to_online_store": False}
    on_demand = {**computed, **more, "entities": ["driver"], **about}
    part = found["stats"]
    return {
        "Entity": (Entity, {"name": "a", "join_keys": ["a"], "value_type": Int64, **about}),
        "Field": (Field, {"name": "a", "dtype": Int64, "description": "", "tags": {}}),
        "Feature": (Feature, {"name": "a", "dtype": Int64, "labels": {}}),
        "Duration": (Duration, {"seconds": 1, "nanos": 1}),
        "FileSource": (FileSource, {"path": "a.parquet", "name": "a", **mapped, **about}),
        "TableSource": (TableSource, {"name": "a", **mapped, **about}),
        "PushSource": (PushSource, {"name": "a", "batch_source": found["batch"], **about}),
        "RequestSource": (RequestSource, {"name": "a", "schema": fields, **about}),
        "FeatureView": (FeatureView, {**view, "ttl": None, "online": True, **about}),
        "OnDemandFeatureView": (
            OnDemandFeatureView,
            {"name": "twice", "function": doubled, **on_demand},
        ),
        "on_demand_feature_view": (
            lambda **given: on_demand_feature_view(**given)(doubled),
            on_demand,
        ),
        "FeatureService": (FeatureService, {"name": "a", "features": [found["stats"]], **about}),
        "part": (part.__getitem__, {"features": ["rating"]}),
        "with_name": (part.with_name, {"name": "other"}),
        "with_join_key_map": (part.with_join_key_map, {"join_key_map": {"driver_id": "a"}}),
        "SavedDatasetFileStorage": (SavedDatasetFileStorage, {"path": "a.parquet"}),
        "SavedDatasetTableStorage": (SavedDatasetTableStorage, {"table": "a"}),
    }


@pytest.fixture
def store(repository, instants):
    columns = {"driver_id": [1], "event_timestamp": instants(3), "rating": [0.5]}
    repository.rows("stats.parquet", columns)
    found = repository.store()
    project = made()
    found.apply([project["driver"], project["stats"], project["twice"], project["model"]])
    found.materialize_incremental(NOW)
    return found


def check(call: Callable[..., Any], right: Mapping[str, Any]) -> None:
    """Call with one argument at a time of every type; fail on what is no error of ours."""
    found = []
    for name in right:
        for value in wrong_values():
            try:
                call(**{**right, name: value})
            except ProvenderError:
                pass
            except BaseException as error:  # noqa: BLE001 - this is what is looked for
                got = f"{type(error).__name__}: {error}"[:150]
                found.append(f"{name}={type(value).__name__} {value!r:.40}: {got}")
    if found:
        pytest.fail("\n".join(found), pytrace=False)


def read_through(result: Any) -> None:
    if hasattr(result, "to_arrow"):
        result.to_arrow()


@pytest.mark.parametrize("method", calls_of_store())
@pytest.mark.filterwarnings("ignore::provender.errors.OlderNameWarning")
def test_methods_of_a_store(store, method):
    right = calls_of_store()[method]
    if method == "create_saved_dataset":
        right["from_"] = store.get_historical_features(SPINE, NAMES)
    if method == "estimate_fill":
        right["plan"] = store.plan([])
    call = getattr(store, method)
    check(lambda **given: read_through(call(**given)), right)


@pytest.mark.parametrize("kind", constructors())
@pytest.mark.filterwarnings("ignore::provender.errors.OlderNameWarning")
def test_constructors(kind):
    make, right = constructors()[kind]
    check(make, right)


@pytest.mark.parametrize("method", calls_of_client())
def test_methods_of_a_client(method, monkeypatch):
    transport = httpx.MockTransport(lambda request: httpx.Response(500))
    monkeypatch.setattr(httpx, "HTTPTransport", lambda *_, **__: transport)
    with Client("http://127.0.0.1:1", retries=0) as client:
        check(getattr(client, method), calls_of_client()[method])


def calls_of_results() -> dict[str, dict[str, Any]]:
    """Return for each method of results and saved datasets, by its class, right arguments."""
    return {
        "job.to_parquet": {"path": "out.parquet"},
        "job.persist": {"name": "kept", "replace": True},
        "rows.to_parquet": {"path": "out.parquet"},
        "response.to_dict": {"include_event_timestamps": False, "include_statuses": True},
        "dataset.rebuild": {"catalog_version": 1},
        "dataset.compare": {"most": 1, "catalog_version": 1},
        "dataset.to_parquet": {"path": "out.parquet"},
        "reader.read": {"entity_rows": [{"driver_id": 1}]},
    }


@pytest.mark.parametrize("method", calls_of_results())
@pytest.mark.filterwarnings("ignore:saved dataset")
def test_methods_of_results(store, method, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    job = store.get_historical_features(SPINE, NAMES)
    entities = [{"driver_id": 1}]
    objects: dict[str, Callable[[], object]] = {
        "job": lambda: job,
        "rows": lambda: store.get_view_rows("stats"),
        "response": lambda: store.get_online_features(NAMES, entities),
        "dataset": lambda: store.create_saved_dataset(job, "kept", "kept.parquet"),
        "reader": lambda: store.prepare(NAMES),
    }
    of, _, name = method.partition(".")
    call = getattr(objects[of](), name)
    check(lambda **given: read_through(call(**given)), calls_of_results()[method])


def test_opening_a_store(repository):
    right = {"repo_path": repository.path, "config": None, "fs_yaml_file": None, "version": None}
    right["clock"] = repository.clock

    def opened(**given):
        with FeatureStore(**given) as found:
            found.list_entities()

    check(opened, right)


def test_opening_a_client(monkeypatch):
    transport = httpx.MockTransport(lambda request: httpx.Response(400))
    monkeypatch.setattr(httpx, "HTTPTransport", lambda *_, **__: transport)
    right = {"url": "http://127.0.0.1:1", "token": None, "timeout": 1.0, "retries": 0}
    right["verify"] = True

    def opened(**given):
        with Client(**given) as found:
            found.get_online_features(["a:b"], {"c": [1]})

    check(opened, right)


@pytest.mark.parametrize(
    ("method", "given", "message"),
    [
        ("prepare", {"full_feature_names": "False"}, "full_feature_names.*got: 'False'.*True or"),
        ("rollback", {"version": "1"}, "version.*got: '1'.*a whole number"),
        ("rebuild", {"allow_data_loss": 1}, "allow_data_loss.*got: 1.*names of feature views"),
        ("materialize", {"observer": print}, "observer.*allowed: an object of a subclass"),
        ("get_historical_features", {"timestamp_field": 3}, "timestamp_field.*name of a column"),
    ],
)
def test_the_argument_is_named_with_what_is_allowed(store, method, given, message):
    with pytest.raises(ProvenderError, match=f"(?s){message}"):
        getattr(store, method)(**{**calls_of_store()[method], **given})
