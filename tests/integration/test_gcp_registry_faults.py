"""Cloud Storage fails in every way that it can: no version is lost, none is written twice."""

from __future__ import annotations

from functools import partial

import pytest

pytest.importorskip("google.cloud.storage", reason="pip install 'provender[gcp]'")

from provender.errors import Conflict, RegistryError
from provender.plugin import PluginContext
from provender_gcp.configuration import GcsRegistryConfig
from provender_gcp.gcs_registry import gcs_registry
from servers.google_cloud import bucket_client, shared_bucket
from servers.http_faults import around, http_faults, lose, refuse
from waiting import QuickClock

HISTORY, UPLOAD = "history", "/upload/"

# when Google's client tries a download again, it drops the answer that it has not read
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(scope="module")
def server():
    """The address of a server, and a bucket."""
    return shared_bucket()


@pytest.fixture
def faults(server):
    with http_faults(server[0]) as relay:
        yield relay


@pytest.fixture
def open_registry(tmp_path, server):
    opened = []

    def open_one(endpoint=server[0], path=f"gs://{server[1]}/{tmp_path.name}", seconds=20.0):
        config = GcsRegistryConfig(path=path, endpoint=endpoint, timeout_seconds=seconds)
        opened.append(gcs_registry(config, PluginContext("shop", tmp_path)))
        return opened[-1]

    yield open_one
    for registry in opened:
        registry.close()


@pytest.fixture
def direct(open_registry):
    return open_registry()


@pytest.fixture
def faulty(open_registry, faults):
    return open_registry(faults.endpoint)


def payloads(registry, name="catalog"):
    return [document.payload for document in registry.history(name)]


@pytest.mark.parametrize("status", [0, 408, 429, 500, 502, 503, 504])
@pytest.mark.parametrize("fault", [refuse, lose], ids=["refused", "answer lost"])
@pytest.mark.parametrize("spoiled", [0, 1], ids=["history", "head"])
def test_a_write_outlasts_what_passes(faulty, faults, direct, status, fault, spoiled):
    direct.write("catalog", b"1", 0)
    pass_on = [lambda call: call()] * spoiled
    faults.spoil("POST", UPLOAD, *pass_on, fault(status), fault(status))
    assert faulty.write("catalog", b"2", 1) == 2
    assert payloads(direct) == [b"1", b"2"]


@pytest.mark.parametrize("status", [0, 429, 503])
def test_a_first_write_whose_answer_is_lost_is_known_again(faulty, faults, direct, status):
    faults.spoil("POST", UPLOAD, lose(status))
    assert faulty.write("catalog", b"1", 0) == 1
    assert payloads(direct) == [b"1"]


def test_a_write_whose_answer_is_lost_is_known_again_in_the_history(faulty, faults, direct):
    direct.write("catalog", b"1", 0)
    go_on = partial(direct.write, "catalog", b"3", 2)
    faults.spoil("POST", UPLOAD, lambda call: call(), around(then=go_on))
    assert faulty.write("catalog", b"2", 1) == 2
    assert payloads(direct) == [b"1", b"2", b"3"]


def test_who_comes_between_reading_and_writing_wins(faulty, faults, direct):
    direct.write("catalog", b"1", 0)
    overtake = partial(direct.write, "catalog", b"theirs", 1)
    faults.spoil("POST", UPLOAD, lambda call: call(), around(first=overtake))
    with pytest.raises(Conflict):
        faulty.write("catalog", b"mine", 1)
    assert payloads(direct) == [b"1", b"theirs"]


