"""The settings of the Redshift offline store."""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field, model_validator

from provender.errors import ConfigError, Problem
from provender.plugin import PluginContext
from provender_aws.configuration import AccountConfig, IamRole, Location, Url, completed

_PLACE = frozenset({"cluster", "workgroup"})
_USER = frozenset({"db_user", "secret_arn"})


class RedshiftConfig(AccountConfig):
    """Settings of the ``redshift`` offline store; what is left out is taken from ``aws:``.

    Attributes:
        region: The AWS region; None: as the AWS SDK finds it.
        profile: A profile of the AWS configuration; None: as the AWS SDK finds it.
        role_arn: A role that is assumed with these credentials; None: they are used themselves.
        role_session_name: What CloudTrail shows with the role; None: ``provender``.
        external_id: The external ID that the role's trust policy asks for.
        sts_endpoint: Another address of STS.
        cluster: The identifier of a provisioned cluster.
        workgroup: The name of a serverless workgroup, instead of a cluster.
        database: The database.
        db_user: A database user of the cluster; None: the one that belongs to the IAM identity.
        secret_arn: A secret of Secrets Manager with user and password, instead of both.
        iam_role: The role by which Redshift reads and writes S3: an ARN, or ``default``.
        s3_staging_location: ``s3://bucket/prefix`` for entity rows and results on their way.
        endpoint: Another address of the Redshift Data API.
        s3_endpoint: Another address of S3.
        timeout_seconds: How long a statement may take, its waiting included.
        poll_seconds: How long to wait before a statement's state is asked for the second time;
            from then on half as long again each time, up to five seconds.
        retry_seconds: How long a request that is throttled or fails temporarily is retried.
        page_rows: Up to so many rows of fixed size come through the Data API; others by UNLOAD.
        statement_bytes: A longer statement is cut into several; Redshift takes 102400.
    """

    cluster: str | None = None
    workgroup: str | None = None
    database: str | None = None
    db_user: str | None = None
    secret_arn: str | None = None
    iam_role: IamRole | None = None
    s3_staging_location: Location | None = None
    endpoint: Url | None = None
    s3_endpoint: Url | None = None
    timeout_seconds: float = Field(default=3600.0, gt=0)
    poll_seconds: float = Field(default=0.05, gt=0, le=5)
    retry_seconds: float = Field(default=120.0, gt=0)
    page_rows: int = Field(default=2000, ge=0, le=100_000)
    statement_bytes: int = Field(default=100_000, ge=1000, le=102_400)

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if self.cluster and self.workgroup:
            raise ValueError("a store is in a cluster or in a workgroup, not in both")
        if self.db_user and self.secret_arn:
            raise ValueError("a secret names its user: leave db_user out")
        return self


def complete(config: RedshiftConfig, context: PluginContext) -> RedshiftConfig:
    """Return the settings with what is taken from under ``aws:``.

    Raises:
        ConfigError: With everything that is missing or wrong.
    """
    found = completed(config, context, _PLACE, _USER, endpoint="redshift_endpoint")
    _check(found, context)
    return found


def _check(found: RedshiftConfig, context: PluginContext) -> None:
    file = str(context.repo_path / "feature_store.yaml")
    needed: dict[str, Any] = {
        "cluster or workgroup": found.cluster or found.workgroup,
        "database": found.database,
        "s3_staging_location": found.s3_staging_location,
    }
    missing = [name for name, value in needed.items() if not value]
    if missing:
        raise ConfigError.of(
            Problem(
                f"the redshift store needs {name}",
                allowed="under aws: or under offline_store:",
                fix=f"name it in {file}",
            )
            for name in missing
        )
