"""BigQuery's server while it fails: nothing is lost, nothing is left, every failure is typed."""

import json

import grpc
import pyarrow as pa
import pytest

from provender.errors import StoreError
from provender.plugin import TableSpine, Window
from provender.testing.oracle.rows import rows_of
from provender.testing.suites.offline.tables import case_of, rows_table, view_of
from provender.testing.suites.store_opener import StoreOpener
from servers import grpc_faults as calls
from servers import http_faults as requests
from servers.bigquery import dataset_of
from servers.bigquery_tables import BigQueryHarness
from servers.shared import shared
from waiting import QuickClock

ROWS = [(1, 10, -5, 0), (2, 20, -3, 0)]
SPINE = [(1, 0), (2, 5), (3, 0)]
QUERY = "/jobs?prettyPrint"
"""Part of the path of a request that starts a query."""


@pytest.fixture(scope="module")
def server():
    found = shared("bigquery")
    with dataset_of(found) as name:
        yield {**found.settings(), "dataset": name}


@pytest.fixture
def rest(server):
    with requests.http_faults(server["endpoint"]) as faults:
        yield faults


@pytest.fixture
def uploads(server, rest):
    """Let uploads go on through the faults, though the server names itself as where to."""

    def begun(call):
        answer = call()
        headers = {
            name: value.replace(server["endpoint"], rest.endpoint)
            for name, value in answer.headers.items()
        }
        return requests.Answer(answer.status, answer.body, headers)

    rest.spoil("POST", "/upload/", begun, times=100)


@pytest.fixture
def storage(server):
    with calls.grpc_faults(server["storage_endpoint"]) as faults:
        yield faults


@pytest.fixture
def spoilt(server, rest, storage, tmp_path):
    """A harness that works, whose store reaches the server through the faults."""
    opened = []

    def open_one(**settings):
        harness = BigQueryHarness(StoreOpener("offline", "gcp", None, tmp_path, server))
        between = {"endpoint": rest.endpoint, "storage_endpoint": storage.endpoint}
        slow = {"retry_seconds": 20.0, **settings}
        opener = StoreOpener("offline", "gcp", None, tmp_path, {**server, **between, **slow})
        harness.store.close()
        harness.store = opener.open()
        opened.append(harness)
        return harness

    yield open_one
    for harness in opened:
        harness.store.close()
        harness.client.close()


def refused(status, reason):
    """Answer with an error of BigQuery's form."""
    error = {"code": status, "message": "on purpose", "errors": [{"reason": reason}]}
    body = json.dumps({"error": error}).encode()
    return lambda call: requests.Answer(status, body, {"content-type": "application/json"})


PASSING = [
    pytest.param("POST", QUERY, refused(503, "backendError"), id="a query is refused with 503"),
    pytest.param("POST", QUERY, refused(429, "rateLimitExceeded"), id="a query with 429"),
    pytest.param("POST", QUERY, requests.lose(503), id="the answer to a query is lost"),
    pytest.param("POST", "/upload/", requests.refuse(503), id="an upload is refused with 503"),
    pytest.param("POST", "/upload/", requests.refuse(429), id="an upload with 429"),
    pytest.param("POST", "/tables", refused(503, "backendError"), id="a table is not created"),
    pytest.param("GET", "/tables/", refused(503, "backendError"), id="columns are not told"),
    pytest.param("DELETE", "/tables/", refused(503, "backendError"), id="a table is not removed"),
    pytest.param("GET", "/queries/", refused(500, "internalError"), id="a result is not told"),
]


@pytest.mark.parametrize(("method", "part", "fault"), PASSING)
def test_what_passes_is_tried_again_and_nothing_is_lost(spoilt, rest, method, part, fault):
    harness = spoilt()
    problem = case_of(SPINE, ROWS)
    plan = problem.stored(harness)
    rest.spoil(method, part, fault)
    got = harness.store.historical(plan, TableSpine(problem.spine))
    assert problem.difference(plan, got) is None
    assert harness.leftovers() == []


LASTING = [
    pytest.param("POST", QUERY, refused(403, "accessDenied"), "roles/bigquery", id="no permission"),
    pytest.param("POST", QUERY, refused(403, "quotaExceeded"), "larger quota", id="no quota"),
    pytest.param("POST", QUERY, refused(400, "resourcesExceeded"), "to_bigquery", id="too large"),
    pytest.param("POST", "/tables", refused(403, "accessDenied"), "roles/bigquery", id="no table"),
    pytest.param("POST", "/upload/", refused(403, "accessDenied"), "roles", id="no load job"),
]


@pytest.mark.parametrize(("method", "part", "fault", "fix"), LASTING)
def test_what_lasts_is_told_and_leaves_nothing(spoilt, rest, method, part, fault, fix):
    harness = spoilt()
    problem = case_of(SPINE, ROWS)
    plan = problem.stored(harness)
    rest.spoil(method, part, fault, times=50)
    with pytest.raises(StoreError, match="on purpose") as caught:
        harness.store.historical(plan, TableSpine(problem.spine))
    assert fix in str(caught.value.problems[0].fix)
    assert harness.leftovers() == []


def test_a_server_that_is_away_for_good_is_told(spoilt, rest):
    harness = spoilt(retry_seconds=0.5)
    problem = case_of(SPINE, ROWS)
    plan = problem.stored(harness)
    rest.spoil("POST", QUERY, refused(503, "backendError"), times=50)
    with pytest.raises(StoreError, match="unavailable"):
        harness.store.historical(plan, TableSpine(problem.spine))
    assert harness.leftovers() == []


