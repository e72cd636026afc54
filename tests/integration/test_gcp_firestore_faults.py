"""Firestore fails in every way that it can: nothing is lost, and what cannot be mended is told."""

from __future__ import annotations

import asyncio
import threading
from functools import partial
from uuid import uuid4

import pytest

grpc = pytest.importorskip("grpc", reason="grpcio is not installed: pip install 'provender[gcp]'")

from google.cloud.firestore_v1.types import (  # noqa: E402
    BatchWriteRequest,
    BatchWriteResponse,
    WriteResult,
)

from provender.errors import StoreError  # noqa: E402
from provender.plugin import OnlineTable, PluginContext, Retry  # noqa: E402
from provender_gcp.configuration import FirestoreConfig  # noqa: E402
from provender_gcp.firestore_store import FirestoreStore  # noqa: E402
from servers.grpc_faults import before, cut, grpc_faults, hang, lose, refuse  # noqa: E402
from servers.shared import shared  # noqa: E402
from waiting import QuickClock  # noqa: E402

Code = grpc.StatusCode
PASSING = [
    Code.RESOURCE_EXHAUSTED,
    Code.UNAVAILABLE,
    Code.DEADLINE_EXCEEDED,
    Code.ABORTED,
    Code.INTERNAL,
]
TABLE = OnlineTable("shop", "orders")
ROWS = [(b"key-%d" % n, n, 0, b"value-%d" % n) for n in range(20)]
KEYS = [row[0] for row in ROWS]
PROJECT = f"faults-{uuid4().hex[:8]}"


@pytest.fixture(scope="module")
def emulator():
    return shared("firestore")


@pytest.fixture(scope="module")
def relay(emulator):
    with grpc_faults(emulator) as faults:
        yield faults


@pytest.fixture
def open_store(tmp_path, emulator):
    opened = []

    def open_one(endpoint=emulator, **settings):
        settings = {"timeout_seconds": 20, "writes_per_second": None, **settings}
        config = FirestoreConfig(project_id=PROJECT, endpoint=endpoint, **settings)
        opened.append(FirestoreStore(config, PluginContext("shop", tmp_path)))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()


@pytest.fixture
def faults(relay):
    relay.reset()
    yield relay
    relay.reset()


@pytest.fixture
def direct(open_store):
    """A store that nothing happens to, whose table is empty."""
    store = open_store()
    store.drop([TABLE])
    return store


@pytest.fixture
def faulty(open_store, faults, direct):
    """A store in front of which a test can spoil calls."""
    return open_store(faults.endpoint, batch_rows=5, read_rows=7)


@pytest.mark.parametrize("code", PASSING, ids=lambda code: code.name.lower())
@pytest.mark.parametrize("fault", [refuse, lose], ids=["refused", "answer lost"])
@pytest.mark.parametrize("method", ["BatchWrite", "BatchGetDocuments"])
def test_a_write_outlasts_what_passes(faulty, faults, direct, code, fault, method):
    faults.spoil(method, fault(code), fault(code))
    faulty.write(TABLE, ROWS)
    assert direct.read(TABLE, KEYS) == ROWS
    assert faults.calls[method] >= 6  # four groups, and two once more


@pytest.mark.parametrize("code", PASSING, ids=lambda code: code.name.lower())
@pytest.mark.parametrize("fault", [refuse, lose, cut], ids=["refused", "answer lost", "cut"])
def test_a_read_outlasts_what_passes(faulty, faults, direct, code, fault):
    direct.write(TABLE, ROWS)
    faults.spoil("BatchGetDocuments", fault(code), fault(code))
    assert faulty.read(TABLE, KEYS) == ROWS


@pytest.mark.parametrize("code", PASSING, ids=lambda code: code.name.lower())
@pytest.mark.parametrize("fault", [refuse, cut], ids=["refused", "cut"])
def test_an_awaited_read_outlasts_what_passes(faulty, faults, direct, code, fault):
    direct.write(TABLE, ROWS)
    faults.spoil("BatchGetDocuments", fault(code), fault(code))
    assert asyncio.run(faulty.read_async(TABLE, KEYS)) == ROWS


def test_an_awaited_read_tells_what_does_not_pass(faulty, faults, direct):
    faults.spoil_always("BatchGetDocuments", refuse(Code.PERMISSION_DENIED))
    with pytest.raises(StoreError, match=r"roles/datastore\.user"):
        asyncio.run(faulty.read_async(TABLE, KEYS))


