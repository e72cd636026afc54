"""What `provender doctor` is told of Amazon: what the first join needs, and what mends it."""

from __future__ import annotations

import json
from contextlib import closing

import pytest
import yaml

pytest.importorskip("boto3", reason="boto3 is not installed: pip install 'provender[aws]'")

from no_credentials import without_aws
from provender.config import load_config
from provender.doctor import examine
from servers.redshift import aws_client, redshift_settings

ACCOUNT = "arn:aws:iam::123456789012:role"


@pytest.fixture(scope="module")
def redshift():
    with redshift_settings() as settings:
        if "endpoint" not in settings:
            pytest.skip("roles that do not work are tried on servers of this machine")
        yield settings


@pytest.fixture
def look(redshift, tmp_path):
    """Return what the doctor finds with these settings of the stores."""

    def look(offline=None, **stores):
        shared = {"region": redshift["region"], "sts_endpoint": redshift["s3_endpoint"]}
        config = {
            "project": "rides",
            "provider": "aws",
            "aws": {**shared, "s3_endpoint": redshift["s3_endpoint"]},
            "offline_store": {**redshift, **(offline or {})},
            "online_store": {"type": "local"},
            "registry": {"type": "local"},
            **stores,
        }
        (tmp_path / "feature_store.yaml").write_text(yaml.safe_dump(config))
        found = examine(lambda: load_config(tmp_path), lambda config: [])
        return {one.subject: one for one in found}

    return look


def wrong(found):
    return {subject: one for subject, one in found.items() if not one.ok}


def test_what_the_first_join_needs_is_tried(look, redshift):
    found = look()
    assert wrong(found) == {}
    place = f"Redshift {redshift['cluster']}"
    tried = [subject.removesuffix(f" in {place}") for subject in found if place in subject]
    assert tried == ["statements", "temporary tables", "COPY", "UNLOAD"]


def test_nothing_is_left_in_the_staging_location(look, redshift):
    look()
    bucket = redshift["s3_staging_location"].removeprefix("s3://").partition("/")[0]
    with closing(aws_client("s3", redshift)) as s3:
        assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_a_role_that_redshift_may_not_assume_is_told_with_the_command(look, redshift):
    role = f"{ACCOUNT}/not-associated"
    found = wrong(look({"iam_role": role}))
    assert [subject.partition(" ")[0] for subject in found] == ["COPY", "UNLOAD"]
    assert {one.fix for one in found.values()} == {
        f"aws redshift modify-cluster-iam-roles --cluster-identifier {redshift['cluster']} "
        f"--add-iam-roles {role}"
    }


def test_a_role_that_may_not_use_the_bucket_is_told_with_the_command(look, redshift):
    found = wrong(look({"iam_role": f"{ACCOUNT}/without-s3"}))
    assert [subject.partition(" ")[0] for subject in found] == ["COPY", "UNLOAD"]
    (fix,) = {one.fix for one in found.values()}
    command, _, document = fix.partition(" --policy-document ")
    assert (
        command == "aws iam put-role-policy --role-name without-s3 --policy-name provender-staging"
    )
    files, whole = json.loads(document.strip("'"))["Statement"]
    place = redshift["s3_staging_location"].removeprefix("s3://")
    assert files["Resource"] == f"arn:aws:s3:::{place}/*"
    assert whole["Resource"] == f"arn:aws:s3:::{place.partition('/')[0]}"


def test_missing_credentials_are_one_finding_and_not_one_of_each_store(look, monkeypatch, tmp_path):
    without_aws(monkeypatch, tmp_path)
    found = look(online_store={"type": "dynamodb"}, registry="s3://features/registry")
    assert list(wrong(found)) == ["credentials"]
    credentials = found["credentials"]
    assert credentials.fix.startswith("run `aws configure`")
    assert credentials.detail.endswith("until this is fixed: offline store, online store, registry")
    assert found["definitions"].ok


def test_who_cannot_be_is_named_for_each_who_speaks(look, redshift, monkeypatch, tmp_path):
    """Two stores of two profiles: one that is not there stops its own store alone."""
    (tmp_path / "config").write_text("[profile known]\nregion = us-east-1\n")
    (tmp_path / "credentials").write_text(
        "[known]\naws_access_key_id = test\naws_secret_access_key = test\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    found = look({"profile": "known"}, online_store={"type": "dynamodb", "profile": "unknown"})
    assert list(wrong(found)) == ["credentials of online"]
    assert "unknown" in found["credentials of online"].detail
    assert found["credentials of offline"].ok
    assert found["offline store"].ok
    assert "online store" not in found


def test_every_finding_has_its_fix(look):
    found = look(
        {"database": "nowhere", "s3_staging_location": "s3://no-such-bucket/staging"},
        online_store={"type": "dynamodb", "endpoint": "http://127.0.0.1:9", "region": "us-east-1"},
        registry="s3://no-such-bucket/registry",
    )
    assert {"staging location", "DynamoDB", "registry's bucket"} < set(wrong(found))
    assert [subject for subject, one in wrong(found).items() if not one.fix] == []
