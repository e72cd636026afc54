"""Making and removing DynamoDB's tables, waiting until they are there or gone."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from provender.clock import seconds_text
from provender.errors import StoreError
from provender.plugin import Retry
from provender_aws.dynamodb_configuration import DynamoDBConfig
from provender_aws.dynamodb_items import EXPIRES, KEY
from provender_aws.errors import PASSING, aws_errors, code

_WAIT_SECONDS, _POLL_SECONDS = 300.0, 0.05
_BUSY = PASSING | {"LimitExceededException", "ResourceInUseException"}
"""Many tables at a time, and one that is just being made or removed, pass too."""


class Tables:
    """The tables of one store.

    Args:
        client: Returns the client.
        config: The store's complete settings.
    """

    def __init__(self, client: Callable[[], Any], config: DynamoDBConfig) -> None:
        self._client = client
        self._config = config

    def make(self, name: str) -> None:
        """Make a table with its policy of expiry, where they are missing.

        Raises:
            StoreError: It cannot be made.
        """
        state = self._until(name, ("ACTIVE", "UPDATING", None))
        with aws_errors(f"creating the DynamoDB table {name!r}"):
            if state is None:
                self._create(name)
                self._until(name, ("ACTIVE",))
            self._let_expire(name)
            if self._config.point_in_time_recovery:
                self._let_recover(name)

    def remove(self, name: str) -> None:
        """Remove a table, if it is there.

        Raises:
            StoreError: It cannot be removed.
        """
        with aws_errors(f"removing the DynamoDB table {name!r}"):
            try:
                self._again(lambda: self._client().delete_table(TableName=name))
            except Exception as error:
                if code(error) != "ResourceNotFoundException":
                    raise
        self._until(name, (None,))

    def _create(self, name: str) -> None:
        config = self._config
        settings: dict[str, Any] = {"BillingMode": "PAY_PER_REQUEST"}
        if config.billing == "provisioned":
            units = {
                "ReadCapacityUnits": config.read_capacity,
                "WriteCapacityUnits": config.write_capacity,
            }
            settings = {"BillingMode": "PROVISIONED", "ProvisionedThroughput": units}
        if config.tags:
            settings["Tags"] = [{"Key": k, "Value": v} for k, v in config.tags.items()]
        try:
            self._client().create_table(
                TableName=name,
                AttributeDefinitions=[{"AttributeName": KEY, "AttributeType": "B"}],
                KeySchema=[{"AttributeName": KEY, "KeyType": "HASH"}],
                **settings,
            )
        except Exception as error:
            if code(error) != "ResourceInUseException":  # somebody else has just made it
                raise

    def _let_expire(self, name: str) -> None:
        client = self._client()
        told = self._again(lambda: client.describe_time_to_live(TableName=name))
        if told["TimeToLiveDescription"]["TimeToLiveStatus"] in ("ENABLED", "ENABLING"):
            return
        policy = {"Enabled": True, "AttributeName": EXPIRES}
        try:
            self._again(
                lambda: client.update_time_to_live(TableName=name, TimeToLiveSpecification=policy)
            )
        except Exception as error:
            if code(error) != "ValidationException":  # another one has just done it
                raise

    def _let_recover(self, name: str) -> None:
        wanted = {"PointInTimeRecoveryEnabled": True}
        self._again(
            lambda: self._client().update_continuous_backups(
                TableName=name, PointInTimeRecoverySpecification=wanted
            )
        )

    def state(self, name: str) -> str | None:
        """Return the state of a table, such as ``ACTIVE``, or None when there is none.

        Raises:
            StoreError: DynamoDB does not tell.
        """
        with aws_errors(f"describing the DynamoDB table {name!r}"):
            try:
                told = self._again(lambda: self._client().describe_table(TableName=name))
            except Exception as error:
                if code(error) != "ResourceNotFoundException":
                    raise
                return None
            return str(told["Table"]["TableStatus"])

    def size(self, name: str) -> tuple[int, int]:
        """Return how many items a table holds and their bytes, as of some hours ago."""
        told = self._again(lambda: self._client().describe_table(TableName=name))["Table"]
        return int(told.get("ItemCount", 0)), int(told.get("TableSizeBytes", 0))

    def _until(self, name: str, wanted: tuple[str | None, ...]) -> str | None:
        """Wait until a table is in one of these states, and return it."""
        end, pause = time.monotonic() + _WAIT_SECONDS, _POLL_SECONDS
        while (state := self.state(name)) not in wanted:
            if time.monotonic() > end:
                raise StoreError(
                    f"the DynamoDB table {name!r} did not become ready",
                    got=f"{state} after {seconds_text(_WAIT_SECONDS)}",
                    fix="check it in the AWS console, then run it again; nothing is lost",
                )
            time.sleep(pause)
            pause = min(pause * 2, 2.0)
        return state

    def _again(self, call: Callable[[], Any]) -> Any:
        retry = Retry(self._config.retry_seconds)
        return retry.call(call, lambda error: code(error) in _BUSY)
