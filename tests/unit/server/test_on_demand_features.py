"""On-demand features over HTTP: request data, Arrow bodies, and functions that fail."""

from __future__ import annotations

import anyio
import pyarrow as pa
import pytest

from provender import Field, OnDemandFeatureView, RequestSource
from provender.types import Float64, UnixTimestamp
from provender.wire.arrow_stream import read_stream, write_stream
from servers.served_project import NOW, make_project, served, views

PATH = "/get-online-features"
ARROW = "application/vnd.apache.arrow.stream"
SENT = RequestSource("sent", schema=[Field("factor", Float64), Field("at", UnixTimestamp)])
pytestmark = pytest.mark.filterwarnings("ignore::provender.errors.TransformWarning")


def scaled(inputs):
    pairs = zip(inputs["rating"], inputs["factor"], strict=True)
    return {
        "scaled": [None if rating is None else rating / factor for rating, factor in pairs],
        "age": [None if at is None else (NOW - at).total_seconds() for at in inputs["at"]],
    }


@pytest.fixture
def store(tmp_path):
    found = make_project(tmp_path)
    stats = views()[1]
    fields = [Field("scaled", Float64), Field("age", Float64)]
    found.apply(
        OnDemandFeatureView(
            "scaling", sources=[stats, SENT], schema=fields, function=scaled, mode="python"
        )
    )
    return found


def ask(store, *bodies, **options):
    async def run():
        async with served(store) as client:
            return [await client.post(PATH, **body, **options) for body in bodies]

    return anyio.run(run)


def body(**request):
    features = ["scaling:scaled", "driver_stats:trips", "scaling:age"]
    return {"json": {"features": features, **request}}


def test_request_data_in_json(store):
    ids, factors, instants = [1, 9], [2, 4], [NOW.isoformat(), None]
    apart = body(entities={"driver_id": ids}, request_data={"factor": factors, "at": instants})
    together = body(entities={"driver_id": ids, "factor": factors, "at": instants})
    first, second = ask(store, apart, together)
    assert first.json() == second.json()
    names = first.json()["metadata"]["feature_names"]
    assert names == ["driver_id", "factor", "at", "scaled", "age", "trips"]
    results = dict(zip(names, first.json()["results"], strict=True))
    assert results["scaled"]["values"] == [2.25, None]
    assert results["scaled"]["statuses"] == ["PRESENT", "NULL_VALUE"]
    assert results["age"]["values"] == [0.0, None]
    assert results["trips"]["values"] == [7, None]


def test_arrow_bodies(store):
    sent = {"driver_id": [1], "factor": [2.0], "at": pa.array([NOW], pa.timestamp("us", "UTC"))}
    url = "features=scaling:scaled&features=driver_stats:trips"
    (answer,) = ask(
        store,
        {"content": write_stream(pa.table(sent)), "params": url},
        headers={"content-type": ARROW, "accept": ARROW},
    )
    table = read_stream(answer.content)
    assert table.column("scaled").to_pylist() == [2.25]
    assert table.schema.field("at").type == pa.timestamp("us", "UTC")


def test_a_function_that_fails_fails_only_its_own_requests(store):
    known = {"entities": {"driver_id": [1]}}
    zero = {"request_data": {"factor": [0.0], "at": [None]}}
    plain = {"json": {"features": ["driver_stats:trips"], **known}}
    failed, fine = ask(store, body(**known, **zero), plain)
    assert failed.status_code == 500
    error = failed.json()["error"]
    assert "on-demand feature view 'scaling', row 0: its function failed" in error["message"]
    assert "ZeroDivisionError" not in failed.text, "the values of a row are nobody's business"
    assert fine.status_code == 200


def test_what_is_missing_is_the_clients_mistake(store):
    wrong = {"request_data": {"factor": ["x"], "at": [None]}}
    known = {"entities": {"driver_id": [1]}}
    answers = ask(store, body(**known), body(**known, **wrong))
    assert [answer.status_code for answer in answers] == [422, 422]
    assert "'factor' of on-demand feature view 'scaling'" in answers[0].text
    assert "row 0: 'x'" in answers[1].text


def test_request_data_that_is_no_number_in_json(store):
    factors = {"factor": [None, 2.0, None], "at": [None] * 3}
    entities = {"driver_id": [1, 1, 1], **factors, "note": [None, 1.5, None]}
    places = [["factor", 0], ["note", 2]]
    marks = {"Infinity": places[:1], "NaN": [["factor", 2]], "-Infinity": places[1:]}
    (answer,) = ask(store, body(entities=entities, not_finite=marks))
    found = answer.json()
    columns = dict(zip(found["metadata"]["feature_names"], found["results"], strict=True))
    assert columns["factor"]["values"] == ["Infinity", 2.0, "NaN"]
    assert columns["note"]["values"] == [None, 1.5, "-Infinity"]
    assert columns["scaled"]["values"] == [0.0, 2.25, "NaN"]


@pytest.mark.parametrize(
    "marks",
    [
        {"NaN": [["factor", 1]]},
        {"NaN": [["factor", -1]]},
        {"NaN": [["factor", 7]]},
        {"NaN": [["fact", 0]]},
        {"NaN": [[]]},
        {"nan": [["factor", 0]]},
        {"NaN": [["factor", 0, "x"]]},
    ],
    ids=str,
)
def test_a_float_without_a_place(store, marks):
    entities = {"driver_id": [1, 1], "factor": [None, 2.0], "at": [None] * 2}
    (answer,) = ask(store, body(entities=entities, not_finite=marks))
    assert answer.status_code in (400, 422)
    assert "`not_finite` names no null of the rows" in answer.json()["error"]["message"]
