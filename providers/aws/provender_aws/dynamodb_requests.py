"""Reading and writing items: nothing that DynamoDB leaves undone is left undone.

Rows are written one by one with a condition, many at a time. `BatchWriteItem` would take 25 of them
in one request, but it knows no conditions: it could put an older row over a newer one that another
process has just written. It is used for deleting alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from provender.errors import StoreError
from provender.plugin import OnlineRow, Retry
from provender_aws.dynamodb_items import CREATED, EVENT, KEY, item
from provender_aws.dynamodb_usage import Usage
from provender_aws.errors import code, passes

MOST_READ, _MOST_DELETED = 100, 25
"""The items that DynamoDB takes in one request."""
_NEWER = "attribute_not_exists(#k) OR #e < :e OR (#e = :e AND #c <= :c)"
_NAMES = {"#k": KEY, "#e": EVENT, "#c": CREATED}


class Requests:
    """What the store asks of DynamoDB.

    Args:
        client: Returns the client: boto3's, or one with the same methods, such as DAX's.
        usage: Where the units are counted.
        seconds: How long something is tried without getting on.
        consistent: Whether a read sees every write that came before.
    """

    def __init__(
        self, client: Callable[[], Any], usage: Usage, seconds: float, *, consistent: bool
    ) -> None:
        self._client = client
        self._usage = usage
        self._seconds = seconds
        self._consistent = consistent

    def put(self, table: str, key: bytes, row: OnlineRow, ttl: int | None) -> None:
        """Write a row, unless a newer one is there."""
        values = {":e": {"N": str(row[1])}, ":c": {"N": str(row[2])}}
        try:
            answer = self._again(
                lambda: self._client().put_item(
                    TableName=table,
                    Item=item(key, row, ttl),
                    ConditionExpression=_NEWER,
                    ExpressionAttributeNames=_NAMES,
                    ExpressionAttributeValues=values,
                    ReturnConsumedCapacity="TOTAL",
                )
            )
        except Exception as error:
            if code(error) != "ConditionalCheckFailedException":
                raise
            self._usage.note("write units", {"ConsumedCapacity": {"CapacityUnits": 1}})
        else:
            self._usage.note("write units", answer)

    def get(self, wanted: Sequence[tuple[str, bytes]]) -> dict[tuple[str, bytes], Any]:
        """Return the items of (table, key) pairs, at most 100; those that are not there miss.

        Raises:
            StoreError: DynamoDB leaves keys out again and again.
        """
        found: dict[tuple[str, bytes], Any] = {}
        pending = self._asked(wanted)
        retry = Retry(self._seconds)
        while pending:
            answer = self._again(lambda: self._batch_get(pending))  # noqa: B023 - called at once
            self._usage.note("read units", answer)
            items = [(t, one) for t, part in answer["Responses"].items() for one in part]
            found.update({(table, _bytes(one[KEY]["B"])): one for table, one in items})
            pending = answer.get("UnprocessedKeys") or {}
            if items:
                retry.restart()
            elif pending:
                retry.after_failure(_left(pending), transient=True)
        return found

    def delete(self, table: str, keys: Sequence[bytes]) -> None:
        """Delete items, whatever they hold.

        Raises:
            StoreError: DynamoDB leaves items out again and again.
        """
        for start in range(0, len(keys), _MOST_DELETED):
            part = keys[start : start + _MOST_DELETED]
            pending: Any = {table: [{"DeleteRequest": {"Key": {KEY: {"B": k}}}} for k in part]}
            retry = Retry(self._seconds)
            while pending:
                answer = self._again(
                    lambda: self._client().batch_write_item(RequestItems=pending)  # noqa: B023
                )
                before, pending = pending, answer.get("UnprocessedItems") or {}
                if pending == before:
                    retry.after_failure(_left(pending), transient=True)

    def keys(self, table: str, begin: bytes) -> Iterator[list[bytes]]:
        """Return the keys of a table that begin so, a page at a time; all of it is read."""
        more: dict[str, Any] = {}
        while True:
            answer = self._again(
                lambda: self._client().scan(
                    TableName=table,
                    ProjectionExpression="#k",
                    ExpressionAttributeNames={"#k": KEY},
                    **more,  # noqa: B023 - called at once
                )
            )
            keys = (_bytes(one[KEY]["B"]) for one in answer["Items"])
            yield [key for key in keys if key.startswith(begin)]
            if not answer.get("LastEvaluatedKey"):
                return
            more = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def _asked(self, wanted: Sequence[tuple[str, bytes]]) -> dict[str, Any]:
        asked: dict[str, Any] = {}
        for table, key in wanted:
            part = asked.setdefault(table, {"Keys": [], "ConsistentRead": self._consistent})
            part["Keys"].append({KEY: {"B": key}})
        return asked

    def _batch_get(self, pending: Mapping[str, Any]) -> Any:
        return self._client().batch_get_item(RequestItems=pending, ReturnConsumedCapacity="TOTAL")

    def _again(self, call: Callable[[], Any]) -> Any:
        return Retry(self._seconds).call(call, passes)


def _left(pending: Mapping[str, Any]) -> StoreError:
    return StoreError(
        "DynamoDB leaves items of a request undone again and again",
        got=f"of {', '.join(pending)}",
        fix="raise the capacity of the table, or let it be on demand",
    )


def _bytes(value: Any) -> bytes:
    """Return bytes as bytes: DAX's client wraps them."""
    return bytes(value)
