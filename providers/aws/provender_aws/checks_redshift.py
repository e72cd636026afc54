"""What ``provender doctor`` looks at in Redshift: all that the first join needs.

That is to run a statement, to make a temporary table, to load rows into it with COPY and to write
the result with UNLOAD; both read and write S3 by a role of their own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from uuid import uuid4

from provender.errors import StoreError
from provender.plugin import Check, PluginContext
from provender.plugin.sql import Result
from provender_aws.errors import aws_errors, code
from provender_aws.redshift_configuration import RedshiftConfig, complete
from provender_aws.redshift_connection import Connection
from provender_aws.redshift_session import RedshiftSession
from provender_aws.redshift_staging import Staging
from provender_aws.redshift_statements import Statements

_SECONDS = 60.0
"""A workgroup that sleeps needs some to wake."""
_FIX = "compare the settings and the permissions with docs/providers/aws.md"
_NOT_ASSUMED = (
    "not authorized to assume",
    "not authorized to get credentials",
    "default iam role",
    "not associated",
)
"""What Redshift says of a role that it may not assume, in small letters."""


def checks(config: RedshiftConfig, context: PluginContext, credentials: str) -> Iterator[Check]:
    """Return what is looked at, each after what it needs.

    Args:
        config: The store's settings.
        context: The project.
        credentials: The subject that has to be well first.
    """
    place = config.cluster or config.workgroup
    name = f"Redshift {place}" if place else "Redshift"
    statements, tables = f"statements in {name}", f"temporary tables in {name}"
    staging, copied = "staging location", f"COPY in {name}"
    yield Check(
        statements, partial(_statements, config, context), (credentials,), ("offline",), _FIX
    )
    yield Check(tables, partial(_temporary, config, context), (statements,), fix=_FIX)
    yield Check(staging, partial(_staging, config, context), (credentials,), fix=_FIX)
    yield Check(copied, partial(_copy, config, context), (tables, staging), fix=_FIX)
    unloaded = partial(_unload, config, context)
    yield Check(f"UNLOAD in {name}", unloaded, (statements, staging), fix=_FIX)


def _statements(config: RedshiftConfig, context: PluginContext) -> str:
    return _run(config, context, ["SELECT 1"], "running SELECT 1")


def _temporary(config: RedshiftConfig, context: PluginContext) -> str:
    table = f"provender_doctor_{uuid4().hex}"
    text = f'CREATE TEMPORARY TABLE "{table}" (id BIGINT)'
    try:
        return _run(config, context, [text], "creating a temporary table")
    except StoreError as error:
        (problem,) = error.problems
        fix = f"GRANT TEMP ON DATABASE {complete(config, context).database} TO the user"
        raise StoreError(problem.fact, got=problem.got, fix=fix) from error


def _run(config: RedshiftConfig, context: PluginContext, texts: list[str], doing: str) -> str:
    found = _hasty(config, context)
    with closing(Connection(found)) as connection:
        Statements(connection, found).run(texts, doing)
        return "allowed"


def _hasty(config: RedshiftConfig, context: PluginContext) -> RedshiftConfig:
    """Return the complete settings, with less patience."""
    return complete(config, context).model_copy(
        update={"timeout_seconds": _SECONDS, "retry_seconds": 5.0}
    )


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


def _copy(config: RedshiftConfig, context: PluginContext) -> str:
    """Load one row as the entity rows of a join are loaded."""
    import pyarrow as pa

    with _session(config, context) as session:
        session.loaded(pa.table({"id": [1]}))
        session.finish([], "loading a row with COPY")
    return "allowed"


def _unload(config: RedshiftConfig, context: PluginContext) -> str:
    """Write and read one row as the result of a join."""
    import pyarrow as pa

    with _session(config, context) as session:
        result = Result(pa.schema([("0", pa.int32())]), ordered=True)
        rows = sum(batch.num_rows for batch in session.read('SELECT 1 AS "0"', result))
    if rows != 1:
        raise StoreError("UNLOAD did not write exactly one row", got=f"{rows} rows")
    return "allowed"


@contextmanager
def _session(config: RedshiftConfig, context: PluginContext) -> Iterator[RedshiftSession]:
    """Yield a request of its own; what the role may not do becomes an error with the fix."""
    found = _hasty(config, context)
    with closing(Connection(found)) as connection:
        statements, staging = Statements(connection, found), Staging(connection, found)
        with closing(RedshiftSession(statements, staging, found.iam_role)) as session:
            try:
                yield session
            except StoreError as error:
                (problem,) = error.problems
                fix = problem.fix or _role_fix(found, str(problem.got))
                raise StoreError(problem.fact, got=problem.got, fix=fix) from error


def _role_fix(config: RedshiftConfig, said: str) -> str:
    """Return the command that lets Redshift use its role, or the role use the bucket."""
    role = config.iam_role if config.iam_role not in (None, "default") else None
    if any(words in said.lower() for words in _NOT_ASSUMED):
        arn = role or "ROLE_ARN --default-iam-role-arn ROLE_ARN"
        if config.workgroup:
            which = f"update-namespace --namespace-name NAMESPACE --iam-roles {arn}"
            return f"aws redshift-serverless {which}"
        which = f"--cluster-identifier {config.cluster} --add-iam-roles {arn}"
        return f"aws redshift modify-cluster-iam-roles {which}"
    name = (role or "ROLE").rpartition("/")[2]
    document = json.dumps(_policy(config.s3_staging_location or ""))
    return (
        f"aws iam put-role-policy --role-name {name} --policy-name provender-staging "
        f"--policy-document '{document}'"
    )


def _policy(location: str) -> dict[str, object]:
    """Return the policy that lets a role read and write the staging location."""
    bucket, _, prefix = location.removeprefix("s3://").partition("/")
    below = "/".join(part for part in (bucket, prefix.strip("/"), "*") if part)
    files = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
    whole = ["s3:ListBucket", "s3:GetBucketLocation"]
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": files, "Resource": f"arn:aws:s3:::{below}"},
            {"Effect": "Allow", "Action": whole, "Resource": f"arn:aws:s3:::{bucket}"},
        ],
    }
