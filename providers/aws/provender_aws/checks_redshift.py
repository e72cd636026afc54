"""What ``provender doctor`` looks at in Redshift: whether statements run, and what they may do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from uuid import uuid4

from provender.errors import StoreError
from provender.plugin import PluginContext
from provender_aws.errors import aws_errors, code
from provender_aws.redshift_configuration import RedshiftConfig, complete
from provender_aws.redshift_connection import Connection
from provender_aws.redshift_statements import Statements

_SECONDS = 60.0
"""A workgroup that sleeps needs some to wake."""


def checks(
    config: RedshiftConfig, context: PluginContext
) -> Iterator[tuple[str, Callable[[], str]]]:
    """Return what is looked at, and the functions that say that it is well or raise."""
    place = config.cluster or config.workgroup
    name = f"Redshift {place}" if place else "Redshift"
    yield f"statements in {name}", lambda: _statements(config, context)
    yield f"temporary tables in {name}", lambda: _temporary(config, context)
    yield "staging location", lambda: _staging(config, context)


def _statements(config: RedshiftConfig, context: PluginContext) -> str:
    return _run(config, context, ["SELECT 1"], "asking Redshift for a one")


def _temporary(config: RedshiftConfig, context: PluginContext) -> str:
    table = f"provender_doctor_{uuid4().hex}"
    text = f'CREATE TEMPORARY TABLE "{table}" (id BIGINT)'
    try:
        return _run(config, context, [text], "making a temporary table")
    except StoreError as error:
        (problem,) = error.problems
        fix = f"GRANT TEMP ON DATABASE {complete(config, context).database} TO the user"
        raise StoreError(problem.fact, got=problem.got, fix=fix) from error


def _run(config: RedshiftConfig, context: PluginContext, texts: list[str], doing: str) -> str:
    found = complete(config, context).model_copy(
        update={"timeout_seconds": _SECONDS, "retry_seconds": 5.0}
    )
    with closing(Connection(found)) as connection:
        Statements(connection, found).run(texts, doing)
        return "allowed"


def _staging(config: RedshiftConfig, context: PluginContext) -> str:
    """List the location, and replace an object that is not there."""
    from botocore.exceptions import ClientError

    found = complete(config, context)
    location = found.s3_staging_location or ""
    bucket, _, prefix = location.removeprefix("s3://").partition("/")
    key = f"{prefix.strip('/')}/doctor-{uuid4().hex}".lstrip("/")
    with closing(Connection(found)) as connection, aws_errors(f"the staging location {location}"):
        connection.s3.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1)
        try:
            connection.s3.put_object(Bucket=bucket, Key=key, Body=b"", IfMatch='"0"')
        except ClientError as error:
            if code(error) not in ("PreconditionFailed", "NoSuchKey"):
                raise
        return "can be listed and written"
