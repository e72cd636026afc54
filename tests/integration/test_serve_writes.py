"""Pushes and materializations over HTTP: what is answered with 200 is written."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from provender.types import Uuid
from servers.feature_server import feature_server
from servers.served_project import ALL_TYPES, NOW, make_project

ARROW = "application/vnd.apache.arrow.stream"
UNCACHED = {"path": "registry.db", "write_cache_ttl_seconds": 0}
LATER = NOW + timedelta(minutes=1)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    path = tmp_path_factory.mktemp("writes")
    settings = {"max_rows": 50}
    project = make_project(path, registry=UNCACHED, server=settings)
    with project as store, feature_server(path) as server, server.client() as client:
        yield store, client


@pytest.fixture
def client(served):
    return served[1]


def rows(driver, **columns):
    return {
        "driver_id": [driver],
        "event_timestamp": [LATER.isoformat()],
        "rating": [5],
        "trips": [9],
        **columns,
    }


def stream(table):
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def rating(client, driver):
    body = {"features": ["driver_stats:rating"], "entities": {"driver_id": [driver]}}
    return client.post("/get-online-features", json=body).json()["results"][1]["values"]


def test_a_push_is_served_at_once_and_kept_offline_too(served):
    store, client = served
    body = {"push_source_name": "driver_pushes", "df": rows(10), "to": "online_and_offline"}
    answer = client.post("/push", json=body)
    assert (answer.status_code, answer.json()) == (
        200,
        {"rows": 1, "offline": ["stats"], "online": ["driver_stats"]},
    )
    assert rating(client, 10) == [5.0]
    spine = pa.table({"driver_id": [10], "event_timestamp": [LATER]})
    joined = store.get_historical_features(spine, ["driver_stats:rating"]).to_arrow()
    assert joined["rating"].to_pylist() == [5.0]


def test_rows_as_objects_and_as_arrow(client):
    listed = [{name: values[0] for name, values in rows(11).items()}]
    body = {"push_source_name": "driver_pushes", "df": listed}
    assert client.post("/push", json=body).json()["rows"] == 1
    table = pa.table(rows(12) | {"event_timestamp": [LATER], "rating": [5.5]})
    named = {"push_source_name": "driver_pushes"}
    media = {"content-type": ARROW}
    answer = client.post("/push", content=stream(table), params=named, headers=media)
    assert answer.status_code == 200, answer.text
    assert rating(client, 11) == [5.0]
    assert rating(client, 12) == [5.5]


def test_every_type_that_is_read_in_json_can_be_written_in_json(client):
    features = {"features": ["typed"], "entities": {"driver_id": [1]}}
    read = client.post("/get-online-features", json=features).json()
    names, found = read["metadata"]["feature_names"], read["results"]
    df = {name: vector["values"] for name, vector in zip(names, found, strict=True)}
    df |= {"driver_id": [99], "event_timestamp": [LATER.isoformat()]}
    answer = client.post("/write-to-online-store", json={"feature_view_name": "typed", "df": df})
    assert answer.status_code == 200, answer.text
    features["entities"] = {"driver_id": [99]}
    again = client.post("/get-online-features", json=features).json()["results"]
    assert [v["values"] for v in again[1:]] == [v["values"] for v in found[1:]]
    assert Uuid in [kind for kind, _, _ in ALL_TYPES.values()]


@pytest.mark.parametrize(
    ("path", "change", "status", "told"),
    [
        ("/push", {"push_source_name": "driver_pushs"}, 404, "driver_pushes"),
        ("/push", {"to": "ofline"}, 422, "ofline"),
        ("/push", {"df": rows(1, rating=["good"])}, 422, "rating"),
        ("/push", {"df": rows(1, rating=[1.0, 2.0])}, 422, "length"),
        ("/push", {"df": rows(1, event_timestamp=["yesterday"])}, 422, "event_timestamp"),
        ("/push", {"df": rows(1, speed=[1])}, 422, "speed"),
        ("/push", {"df": {"driver_id": list(range(51))}}, 413, "51"),
        ("/push", {"df": [1]}, 422, "df"),
        ("/write-to-online-store", {"feature_view_name": "nothing"}, 404, "nothing"),
    ],
)
def test_wrong_pushes_are_told_and_write_nothing(client, path, change, status, told):
    body = {"push_source_name": "driver_pushes"} if path == "/push" else {}
    answer = client.post(path, json={**body, "df": rows(77), **change})
    assert answer.status_code == status, answer.text
    assert told in answer.text
    assert rating(client, 77) == [None]


def finished(client, run):
    deadline, pause = time.monotonic() + 30, threading.Event()
    while run["state"] in ("queued", "running"):
        assert time.monotonic() < deadline, run
        pause.wait(0.01)
        run = client.get(f"/runs/{run['id']}").json()
    return run


def test_materializations_go_on_in_the_background(served, tmp_path_factory):
    store, client = served
    instant = pa.array([LATER], pa.timestamp("us", "UTC"))
    row = {"driver_id": [20], "event_timestamp": instant, "rating": [2.0], "trips": [1]}
    pq.write_table(pa.table(row | {"hours": [1.0]}), store.config.repo_path / "stats" / "2.parquet")
    between = {
        "start_ts": LATER.isoformat(),
        "end_ts": datetime.now(UTC).isoformat(),
        "feature_views": ["driver_stats"],
    }
    answer = client.post("/materialize", json=between)
    assert answer.status_code == 202
    assert answer.headers["location"] == f"/runs/{answer.json()['id']}"
    run = finished(client, answer.json())
    assert (run["state"], [view["view"] for view in run["views"]]) == (
        "succeeded",
        ["driver_stats"],
    )
    assert rating(client, 20) == [2.0]
    since = client.post("/materialize-incremental", json={"end_ts": "2026-01-01T00:00:00"})
    assert finished(client, since.json())["state"] == "succeeded"


def test_a_rebuild_goes_on_in_the_background(served):
    store, client = served
    pushed = {"push_source_name": "driver_pushes", "df": rows(30), "to": "online"}
    assert client.post("/push", json=pushed).status_code == 200
    asked = {"feature_views": ["driver_stats"]}
    run = finished(client, client.post("/rebuild", json=asked).json())
    assert (run["kind"], run["state"]) == ("rebuild", "failed")
    assert "that are not in its source would be lost" in run["problems"][0]["fact"]
    assert "such as that of" in run["problems"][0]["got"]
    assert rating(client, 30) == [5.0]
    answer = client.post("/rebuild", json=asked | {"keep_pushed": True})
    assert answer.status_code == 202
    assert answer.headers["location"] == f"/runs/{answer.json()['id']}"
    run = finished(client, answer.json())
    (view,) = run["views"]
    assert (run["state"], view["view"], view["dropped"]) == ("succeeded", "driver_stats", None)
    assert view["kept"] > 0
    assert view["generation"] == store.refresh().view("driver_stats").generation
    assert rating(client, 30) == [5.0]
    agreed = asked | {"allow_data_loss": ["driver_stats"], "end_ts": "2100-01-01T00:00:00"}
    (view,) = finished(client, client.post("/rebuild", json=agreed).json())["views"]
    assert view["dropped"] > 0
    assert rating(client, 30) == [None]


def test_a_run_that_fails_says_why(served):
    store, client = served
    source = store.config.repo_path / "typed.parquet"
    kept = source.rename(source.with_suffix(".kept"))
    answer = client.post("/materialize-incremental", json={"end_ts": "2100-01-01T00:00:00"})
    run = finished(client, answer.json())
    kept.rename(source)
    assert run["state"] == "failed"
    assert "typed" in run["problems"][-1]["fact"]
    assert {view["view"]: view.get("error") is None for view in run["views"]} == {
        "driver_stats": True,
        "typed": False,
    }


@pytest.mark.parametrize(
    ("path", "name", "meant"),
    [
        ("/get-online-features", "feature", "features"),
        ("/get-online-features", "entity", "entities"),
        ("/push", "push_source", "push_source_name"),
        ("/write-to-online-store", "feature_view", "feature_view_name"),
        ("/materialize", "start", "start_ts"),
        ("/materialize-incremental", "feature_view", "feature_views"),
        ("/rebuild", "keep_pushd", "keep_pushed"),
    ],
)
def test_unknown_fields_are_refused_with_a_suggestion(client, path, name, meant):
    answer = client.post(path, json={name: ["x"]})
    (problem,) = answer.json()["error"]["problems"]
    assert (answer.status_code, problem["fact"]) == (422, f"unknown field {name!r}")
    assert problem["fix"] == f"did you mean {meant!r}?"
    assert meant in problem["allowed"]


@pytest.mark.parametrize(
    ("path", "name", "meant"),
    [
        ("/get-online-features", "feature", "features"),
        ("/push", "push_source", "push_source_name"),
        ("/write-to-online-store", "feature_view", "feature_view_name"),
    ],
)
def test_unknown_parameters_of_arrow_bodies_are_refused_with_a_suggestion(
    client, path, name, meant
):
    media = {"content-type": ARROW}
    answer = client.post(path, params={name: "x"}, content=stream(pa.table(rows(1))), headers=media)
    (problem,) = answer.json()["error"]["problems"]
    assert (answer.status_code, problem["fact"]) == (422, f"unknown parameter {name!r}")
    assert problem["fix"] == f"did you mean {meant!r}?"


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/materialize", {"start_ts": "2026-02-01", "end_ts": "2026-01-01"}, 422),
        ("/materialize", {"start_ts": "soon", "end_ts": "2026-01-01"}, 422),
        ("/materialize-incremental", {"end_ts": "2026-01-01", "feature_views": ["x"]}, 404),
        ("/materialize-incremental", {}, 422),
        ("/rebuild", {"end_ts": "soon"}, 422),
        ("/rebuild", {"feature_views": ["x"]}, 404),
        ("/rebuild", {"allow_data_loss": "driver_stats"}, 422),
    ],
)
def test_wrong_runs_never_begin(client, path, body, status):
    assert client.post(path, json=body).status_code == status


@pytest.mark.parametrize("run_id", ["nothing", "0" * 16 + "-" + "0" * 16, "..%2Fcatalog"])
def test_a_run_that_there_is_not(client, run_id):
    assert client.get(f"/runs/{run_id}").status_code == 404
