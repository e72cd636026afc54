"""S3 fails in every way that it can: no version is lost, none is written twice."""

from __future__ import annotations

from contextlib import closing
from functools import partial

import pytest

pytest.importorskip("boto3", reason="boto3 is not installed: pip install 'provender[aws]'")

from provender.errors import ConfigError, Conflict, RegistryError
from provender.plugin import PluginContext
from provender_aws.s3_configuration import S3RegistryConfig
from provender_aws.s3_registry import s3_registry
from servers.http_faults import Answer, http_faults
from servers.redshift import aws_client, s3_bucket

HEAD, HISTORY = "catalog.head", "history"


def refuse(status, code="ServiceUnavailable"):
    body = f"<Error><Code>{code}</Code><Message>on purpose</Message></Error>".encode()
    return lambda call: Answer(status, body, {"content-type": "application/xml"})


def lose(status, then=lambda: None):
    """Do it, let something else happen, and answer with an error all the same."""

    def fault(call):
        call()
        then()
        return refuse(status)(call)

    return fault


def before(first):
    def fault(call):
        first()
        return call()

    return fault


@pytest.fixture(scope="module")
def server():
    """The address of S3, a client of it and a bucket."""
    with s3_bucket() as (settings, bucket), closing(aws_client("s3", settings)) as client:
        yield settings["s3_endpoint"], client, bucket


@pytest.fixture
def faults(server):
    with http_faults(server[0]) as relay:
        yield relay


@pytest.fixture
def open_registry(tmp_path, server):
    opened = []

    def open_one(endpoint=server[0], path=f"s3://{server[2]}/{tmp_path.name}", **more):
        config = S3RegistryConfig(path=path, s3_endpoint=endpoint, region="us-east-1", **more)
        opened.append(s3_registry(config, PluginContext("shop", tmp_path)))
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


@pytest.mark.parametrize("status", [500, 503])
@pytest.mark.parametrize("fault", [refuse, lose], ids=["refused", "answer lost"])
@pytest.mark.parametrize("spoiled", [HISTORY, HEAD])
def test_a_write_outlasts_what_passes(faulty, faults, direct, status, fault, spoiled):
    direct.write("catalog", b"1", 0)
    faults.spoil("PUT", spoiled, fault(status))
    assert faulty.write("catalog", b"2", 1) == 2
    assert payloads(direct) == [b"1", b"2"]


def test_a_first_write_whose_answer_is_lost_is_known_again(faulty, faults, direct):
    faults.spoil("PUT", HEAD, lose(503))
    assert faulty.write("catalog", b"1", 0) == 1
    assert payloads(direct) == [b"1"]


def test_a_write_whose_answer_is_lost_is_known_again_in_the_history(faulty, faults, direct):
    direct.write("catalog", b"1", 0)
    faults.spoil("PUT", HEAD, lose(503, partial(direct.write, "catalog", b"3", 2)))
    assert faulty.write("catalog", b"2", 1) == 2
    assert payloads(direct) == [b"1", b"2", b"3"]


def test_who_comes_between_reading_and_writing_wins(faulty, faults, direct):
    direct.write("catalog", b"1", 0)
    faults.spoil("PUT", HEAD, before(partial(direct.write, "catalog", b"theirs", 1)))
    with pytest.raises(Conflict):
        faulty.write("catalog", b"mine", 1)
    assert payloads(direct) == [b"1", b"theirs"]


def test_a_race_that_s3_settles_by_a_conflict_is_one(faulty, faults, direct):
    direct.write("catalog", b"1", 0)
    faults.spoil("PUT", HEAD, refuse(409, "ConditionalRequestConflict"))
    with pytest.raises(Conflict):
        faulty.write("catalog", b"mine", 1)
    assert payloads(direct) == [b"1"]


def test_reading_outlasts_what_passes(faulty, faults, direct):
    for version in range(3):
        direct.write("catalog", b"%d" % version, version)
    faults.spoil("GET", "", refuse(503, "SlowDown"), times=2)
    assert faulty.read("catalog").payload == b"2"
    faults.spoil("GET", "", refuse(500, "InternalError"), times=2)
    assert payloads(faulty) == [b"0", b"1", b"2"]


@pytest.mark.parametrize(
    ("code", "said"), [("ExpiredToken", "they have expired"), ("AccessDenied", "denies permission")]
)
def test_what_does_not_pass_is_told_and_changes_nothing(faulty, faults, direct, code, said):
    direct.write("catalog", b"1", 0)
    for method in ("GET", "PUT"):
        faults.spoil(method, "", refuse(403, code), times=9)
    for call in (partial(faulty.read, "catalog"), partial(faulty.write, "catalog", b"2", 1)):
        with pytest.raises(RegistryError, match=said):
            call()
    assert payloads(direct) == [b"1"]


def test_what_never_passes_is_told_in_the_end(open_registry, faults, direct):
    direct.write("catalog", b"1", 0)
    faults.spoil("PUT", "", refuse(503, "SlowDown"), times=99)
    with pytest.raises(RegistryError, match="registry's bucket"):
        open_registry(faults.endpoint, attempts=2).write("catalog", b"2", 1)
    assert payloads(direct) == [b"1"]


def test_objects_are_encrypted_by_the_key_that_is_named(open_registry, server, tmp_path):
    key = "alias/features"
    open_registry(kms_key_id=key).write("catalog", b"1", 0)
    found = server[1].list_objects_v2(Bucket=server[2], Prefix=tmp_path.name)["Contents"]
    for one in found:
        head = server[1].head_object(Bucket=server[2], Key=one["Key"])
        assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", key)


def test_settings_under_aws_that_do_not_fit_are_told(tmp_path):
    context = PluginContext("shop", tmp_path, provider={"bucket": 3, "regoin": "eu"})
    with pytest.raises(ConfigError) as caught:
        s3_registry(S3RegistryConfig(path="s3://b12/p"), context)
    assert "aws.bucket is not valid" in str(caught.value)
    assert "did you mean 'region'" in str(caught.value)


def test_the_shared_bucket_is_the_registry_s(tmp_path, server):
    settings = {"bucket": server[2], "region": "us-east-1", "s3_endpoint": server[0]}
    context = PluginContext("shop", tmp_path, provider=settings)
    with closing(s3_registry(S3RegistryConfig(), context)) as registry:
        registry.write(f"{tmp_path.name}/catalog", b"1", 0)
    found = server[1].list_objects_v2(Bucket=server[2], Prefix="provender/registry/")
    assert found["KeyCount"] > 0