@pytest.mark.parametrize("fault", [refuse, lose, cut], ids=["refused", "answer lost", "cut"])
def test_a_drop_outlasts_what_passes(faulty, faults, direct, fault):
    direct.write(TABLE, ROWS)
    faults.spoil("RunQuery", fault(Code.UNAVAILABLE))
    faults.spoil("BatchWrite", lose(Code.ABORTED), refuse(Code.RESOURCE_EXHAUSTED))
    faulty.drop([TABLE])
    assert direct.count(TABLE) == 0


@pytest.mark.parametrize("fault", [refuse, lose], ids=["refused", "answer lost"])
def test_a_delete_outlasts_what_passes(faulty, faults, direct, fault):
    direct.write(TABLE, ROWS)
    faults.spoil("BatchWrite", fault(Code.ABORTED), fault(Code.UNAVAILABLE))
    faulty.delete(TABLE, [*KEYS[1:], *KEYS[1:]])
    assert direct.read(TABLE, KEYS) == [ROWS[0]] + [None] * (len(KEYS) - 1)


@pytest.mark.parametrize("fault", [refuse, cut], ids=["refused", "cut"])
def test_a_list_of_keys_outlasts_what_passes(faulty, faults, direct, fault):
    direct.write(TABLE, ROWS)
    faults.spoil("RunQuery", fault(Code.UNAVAILABLE))
    assert sorted(key for page in faulty.keys(TABLE) for key in page) == sorted(KEYS)


def test_a_row_of_an_earlier_version_cannot_be_listed(direct):
    from google.cloud.firestore_v1.types import Write

    direct.write(TABLE, ROWS[:1])
    ((found,),) = direct._client.documents(*direct._collection(TABLE), 10, "value")
    direct._client.commit([Write(update={"name": found.name, "fields": {}})])
    with pytest.raises(StoreError, match="without its key") as caught:
        list(direct.keys(TABLE))
    assert "materialize" in caught.value.problems[0].fix
    direct.delete(TABLE, KEYS[:1])
    assert list(direct.keys(TABLE)) == []


def test_a_swap_is_sent_once(faulty, faults, direct):
    one, two = (b"k", 1, 0, b"1"), (b"k", 1, 0, b"2")
    faults.spoil("BatchWrite", lose(Code.UNAVAILABLE))
    with pytest.raises(StoreError):
        faulty.swap(TABLE, b"k", None, one)
    assert faults.calls["BatchWrite"] == 1
    assert direct.read(TABLE, [b"k"]) == [one]
    faults.spoil("BatchWrite", before(partial(direct.write, TABLE, [two])))
    assert faulty.swap(TABLE, b"k", one, (b"k", 1, 0, b"3")) is False
    assert direct.read(TABLE, [b"k"]) == [two]


@pytest.mark.parametrize("code", [4, 5, 6, 8, 9, 10, 13, 14])
def test_only_what_was_not_written_is_written_again(open_store, faults, direct, code):
    sent = []

    def half(call, request, context):
        wanted = BatchWriteRequest.deserialize(request)
        sent.append(len(wanted.writes))
        kept = len(wanted.writes) // 2
        wanted.writes = wanted.writes[:kept]
        answer = BatchWriteResponse.deserialize(b"".join(call(BatchWriteRequest.serialize(wanted))))
        left = sent[-1] - kept
        answer.write_results = [*answer.write_results, *[WriteResult()] * left]
        answer.status = [*answer.status, *[{"code": code, "message": "on purpose"}] * left]
        yield BatchWriteResponse.serialize(answer)

    faults.spoil("BatchWrite", half)
    store = open_store(faults.endpoint)
    store.write(TABLE, ROWS)
    assert sent == [20]
    assert faults.calls["BatchWrite"] == 2
    assert direct.read(TABLE, KEYS) == ROWS


@pytest.mark.parametrize("stored", [None, 3], ids=["missing before", "there before"])
@pytest.mark.parametrize(
    ("other", "wins"), [(4, False), (5, False), (6, True)], ids=["older", "same instant", "newer"]
)
def test_who_comes_between_reading_and_writing_is_not_overwritten_by_an_older_row(
    faulty, faults, direct, stored, other, wins
):
    if stored is not None:
        direct.write(TABLE, [(b"k", stored, 0, b"before")])
    between, mine = (b"k", other, 0, b"between"), (b"k", 5, 0, b"mine")
    faults.spoil("BatchWrite", before(partial(direct.write, TABLE, [between])))
    faulty.write(TABLE, [mine])
    assert direct.read(TABLE, [b"k"]) == [between if wins else mine]


