"""Every member that Feast's clients send is understood, or refused in words of its own."""

from __future__ import annotations

import anyio
import pytest

from provender.server.routes.openapi import description
from servers.served_project import NOW, make_project, served

ROW = {"driver_id": [1], "event_timestamp": [NOW.isoformat()], "rating": [2.5], "trips": [3]}
PUSH = {"push_source_name": "driver_pushes", "df": ROW, "to": "online"}
WRITE = {"feature_view_name": "driver_stats", "df": ROW}
READ = {"features": ["driver_stats:trips"], "entities": {"driver_id": [1]}}
TIMES = {"start_ts": "2026-01-01", "end_ts": "2026-01-02"}
MATERIALIZE = {**TIMES, "feature_views": ["driver_stats"]}
INCREMENTAL = {"end_ts": "2026-01-02", "feature_views": ["driver_stats"]}


@pytest.fixture
def post(tmp_path):
    """Return a function that sends a body and returns the answer of the server."""

    def send(path, body):
        async def sent():
            async with served(store) as client:
                return await client.post(path, json=body)

        return anyio.run(sent)

    with make_project(tmp_path) as store:
        yield send


@pytest.mark.parametrize(
    ("path", "body", "more"),
    [
        ("/push", PUSH, {"transform_on_write": True, "allow_registry_cache": True}),
        ("/push", PUSH, {"transform_on_write": False, "allow_registry_cache": False}),
        ("/push", PUSH, {"to": "online_and_offline"}),
        ("/write-to-online-store", WRITE, {"transform_on_write": True}),
        ("/write-to-online-store", WRITE, {"transform_on_write": False}),
        ("/write-to-online-store", WRITE, {"allow_registry_cache": False}),
        ("/get-online-features", READ, {"full_feature_names": True}),
        ("/get-online-features", READ, {"feature_service": None, "request_data": None}),
        ("/get-online-features", READ, {"include_feature_view_version_metadata": False}),
        ("/materialize", MATERIALIZE, {"disable_event_timestamp": False}),
        ("/materialize", MATERIALIZE, {"feature_views": None}),
        ("/materialize-incremental", INCREMENTAL, {"feature_views": None}),
    ],
)
def test_what_feasts_clients_send_is_understood(post, path, body, more):
    answer = post(path, body | more)
    assert answer.status_code in (200, 202), answer.text


def test_a_service_without_features(post):
    service = {"features": None, "feature_service": "scoring", "entities": {"driver_id": [1]}}
    assert post("/get-online-features", service).status_code == 200
    nothing = post("/get-online-features", READ | {"features": None})
    assert "is needed" in nothing.text


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        (
            "/materialize",
            {"disable_event_timestamp": True},
            "rows are materialized by their event timestamps",
        ),
        ("/materialize", {"start_ts": None, "end_ts": None}, "`start_ts` and `end_ts` are needed"),
        ("/materialize", {"start_ts": "2026-01-01"}, "`end_ts` are needed"),
        (
            "/get-online-features",
            READ | {"include_feature_view_version_metadata": True},
            "responses do not include the versions",
        ),
    ],
)
def test_what_means_nothing_here_is_refused_in_words(post, path, body, words):
    answer = post(path, body)
    assert answer.status_code == 422
    (problem,) = answer.json()["error"]["problems"]
    assert words in problem["fact"]
    assert problem["fix"]


def test_the_description_names_every_way_to_be_refused():
    operations = [op for path in description({})["paths"].values() for op in path.values()]
    assert all("421" in operation["responses"] for operation in operations)
    bodies = [operation for operation in operations if "requestBody" in operation]
    assert len(bodies) == 6
    assert all("408" in operation["responses"] for operation in bodies)
