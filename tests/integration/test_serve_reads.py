"""`POST /get-online-features` of a server that runs: shapes, exact values, Arrow, errors."""

from __future__ import annotations

import concurrent.futures
import math
from contextlib import contextmanager

import pyarrow as pa
import pytest

from provender import FeatureService, Field
from provender.types import Float64
from servers.feature_server import feature_server
from servers.served_project import ALL_TYPES, NOW, make_project, views

PATH = "/get-online-features"
ARROW = "application/vnd.apache.arrow.stream"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    path = tmp_path_factory.mktemp("reads")
    limits = {"max_rows": 50, "max_body_bytes": 20_000}
    with make_project(path, server=limits) as store, feature_server(path) as server:
        yield store, server


@pytest.fixture(scope="module")
def client(served):
    with served[1].client() as found:
        yield found


@contextmanager
def serving(path, **config):
    project = make_project(path, **config)
    with project as store, feature_server(path) as server, server.client() as client:
        yield store, client


def columns(answer):
    """Return the vectors of an answer by their names."""
    assert answer.status_code == 200, answer.text
    document = answer.json()
    return dict(zip(document["metadata"]["feature_names"], document["results"], strict=True))


def problem(answer, status):
    """Return the error of an answer, which has the one shape of all errors."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    error = answer.json()["error"]
    assert set(error) == {"type", "status", "message", "problems"}
    assert error["status"] == status
    assert error["message"] == error["problems"][0]["fact"]
    return error


def test_the_answer_has_the_shape_that_clients_of_feast_know(client):
    body = {"features": ["driver_stats:rating"], "entities": {"driver_id": [1, 2, 3, None]}}
    written = NOW.isoformat().replace("+00:00", "Z")
    found = columns(client.post(PATH, json=body))
    never = "1970-01-01T00:00:00Z"
    assert list(found) == ["driver_id", "rating"]
    assert found["driver_id"]["values"] == [1, 2, 3, None]
    assert found["rating"]["values"] == [4.5, None, None, None]
    statuses = ["PRESENT", "OUTSIDE_MAX_AGE", "NOT_FOUND", "NOT_FOUND"]
    assert found["rating"]["statuses"] == statuses
    events = found["rating"]["event_timestamps"]
    assert (events[0], events[2]) == (written, never)
    assert found["driver_id"]["event_timestamps"] == [never] * 4


def test_full_names_services_and_request_data(client):
    body = {"feature_service": "scoring", "entities": {"driver_id": [1]}}
    found = columns(client.post(PATH, json=body))
    assert {name: v["values"] for name, v in found.items()} == {
        "driver_id": [1],
        "rating": [4.5],
        "big": [2**53 + 1],
    }
    body |= {"full_feature_names": True, "request_data": {"amount": [1.5]}}
    found = columns(client.post(PATH, json=body))
    assert list(found) == ["driver_id", "amount", "driver_stats__rating", "typed__big"]


def test_every_type_in_json(client):
    body = {"features": ["typed"], "entities": {"driver_id": [1, 2]}}
    found = {name: v["values"][0] for name, v in columns(client.post(PATH, json=body)).items()}
    assert found == {
        "driver_id": 1,
        "flag": True,
        "big": 2**53 + 1,
        "text": 'ä"\n',
        "raw": "AP8=",
        "instant": NOW.isoformat().replace("+00:00", "Z"),
        "day": "2026-03-01",
        "exact": "1.250",
        "ident": "00000000-0000-0000-0000-000000000007",
        "doc": '{"a":1}',
        "nan": "NaN",
        "infinite": [1.5, "-Infinity", None],
        "by_name": {"a": 1},
        "by_id": [[1, "Infinity"]],
        "record": {"x": 1, "y": "NaN"},
    }
    nulls = columns(client.post(PATH, json=body))["text"]
    assert nulls["statuses"] == ["PRESENT", "NULL_VALUE"]


def test_arrow_in_and_out_is_exact(client, served):
    entities = pa.table({"driver_id": [1, 3]})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, entities.schema) as writer:
        writer.write_table(entities)
    answer = client.post(
        PATH,
        content=sink.getvalue().to_pybytes(),
        params={"features": ["typed", "driver_stats:rating"], "metadata": "true"},
        headers={"content-type": ARROW, "accept": ARROW},
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == ARROW
    table = pa.ipc.open_stream(answer.content).read_all()
    wanted = (
        served[0]
        .get_online_features(["typed", "driver_stats:rating"], {"driver_id": [1, 3]})
        .to_arrow()
    )
    names = wanted.column_names
    assert table.select(names).schema == wanted.schema
    assert math.isnan(table["nan"][0].as_py())
    same = [name for name in names if name not in ("nan", "record")]
    assert table.select(same).equals(wanted.select(same))
    assert table["rating__status"].to_pylist() == ["PRESENT", "NOT_FOUND"]
    assert table["rating__ts"].to_pylist() == [NOW, None]
    assert set(ALL_TYPES) <= set(names)


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        ('{"features": [', 400, "not valid JSON"),
        ('{"entities": {"driver_id": ' + "[" * 15_000, 400, "not valid JSON"),
        ("", 400, "not valid JSON"),
        ('{"features": ["driver_stats:rating"]}', 422, "entities"),
        ('{"entities": {"driver_id": 1}, "features": ["x"]}', 422, "entities"),
        ('{"entities": {"driver_id": [1]}}', 422, "feature_service"),
        ('{"entities": {}, "features": ["driver_stats"]}', 422, "driver_id"),
        ('{"entities": {"driver_id": ["1"]}, "features": ["driver_stats"]}', 422, "wrong type"),
        ('{"entities": {"driver_id": [1e400]}, "features": ["driver_stats"]}', 422, ""),
        ('{"entities": {"driver_id": [1000000000000000000000]}, "features": ["typed"]}', 422, ""),
        (
            '{"entities": {"driver_id": [1, 2], "x": [1]}, "features": ["driver_stats"]}',
            422,
            "different lengths",
        ),
        (
            '{"entities": {"driver_id": [1], "rating": [7]}, "features": ["driver_stats:rating"]}',
            422,
            "both 'rating'",
        ),
        (
            '{"entities": {"driver_id": [1]}, "request_data": {"driver_id": [2]},'
            ' "features": ["driver_stats:rating"]}',
            422,
            "in both `entities` and `request_data`",
        ),
        ('{"entities": {"driver_id": [1]}, "features": ["drivr_stats:rating"]}', 404, "drivr"),
        ('{"entities": {"driver_id": [1]}, "feature_service": "scorin"}', 404, "scorin"),
    ],
)
def test_a_wrong_request_is_told(client, body, status, told):
    answer = client.post(PATH, content=body, headers={"content-type": "application/json"})
    assert told in str(problem(answer, status))


def test_unknown_features_come_with_a_suggestion(client):
    body = {"features": ["driver_stats:ratng"], "entities": {"driver_id": [1]}}
    (told,) = problem(client.post(PATH, json=body), 404)["problems"]
    assert "did you mean 'rating'?" in told["fix"]


def test_limits_and_media_types(client):
    body = {"features": ["driver_stats"], "entities": {"driver_id": list(range(51))}}
    told = problem(client.post(PATH, json=body), 413)["problems"][0]
    assert (told["got"], told["allowed"]) == ("51", "50")
    large = {"features": ["driver_stats"], "entities": {"driver_id": ["x" * 20_000]}}
    problem(client.post(PATH, json=large), 413)
    chunks = (b" " * 10_000 for _ in range(3))
    media = {"content-type": "application/json"}
    problem(client.post(PATH, content=chunks, headers=media), 413)
    problem(client.post(PATH, content="{}", headers={"content-type": "text/plain"}), 415)
    problem(client.post(PATH, content="{}"), 415)
    problem(client.post(PATH, content=b"no arrow", headers={"content-type": ARROW}), 422)
    problem(client.get(PATH), 405)
    problem(client.get("/nothing"), 404)


def test_a_feature_that_was_registered_just_now_is_served(tmp_path):
    config = {"registry": {"path": "registry.db", "cache_ttl_seconds": 600}}
    with serving(tmp_path, **config) as (store, client):
        old = {"feature_service": "scoring", "entities": {"driver_id": [1]}}
        assert columns(client.post(PATH, json=old))
        store.apply(views((Field("hours", Float64),)))
        new = {"features": ["driver_stats:hours"], "entities": {"driver_id": [1]}}
        assert columns(client.post(PATH, json=new))["hours"]["statuses"] == ["NOT_FOUND"]
        assert columns(client.post(PATH, json=old))["rating"]["values"] == [4.5]


def test_the_catalog_is_refreshed_behind_the_requests(tmp_path):
    config = {"registry": {"path": "registry.db", "cache_ttl_seconds": 0.1}}
    with serving(tmp_path, **config) as (store, client):
        body = {"feature_service": "scoring", "entities": {"driver_id": [1]}}
        store.apply([*views()[:-1], FeatureService("scoring", [views()[1][["trips"]]])])
        for _ in range(600):
            found = columns(client.post(PATH, json=body))
            if list(found) == ["driver_id", "trips"]:
                break
        else:
            pytest.fail("the server never saw the new feature service")


def test_many_clients_at_once_and_metrics(served):
    body = {"features": ["driver_stats:trips"], "entities": {"driver_id": [1]}}

    def read(_):
        with served[1].client() as own:
            return columns(own.post(PATH, json=body))["trips"]["values"]

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert list(pool.map(read, range(40))) == [[7]] * 40
    with served[1].client() as client:
        told = client.get("/metrics").text
    assert 'provender_online_values_total{status="PRESENT",view="driver_stats"}' in told
    assert 'provender_view_newest_event_timestamp_seconds{view="driver_stats"}' in told
    assert f"{NOW.timestamp():.2f}"[:-3] in told or "e+09" in told
    assert 'provender_online_stage_seconds_bucket{le="0.001",stage="read"}' in told
    assert 'provender_request_seconds_count{code="200",path="/get-online-features"}' in told


def test_the_page_needs_no_other_server(client):
    page = client.get("/docs").text
    assert "http" not in page.replace("<!doctype html>", "")
    assert client.get("/docs/assets/swagger-ui-bundle.js").status_code == 200
    assert client.get("/openapi.json").json()["openapi"].startswith("3.0")


def test_the_examples_of_the_page_can_be_sent_as_they_are(tmp_path):
    with serving(tmp_path) as (_, client):
        paths = client.get("/openapi.json").json()["paths"]
        bodies = {
            path: found["post"]["requestBody"]["content"]["application/json"]["example"]
            for path, found in paths.items()
            if "post" in found
        }
        for path, body in bodies.items():
            answer = client.post(path, json=body)
            assert answer.status_code in (200, 202), (path, body, answer.text)
    assert bodies[PATH]["features"] == ["driver_stats:rating", "driver_stats:trips"]
    assert bodies[PATH]["entities"] == {"driver_id": [1]}


def test_the_page_has_an_icon(client):
    assert 'href="/favicon.ico"' in client.get("/docs").text
    icon = client.get("/favicon.ico")
    assert (icon.status_code, icon.headers["content-type"]) == (200, "image/svg+xml")


def test_the_id_of_a_request_comes_back(client):
    named = {"x-request-id": "a-1"}
    body = {"features": ["driver_stats"], "entities": {"driver_id": [1]}}
    assert client.post(PATH, json=body, headers=named).headers["x-request-id"] == "a-1"
    assert client.get("/health", headers=named).headers["x-request-id"] == "a-1"