def test_a_row_that_is_removed_between_reading_and_writing_is_written(faulty, faults, direct):
    direct.write(TABLE, [(b"k", 1, 0, b"before")])
    faults.spoil("BatchWrite", before(partial(direct.drop, [TABLE])))
    faulty.write(TABLE, [(b"k", 5, 0, b"mine")])
    assert direct.read(TABLE, [b"k"]) == [(b"k", 5, 0, b"mine")]


@pytest.mark.parametrize(
    ("code", "said", "fix"),
    [
        (Code.PERMISSION_DENIED, "denies permission", "roles/datastore.user"),
        (Code.NOT_FOUND, "does not exist", "gcloud firestore databases create"),
        (Code.UNAUTHENTICATED, "refused the credentials", "gcloud auth application-default login"),
        (Code.INVALID_ARGUMENT, "rejected the request", "on purpose"),
    ],
    ids=lambda value: value.name.lower() if isinstance(value, Code) else None,
)
@pytest.mark.parametrize("call", ["write", "read", "drop", "count"])
def test_what_does_not_pass_is_told_at_once_with_its_mending(faulty, faults, code, said, fix, call):
    for method in ("BatchGetDocuments", "RunQuery", "RunAggregationQuery"):
        faults.spoil_always(method, refuse(code))
    calls = {"write": [TABLE, ROWS[:1]], "read": [TABLE, KEYS[:1]], "drop": [[TABLE]]}
    with pytest.raises(StoreError, match=said) as raised:
        getattr(faulty, call)(*calls.get(call, [TABLE]))
    assert fix in str(raised.value)
    assert f"project '{PROJECT}'" in str(raised.value)
    assert sum(faults.calls.values()) == 1


def test_an_api_that_is_switched_off_is_told_with_the_command_that_switches_it_on(faulty, faults):
    text = (
        "Cloud Firestore API has not been used in project faults before or it is disabled. Enable "
        "it by visiting https://console.developers.google.com/apis/api/firestore.googleapis.com/"
        "overview?project=faults then retry."
    )
    faults.spoil_always("BatchGetDocuments", refuse(Code.PERMISSION_DENIED, text))
    command = "gcloud services enable firestore.googleapis.com --project=faults"
    with pytest.raises(StoreError, match=command):
        faulty.read(TABLE, KEYS)


@pytest.mark.parametrize("method", ["BatchWrite", "BatchGetDocuments"])
@pytest.mark.parametrize(
    ("code", "said"),
    [
        (Code.RESOURCE_EXHAUSTED, "has used up its quota"),
        (Code.UNAVAILABLE, "is unavailable"),
        (Code.DEADLINE_EXCEEDED, "did not answer in time"),
        (Code.ABORTED, "aborted the request"),
    ],
    ids=lambda value: value.name.lower() if isinstance(value, Code) else None,
)
def test_what_never_passes_is_told_when_the_time_is_over(
    open_store, faults, direct, method, code, said, monkeypatch
):
    clock = QuickClock()
    retry = partial(Retry, clock=clock.monotonic, sleep=clock.sleep)
    monkeypatch.setattr("provender_gcp.firestore_writer.Retry", retry)
    clock.in_google_s_retries(monkeypatch)
    faults.spoil_always(method, refuse(code))
    with pytest.raises(StoreError, match=said):
        open_store(faults.endpoint).write(TABLE, ROWS)
    direct.write(TABLE, ROWS)
    assert direct.read(TABLE, KEYS) == ROWS


def test_a_server_that_does_not_answer_is_given_up(open_store, faults, direct):
    gate = threading.Event()
    faults.spoil_always("BatchGetDocuments", hang(gate))
    try:
        with pytest.raises(StoreError, match="did not answer in time"):
            open_store(faults.endpoint, timeout_seconds=0.5).read(TABLE, KEYS)
    finally:
        gate.set()


def test_a_server_that_is_not_there_is_told(open_store):
    store = open_store("http://127.0.0.1:9", timeout_seconds=0.5)
    with pytest.raises(StoreError, match=r"is unavailable|did not answer in time"):
        store.read(TABLE, KEYS)


def test_a_row_that_is_too_large_is_refused_before_anything_is_written(direct):
    large = (b"large", 1, 1, b"x" * 1_100_000)
    with pytest.raises(StoreError, match="too large for Firestore") as raised:
        direct.write(TABLE, [*ROWS, large])
    assert "1,100,005 bytes" in str(raised.value)
    assert direct.count(TABLE) == 0


def test_the_largest_row_is_written(direct):
    largest = (b"k" * 500, 1, 1, b"x" * (1_048_576 - 1_024 - 500))
    direct.write(TABLE, [largest])
    assert direct.read(TABLE, [largest[0]]) == [largest]
