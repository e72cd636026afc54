"""The settings of the Redshift store and its sources: what is taken from where, what is refused."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from provender.errors import ConfigError, DefinitionError
from provender.plugin import PluginContext
from provender_aws import RedshiftSource
from provender_aws.redshift_configuration import RedshiftConfig, complete

SHARED = {"region": "r", "cluster": "c", "database": "d", "s3_staging_location": "s3://b/p"}

ROLE = "arn:aws:iam::123456789012:role/features"


def context(**provider):
    return PluginContext("project", Path("/repo"), provider=provider)


def test_what_is_left_out_comes_from_aws():
    found = complete(RedshiftConfig(database="own"), context(**SHARED))
    assert (found.cluster, found.database, found.region) == ("c", "own", "r")


def test_own_workgroup_stands_for_the_shared_cluster():
    found = complete(RedshiftConfig(workgroup="w"), context(**SHARED))
    assert (found.cluster, found.workgroup) == (None, "w")


def test_a_role_of_its_own_leaves_out_the_shared_external_id():
    shared = {"role_arn": ROLE, "external_id": "of-theirs", "role_session_name": "nightly"}
    taken = complete(RedshiftConfig(), context(**SHARED, **shared))
    assert (taken.role_arn, taken.external_id) == (ROLE, "of-theirs")
    own = complete(RedshiftConfig(role_arn=f"{ROLE}-2"), context(**SHARED, **shared))
    assert (own.role_arn, own.external_id) == (f"{ROLE}-2", None)
    assert own.role_session_name == "nightly"


def test_everything_that_is_missing_is_told_at_once():
    with pytest.raises(ConfigError) as caught:
        complete(RedshiftConfig(), context())
    text = str(caught.value)
    assert all(name in text for name in ("workgroup", "database", "s3_staging_location"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"cluster": "c", "workgroup": "w"},
        {"db_user": "u", "secret_arn": "arn:aws:x"},
        {"s3_staging_location": "gs://b/p"},
        {"s3_staging_location": "s3://b/it's"},
        {"iam_role": "x'; DROP TABLE t; --"},
        {"statement_bytes": 200_000},
        {"role_arn": "features"},
        {"role_arn": "arn:aws:iam::123456789012:user/me"},
        {"role_session_name": "a b"},
        {"external_id": "?"},
    ],
)
def test_settings_that_cannot_be_are_refused(wrong):
    with pytest.raises(ValidationError):
        RedshiftConfig(**wrong)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({}, "neither"),
        ({"table": "t", "query": "SELECT 1"}, "both"),
        ({"query": "SELECT 1"}, "no name"),
        ({"query": "SELECT 1", "name": "n", "schema": "s"}, "inside the query"),
        ({"table": "t", "database": "d"}, "needs schema"),
    ],
)
def test_sources_that_cannot_be_are_refused(wrong, said):
    with pytest.raises(DefinitionError, match=said):
        RedshiftSource(timestamp_field="t", **wrong)


def test_source_survives_the_catalog():
    source = RedshiftSource(table="t", schema="s", timestamp_field="e", tags={"a": "b"})
    assert RedshiftSource.from_document(source.to_document()) == source
    assert source.location() == "s.t"
