"""`provender init --template aws`: what it makes works with nothing but `provider: aws`."""

from __future__ import annotations

import json
import re
from contextlib import closing

import pytest
import yaml

pytest.importorskip("boto3", reason="boto3 is not installed: pip install 'provender[aws]'")

from no_credentials import without_aws
from provender import FeatureStore
from provender.plugin import Estimate, OnlineTable
from servers.dynamodb import dynamodb_settings
from servers.redshift import aws_client, redshift_settings
from waiting import until


@pytest.fixture(scope="module")
def servers():
    with redshift_settings() as redshift, dynamodb_settings("ministack") as dynamodb:
        if "endpoint" not in redshift or "endpoint" not in dynamodb:
            pytest.skip("the template is tried on servers of this machine")
        with closing(aws_client("s3", redshift)) as s3:
            s3.create_bucket(Bucket="my-bucket")
            yield redshift, dynamodb, s3


def fill_in(repository, redshift, dynamodb, **more):
    """Lead the project to the servers of the test; nothing else of it is changed."""
    file = repository / "feature_store.yaml"
    config = yaml.safe_load(file.read_text())
    assert set(config) == {"project", "provider", "aws"}
    del config["aws"]["workgroup"]
    config["aws"] |= {name: redshift[name] for name in ("cluster", "database", "db_user")}
    config["aws"] |= {name: redshift[name] for name in ("region", "s3_endpoint", "iam_role")}
    config["aws"] |= {"redshift_endpoint": redshift["endpoint"]}
    config["aws"] |= {"dynamodb_endpoint": dynamodb["endpoint"]}
    config["aws"] |= {"sts_endpoint": redshift["s3_endpoint"], **more}
    file.write_text(yaml.safe_dump(config))


def test_the_minimal_project_can_be_applied_as_it_is(provender, tmp_path, servers):
    redshift, dynamodb, s3 = servers
    provender("init", "--minimal", "--template", "aws", "empty")
    repository = tmp_path / "empty" / "feature_repo"
    fill_in(repository, redshift, dynamodb)
    assert "Registered entity customer" in provender("apply", cwd=repository).stdout
    found = s3.list_objects_v2(Bucket="my-bucket", Prefix="provender/registry/")
    assert found["KeyCount"] > 0


def test_the_example_is_loaded_applied_materialized_served_and_examined(
    provender, tmp_path, servers
):
    redshift, dynamodb, s3 = servers
    provender("init", "--template", "aws", "fraud")
    repository = tmp_path / "fraud" / "feature_repo"
    readme = (tmp_path / "fraud" / "README.md").read_text()
    rows = tmp_path / "fraud" / "data" / "driver_hours.parquet"
    s3.upload_file(str(rows), "my-bucket", "driver_hours.parquet")
    for text in re.findall(r'--sql "\s*(.*?)"', readme, re.DOTALL):
        _run(redshift, text)
    fill_in(repository, redshift, dynamodb)
    commands = readme.split("```")[3].strip().splitlines()
    assert commands[0] == "cd feature_repo"
    printed = []
    for line in (*commands[1:], "provender doctor --output json"):
        words = line.replace("$(date -u +%Y-%m-%dT%H:%M:%S)", "2026-05-01").split()
        printed.append(provender(*words[1:], cwd=repository).stdout)
    applied, joined, moved, row, examined = printed
    assert "Registered feature view driver_stats" in applied
    assert "the first 20 rows" in joined
    assert "5 rows" in moved
    assert re.search(r"dynamodb: \d+ write units", moved)
    assert "1001" in row
    assert "3.4" in row
    findings = {one["subject"]: one["detail"] for one in json.loads(examined)["findings"]}
    assert "arn:aws" in findings["credentials"]
    assert findings["DynamoDB"].startswith("can be reached")
    assert findings["temporary tables in Redshift"] == "allowed"
    assert findings["staging location"] == "can be listed and written"
    assert findings["writing to the registry's bucket"].startswith("conditional writes")
    assert findings["data source driver_hours"].endswith("columns")
    with FeatureStore(repository) as store:
        job = store.get_historical_features(
            str(tmp_path / "fraud" / "data" / "trips.parquet"), ["driver_stats"]
        )
        assert job.to_redshift("public.kept") == 400
        assert job.to_s3("s3://my-bucket/kept") == 400
        assert job.estimate() == Estimate()


def test_what_is_missing_is_told_with_what_mends_it(provender, tmp_path, servers, monkeypatch):
    redshift, dynamodb, _ = servers
    provender("init", "--minimal", "--template", "aws", "wrong")
    repository = tmp_path / "wrong" / "feature_repo"
    fill_in(repository, redshift, dynamodb, bucket="no-such-bucket", database="nowhere")
    told = json.loads(provender("doctor", "--output", "json", cwd=repository, code=1).stdout)
    wrong = {one["subject"]: one for one in told["findings"] if not one["ok"]}
    assert "aws s3 mb s3://no-such-bucket" in wrong["registry's bucket"]["fix"]
    assert "nowhere" in wrong["statements in Redshift"]["detail"]
    assert "staging location" not in wrong
    fill_in_again = yaml.safe_load((repository / "feature_store.yaml").read_text())
    fill_in_again["aws"]["regoin"] = "eu"
    (repository / "feature_store.yaml").write_text(yaml.safe_dump(fill_in_again))
    told = json.loads(provender("doctor", "--output", "json", cwd=repository, code=1).stdout)
    wrong = {one["subject"]: one for one in told["findings"] if not one["ok"]}
    assert "'region'" in wrong["settings"]["fix"]
    without_aws(monkeypatch, tmp_path)
    del fill_in_again["aws"]["regoin"]
    (repository / "feature_store.yaml").write_text(yaml.safe_dump(fill_in_again))
    told = json.loads(provender("doctor", "--output", "json", cwd=repository, code=1).stdout)
    wrong = {one["subject"]: one for one in told["findings"] if not one["ok"]}
    assert "aws configure" in wrong["credentials"]["fix"]


def _run(settings, text):
    where = {"ClusterIdentifier": settings["cluster"], "Database": settings["database"]}
    text = text.replace("IAM_ROLE default", f"IAM_ROLE '{settings['iam_role']}'")
    with closing(aws_client("redshift-data", settings)) as client:
        begun = client.execute_statement(Sql=text, DbUser=settings["db_user"], **where)["Id"]

        def finished():
            told = client.describe_statement(Id=begun)
            assert told["Status"] not in ("FAILED", "ABORTED"), told["Error"]
            return told["Status"] == "FINISHED"

        until(finished, "the end of a statement")


def test_a_store_of_aws_beside_another_provider(servers, tmp_path):
    """The section of the main provider is not that of the others."""
    _, dynamodb, _ = servers
    config = {
        "project": "mixed",
        "provider": "gcp",
        "gcp": {"project_id": "shop", "dataset": "features"},
        "registry": {"type": "local.file", "path": "registry.db"},
        "online_store": {"type": "aws.dynamodb", **dynamodb},
    }
    (tmp_path / "feature_store.yaml").write_text(yaml.safe_dump(config))
    with FeatureStore(tmp_path) as store:
        table = OnlineTable("mixed", "view")
        store.stores.online.prepare([table])
        store.stores.online.write(table, [(b"k", 1, 1, b"v")])
        assert store.stores.online.read(table, [b"k"]) == [(b"k", 1, 1, b"v")]
        found = {one.subject: one for one in store.stores.findings()}
        assert found["settings under aws:"].ok
        assert found["settings under gcp:"].ok