@pytest.mark.usefixtures("uploads")
def test_a_load_job_that_fails_adds_nothing_and_is_named(spoilt, rest):
    harness = spoilt()
    view = view_of(rows_table(*ROWS))
    source = view.source(harness)
    rest.spoil("PUT", "/upload/", lambda call: _failed_load(), times=9)
    with pytest.raises(StoreError, match=r"loading rows into .*\(job provender-"):
        harness.store.append(source, rows_table((7, 7, 7, 7)))
    assert len(rows_of(harness.store.rows(view.read(source), Window()))) == len(ROWS)
    assert harness.leftovers() == []


def answered(document):
    """Return an answer of JSON."""
    body = json.dumps(document).encode()
    return requests.Answer(200, body, {"content-type": "application/json"})


def _failed_load(reason="invalid"):
    error = {"reason": reason, "message": "on purpose"}
    job = {
        "jobReference": {"projectId": "provender-test", "jobId": "x", "location": "US"},
        "configuration": {"jobType": "LOAD", "load": {"destinationTable": {}}},
        "status": {"state": "DONE", "errorResult": error, "errors": [error]},
    }
    return answered(job)


@pytest.mark.usefixtures("uploads")
def test_a_load_job_that_fails_for_a_moment_runs_again_and_adds_once(spoilt, rest):
    harness = spoilt()
    view = view_of(rows_table(*ROWS))
    source = view.source(harness)
    rest.spoil("PUT", "/upload/", lambda call: _failed_load("backendError"))
    harness.store.append(source, rows_table((7, 7, 7, 7)))
    assert len(rows_of(harness.store.rows(view.read(source), Window()))) == len(ROWS) + 1


@pytest.mark.usefixtures("uploads")
@pytest.mark.parametrize("status", [0, 503])
def test_rows_are_appended_once_though_the_answer_is_lost(spoilt, rest, status):
    harness = spoilt()
    view = view_of(rows_table(*ROWS))
    source = view.source(harness)
    lost = (lambda call: call() and requests.Answer(0)) if status == 0 else requests.lose(status)
    rest.spoil("PUT", "/upload/", lost)
    harness.store.append(source, rows_table((7, 7, 7, 7)))
    assert len(rows_of(harness.store.rows(view.read(source), Window()))) == len(ROWS) + 1


def many(harness):
    count = 3_000
    view = view_of(rows_table(*[(n, n, 0, 0) for n in range(count)]))
    return view.read(view.source(harness)), count


def halved(call, request, context):
    """Send the first half of the rows, then an error."""
    from google.cloud.bigquery_storage_v1.types import ReadRowsResponse

    (first, *_) = [ReadRowsResponse.deserialize(answer) for answer in call(request)]
    schema = pa.ipc.read_schema(pa.py_buffer(first.arrow_schema.serialized_schema))
    content = pa.py_buffer(first.arrow_record_batch.serialized_record_batch)
    half = pa.ipc.read_record_batch(content, schema).slice(0, first.row_count // 2)
    first.arrow_record_batch.serialized_record_batch = half.serialize().to_pybytes()
    first.row_count = half.num_rows
    yield ReadRowsResponse.serialize(first)
    context.abort(grpc.StatusCode.UNAVAILABLE, "cut in the middle")


def test_a_stream_that_is_cut_goes_on_where_it_was_cut(spoilt, storage):
    harness = spoilt()
    read, count = many(harness)
    storage.spoil("ReadRows", calls.refuse(grpc.StatusCode.UNAVAILABLE), halved)
    got = [row["id"] for row in rows_of(harness.store.rows(read, Window()))]
    assert sorted(got) == list(range(count))
    assert storage.calls["ReadRows"] == 3


def test_a_stream_that_is_cut_for_good_is_told_with_the_job(spoilt, storage):
    harness = spoilt()
    read, _ = many(harness)
    storage.spoil("ReadRows", calls.cut(grpc.StatusCode.PERMISSION_DENIED))
    with pytest.raises(StoreError, match=r"reading a result.*\(job provender-"):
        rows_of(harness.store.rows(read, Window()))


def test_a_stream_that_ends_too_early_is_an_error_and_not_a_shorter_result(spoilt, storage):
    harness = spoilt()
    read, _ = many(harness)

    def nothing(call, request, context):
        yield from ()

    storage.spoil("ReadRows", nothing)
    with pytest.raises(StoreError, match="ended a result too early"):
        rows_of(harness.store.rows(read, Window()))


def test_a_query_that_takes_too_long_is_cancelled(spoilt, rest, monkeypatch):
    """Time passes when it is asked how the query gets on, so that all else has time."""
    clock = QuickClock()
    monkeypatch.setattr("google.cloud.bigquery.job.query.time", clock)
    harness = spoilt(timeout_seconds=60.0)
    problem = case_of(SPINE, ROWS)
    plan = problem.stored(harness)
    pending = {
        "jobReference": {"projectId": "provender-test", "jobId": "x", "location": "US"},
        "jobComplete": False,
    }
    running = {
        "jobReference": pending["jobReference"],
        "configuration": {"jobType": "QUERY", "query": {"query": "SELECT 1"}},
        "status": {"state": "RUNNING"},
    }
    answer, started = answered(pending), answered(running)

    def ten_seconds_later(call):
        clock.sleep(10)
        return answer

    rest.spoil("POST", QUERY, lambda call: started)
    rest.spoil("GET", "/queries/", ten_seconds_later, times=1000)
    rest.spoil("GET", "/jobs/", lambda call: started, times=1000)
    with pytest.raises(StoreError, match="did not finish in time"):
        harness.store.historical(plan, TableSpine(problem.spine))
    assert any("/jobs/x/cancel" in path for _, path in rest.requests)
    assert harness.leftovers() == []
