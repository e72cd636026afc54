"""A role that is assumed: by whom, under which name, and what is said when that is not allowed."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest

pytest.importorskip("boto3", reason="boto3 is not installed: pip install 'provender[aws]'")

from no_credentials import without_aws
from provender.errors import RegistryError, StoreError
from provender_aws.checks import identity
from provender_aws.clients import open_client
from provender_aws.configuration import AccountConfig
from provender_aws.errors import aws_errors
from provender_aws.s3_bucket import S3Bucket
from provender_aws.s3_configuration import S3RegistryConfig
from servers.http_faults import Answer, http_faults
from servers.redshift import s3_bucket
from servers.shared import shared

ROLE = "arn:aws:iam::123456789012:role/features"
_REFUSED = """<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<Error><Type>Sender</Type><Code>{code}</Code><Message>on purpose</Message></Error>
<RequestId>1</RequestId></ErrorResponse>"""


def refuse(code, status=403):
    """Answer as STS does."""
    body = _REFUSED.format(code=code).encode()
    return lambda call: Answer(status, body, {"content-type": "text/xml"})


def expiring(minutes):
    """Let STS give credentials that end so soon."""

    def fault(call):
        answer = call()
        head, _, rest = answer.body.decode().partition("<Expiration>")
        _, _, tail = rest.partition("</Expiration>")
        end = (datetime.now(UTC) + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
        body = f"{head}<Expiration>{end}</Expiration>{tail}".encode()
        return Answer(answer.status, body, {"content-type": "text/xml"})

    return fault


@pytest.fixture
def sts(monkeypatch):
    """Moto's STS, behind what can spoil it."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with http_faults(shared("moto")) as faults:
        yield faults


def account(sts, **more):
    endpoint = sts.endpoint
    return AccountConfig(region="us-east-1", role_arn=ROLE, sts_endpoint=endpoint, **more)


def test_requests_are_made_by_the_role(sts):
    found = identity(account(sts, role_session_name="nightly", external_id="of-ours"))
    assert found == (
        "arn:aws:sts::123456789012:assumed-role/features/nightly of account 123456789012"
    )


def test_what_sts_is_asked_for(sts):
    with closing(open_client("s3", account(sts, external_id="of-ours"), shared("moto"))) as client:
        client.list_buckets()
    asked = {name: one for name, (one,) in parse_qs(sts.body.decode()).items()}
    assert {name: asked[name] for name in ("Action", "RoleArn", "RoleSessionName")} == {
        "Action": "AssumeRole",
        "RoleArn": ROLE,
        "RoleSessionName": "provender",
    }
    assert asked["ExternalId"] == "of-ours"


def test_a_store_works_by_the_role(sts):
    with s3_bucket() as (settings, bucket):
        config = S3RegistryConfig(role_arn=ROLE, sts_endpoint=sts.endpoint, **settings)
        with closing(S3Bucket(bucket, config)) as opened:
            opened.put("a", b"1", None)
            assert opened.get("a")[0] == b"1"
    assert len(sts.requests) == 1, "the role's credentials serve more than one request"


def test_credentials_are_renewed_before_they_expire(sts):
    """Within 15 minutes of the end they are asked for again, and served until then."""
    sts.spoil("POST", "/", expiring(minutes=12))
    with closing(open_client("s3", account(sts), shared("moto"))) as client:
        for _ in range(3):
            client.list_buckets()
    assert len(sts.requests) == 2


def test_a_clock_that_is_ahead_is_told(sts):
    sts.spoil("POST", "/", expiring(minutes=-1))
    with (
        closing(open_client("s3", account(sts), shared("moto"))) as client,
        pytest.raises(StoreError, match=r"(?s)S3 are expired although they were just renewed.*NTP"),
        aws_errors("S3"),
    ):
        client.list_buckets()


@pytest.mark.parametrize(
    ("code", "said", "fix"),
    [
        ("AccessDenied", "the role cannot be assumed", "trust policy"),
        ("ExpiredToken", "STS, asked for the role's credentials, refused", "aws sso login"),
        ("RegionDisabledException", "STS, asked for the role's credentials, failed", "role_arn"),
    ],
)
def test_a_role_that_may_not_be_assumed_is_told(sts, code, said, fix):
    sts.spoil("POST", "/", refuse(code), times=3)
    settings = S3RegistryConfig(**account(sts).model_dump(), s3_endpoint=shared("moto"))
    with closing(S3Bucket("features", settings)) as bucket, pytest.raises(RegistryError) as caught:
        bucket.get("a")
    (problem,) = caught.value.problems
    assert problem.fact.startswith(said)
    assert fix in problem.fix
    assert "on purpose" in problem.got


def test_without_credentials_nobody_assumes_a_role(sts, monkeypatch, tmp_path):
    without_aws(monkeypatch, tmp_path)
    with pytest.raises(StoreError, match="there are no AWS credentials for STS"):
        identity(account(sts))
    assert sts.requests == []
