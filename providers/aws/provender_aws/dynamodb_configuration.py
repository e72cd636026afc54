"""The settings of the DynamoDB online store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from provender.plugin import Matching, PluginContext
from provender_aws.configuration import AccountConfig, Url, completed

TableName = Annotated[
    str,
    Matching(
        r"[A-Za-z0-9_.-]{3,255}",
        "3 to 255 letters, digits, and the characters _ . -",
    ),
]
Prefix = Annotated[
    str, Matching(r"[A-Za-z0-9_.-]{1,40}", "1 to 40 letters, digits, and the characters _ . -")
]


class DynamoDBConfig(AccountConfig):
    """Settings of the ``dynamodb`` online store; what is left out is taken from ``aws:``.

    Attributes:
        region: The AWS region; None: as the AWS SDK finds it.
        profile: A profile of the AWS configuration; None: as the AWS SDK finds it.
        role_arn: A role that is assumed with these credentials; None: they are used themselves.
        role_session_name: What CloudTrail shows with the role; None: ``provender``.
        external_id: The external ID that the role's trust policy asks for.
        sts_endpoint: Another address of STS.
        endpoint: Another address of DynamoDB.
        table: One table for the rows of all views and projects; None: a table for each view.
        table_prefix: What the names of the views' tables begin with.
        billing: Whether tables that are made are paid on demand or provisioned.
        read_capacity: The read units per second of a provisioned table.
        write_capacity: The write units per second of a provisioned table.
        point_in_time_recovery: Whether tables that are made can be restored to any second.
        tags: The tags of tables that are made.
        consistent_reads: Whether a read sees every write that came before; costs twice as much.
        parallel: The most requests that one call has in flight.
        timeout_seconds: How long to wait for an answer.
        retry_seconds: How long a request that is throttled or fails temporarily is retried.
        write_price: What a million write units cost on demand, for estimates.
        read_price: What a million read units cost on demand, for estimates.
        currency: The currency of the prices.
    """

    endpoint: Url | None = None
    table: TableName | None = None
    table_prefix: Prefix = "provender"
    billing: Literal["on_demand", "provisioned"] = "on_demand"
    read_capacity: int | None = Field(default=None, ge=1)
    write_capacity: int | None = Field(default=None, ge=1)
    point_in_time_recovery: bool = False
    tags: Mapping[str, str] = Field(default_factory=dict)
    consistent_reads: bool = False
    parallel: int = Field(default=16, ge=1, le=256)
    timeout_seconds: float = Field(default=10.0, gt=0)
    retry_seconds: float = Field(default=60.0, gt=0)
    write_price: float = Field(default=0.625, ge=0)
    read_price: float = Field(default=0.125, ge=0)
    currency: str = "USD"

    @model_validator(mode="after")
    def _capacity(self) -> Self:
        given = (self.read_capacity, self.write_capacity)
        if self.billing == "provisioned" and None in given:
            raise ValueError("billing: provisioned needs read_capacity and write_capacity")
        if self.billing == "on_demand" and given != (None, None):
            raise ValueError("a capacity is for billing: provisioned")
        return self


def complete_dynamodb(config: DynamoDBConfig, context: PluginContext) -> DynamoDBConfig:
    """Return the settings with what is taken from under ``aws:``.

    Raises:
        ConfigError: Something under ``aws:`` is wrong.
    """
    return completed(config, context, endpoint="dynamodb_endpoint")