def test_who_removes_the_document_between_reading_and_writing_wins(faulty, faults, direct):
    direct.write("catalog", b"1", 0)
    faults.spoil("POST", UPLOAD, around(first=partial(direct.delete, "catalog", 1)))
    with pytest.raises(Conflict):
        faulty.write("catalog", b"mine", 1)
    assert direct.read("catalog") is None
    direct.write("catalog", b"new", 0)
    direct.write("catalog", b"newer", 1)
    assert payloads(direct) == [b"new", b"newer"], "what the loser kept of the old life is not seen"


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("fault", [refuse, lose], ids=["refused", "answer lost"])
def test_a_removal_outlasts_what_passes(faulty, faults, direct, status, fault):
    for version in range(3):
        direct.write("catalog", b"%d" % version, version)
    faults.spoil("POST", UPLOAD, fault(status))
    faults.spoil("DELETE", HISTORY, fault(status))
    faulty.delete("catalog", 3)
    assert (direct.read("catalog"), direct.history("catalog"), direct.names()) == (None, [], [])


@pytest.mark.parametrize("status", [0, 429, 503])
def test_reading_outlasts_what_passes(faulty, faults, direct, status):
    for version in range(3):
        direct.write("catalog", b"%d" % version, version)
    faults.spoil("GET", "", refuse(status), times=2)
    assert faulty.read("catalog").payload == b"2"
    faults.spoil("GET", "", refuse(status), times=2)
    assert payloads(faulty) == [b"0", b"1", b"2"]
    faults.spoil("GET", "", refuse(status), times=2)
    assert faulty.names() == ["catalog"]


@pytest.mark.parametrize(
    ("status", "said", "fix"),
    [
        (401, "refused the credentials", "gcloud auth application-default login"),
        (403, "denies permission", "--role=roles/storage.objectUser"),
    ],
)
def test_what_does_not_pass_is_told_at_once_with_its_mending(
    server, faulty, faults, status, said, fix
):
    for method in ("GET", "POST"):
        faults.spoil(method, "", refuse(status), times=9)
    calls = [
        partial(faulty.read, "catalog"),
        partial(faulty.history, "catalog"),
        partial(faulty.names),
        partial(faulty.write, "catalog", b"1", 0),
        partial(faulty.delete, "catalog", 1),
    ]
    for call in calls:
        with pytest.raises(RegistryError, match=said) as raised:
            call()
        assert fix in str(raised.value)
        assert f"gs://{server[1]}" in str(raised.value)
    assert len(faults.requests) == len(calls)


def test_a_bucket_that_does_not_exist_is_told_with_the_command_that_makes_it(faults, open_registry):
    registry = open_registry(faults.endpoint, "gs://no-such-bucket/registry")
    command = "gcloud storage buckets create gs://no-such-bucket"
    with pytest.raises(RegistryError, match=command):
        registry.write("catalog", b"1", 0)
    faults.spoil("GET", "", refuse(404, "The specified bucket does not exist."))
    with pytest.raises(RegistryError, match=command):
        registry.read("catalog")


@pytest.mark.parametrize(
    ("status", "said"), [(429, "has used up its quota"), (503, "is unavailable")]
)
def test_what_never_passes_is_told_when_the_time_is_over(
    open_registry, faults, direct, status, said, monkeypatch
):
    QuickClock().in_google_s_retries(monkeypatch)
    direct.write("catalog", b"1", 0)
    faults.spoil("POST", UPLOAD, refuse(status), times=99)
    with pytest.raises(RegistryError, match=said):
        open_registry(faults.endpoint).write("catalog", b"2", 1)
    assert payloads(direct) == [b"1"]
    direct.write("catalog", b"2", 1)
    assert payloads(direct) == [b"1", b"2"]


def test_a_server_that_is_not_there_is_told(open_registry):
    with pytest.raises(RegistryError, match="cannot be reached"):
        open_registry("http://127.0.0.1:9", seconds=0.5).read("catalog")


def test_an_object_of_somebody_else_is_told(server, direct, tmp_path):
    endpoint, bucket = server
    with bucket_client(endpoint) as client:
        blob = client.bucket(bucket).blob(f"{tmp_path.name}/documents/catalog.head")
        blob.upload_from_string(b"something else")
    with pytest.raises(RegistryError, match="not written by Provender") as raised:
        direct.read("catalog")
    assert "something else" in str(raised.value)


def test_a_name_that_is_too_long_is_told(direct):
    with pytest.raises(RegistryError, match="too long for the registry"):
        direct.write("n" * 1000, b"1", 0)
