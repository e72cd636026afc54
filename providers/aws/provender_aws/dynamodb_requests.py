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
from provender_aws.dynamodb_items import CREATED, EVENT, KEY, LONG, VALUE, item
from provender_aws.dynamodb_usage import Usage
from provender_aws.errors import code, passes

MOST_READ, MOST_DELETED = 100, 25
"""The items that DynamoDB takes in one request."""
_SAMPLE_PAGES = 4
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

    def put(self, table: str, key: bytes, row: OnlineRow, ttl: int | None) -> bool:
        """Write a row, unless a newer one is there; return whether it was written."""
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
            return False
        self._usage.note("write units", answer)
        return True

    def swap(
        self, table: str, key: bytes, expected: OnlineRow | None, row: OnlineRow, ttl: int | None
    ) -> bool:
        """Write a row if the one that is there is `expected`; return whether it was.

        A condition may compare the whole item, its value too; a write whose condition does not
        hold is paid for as one. It needs the permission ``dynamodb:PutItem``.
        https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutItem.html

        Raises:
            StoreError: The SDK sent it more than once, so that nobody knows whose row is there.
        """
        condition: dict[str, Any] = {
            "ConditionExpression": "attribute_not_exists(#k)",
            "ExpressionAttributeNames": {"#k": KEY},
        }
        if expected is not None:
            _, event, created, value = expected
            condition = {
                "ConditionExpression": "#e = :e AND #c = :c AND #v = :v",
                "ExpressionAttributeNames": {"#e": EVENT, "#c": CREATED, "#v": VALUE},
                "ExpressionAttributeValues": {
                    ":e": {"N": str(event)},
                    ":c": {"N": str(created)},
                    ":v": {"B": value},
                },
            }
        try:
            answer = self._client().put_item(
                TableName=table,
                Item=item(key, row, ttl),
                ReturnConsumedCapacity="TOTAL",
                **condition,
            )
        except Exception as error:
            if code(error) != "ConditionalCheckFailedException":
                raise
            self._usage.note("write units", {"ConsumedCapacity": {"CapacityUnits": 1}})
            if _sent_again(error):
                raise _unknown() from error
            return False
        self._usage.note("write units", answer)
        return True

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
        """Delete items, whatever they hold: from one to 25 of them, each once.

        DynamoDB takes from one to 25 requests in a batch and refuses it when two are for one
        item; deleting what is not there is allowed; what it returns as unprocessed is to be sent
        again, after a pause. It needs the permission ``dynamodb:BatchWriteItem``.
        https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html

        Raises:
            StoreError: DynamoDB leaves items out again and again.
        """
        pending: Any = {table: [{"DeleteRequest": {"Key": {KEY: {"B": key}}}} for key in keys]}
        retry = Retry(self._seconds)
        while pending:
            answer = self._again(
                lambda: self._client().batch_write_item(
                    RequestItems=pending,  # noqa: B023 - called at once
                    ReturnConsumedCapacity="TOTAL",
                )
            )
            self._usage.note("write units", answer)
            before, pending = pending, answer.get("UnprocessedItems") or {}
            if pending and len(pending[table]) < len(before[table]):
                retry.restart()
            elif pending:
                retry.after_failure(_left(pending), transient=True)

    def scan(self, table: str, begin: bytes) -> Iterator[list[dict[str, Any]]]:
        """Return the items whose keys begin so, a page at a time, each with its keys alone.

        All of the table is read, and paid for, up to 1 MB for each page; the read is consistent,
        so that every item is found that was there before it began. It needs the permission
        ``dynamodb:Scan``.
        https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Scan.html
        """
        more: dict[str, Any] = {}
        while True:
            answer = self._again(
                lambda: self._client().scan(
                    TableName=table,
                    ProjectionExpression="#k, #l",
                    ExpressionAttributeNames={"#k": KEY, "#l": LONG},
                    ConsistentRead=True,
                    ReturnConsumedCapacity="TOTAL",
                    **more,  # noqa: B023 - called at once
                )
            )
            self._usage.note("read units", answer)
            yield [one for one in answer["Items"] if _bytes(one[KEY]["B"]).startswith(begin)]
            if not answer.get("LastEvaluatedKey"):
                return
            more = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def sample(self, table: str, begin: bytes, most: int) -> tuple[list[dict[str, Any]], int, bool]:
        """Return items whose keys begin so among the first ones of a table.

        Args:
            table: The table.
            begin: What the keys begin with.
            most: How many items are read, and paid for; fewer when they are large.

        Returns:
            The items, how many were read, and whether these were all of the table.
        """
        found: list[dict[str, Any]] = []
        looked, more = 0, dict[str, Any]()
        for _ in range(_SAMPLE_PAGES):
            answer = self._again(
                lambda: self._client().scan(
                    TableName=table,
                    Limit=most - looked,  # noqa: B023 - called at once
                    ConsistentRead=True,
                    ReturnConsumedCapacity="TOTAL",
                    **more,  # noqa: B023 - called at once
                )
            )
            self._usage.note("read units", answer)
            looked += len(answer["Items"])
            found += [one for one in answer["Items"] if _bytes(one[KEY]["B"]).startswith(begin)]
            if not answer.get("LastEvaluatedKey"):
                return found, looked, True
            if looked >= most:
                break
            more = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
        return found, looked, False

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


def _sent_again(error: BaseException) -> bool:
    """Return whether the SDK sent a request more than once before this error came."""
    answer = getattr(error, "response", None) or {}
    return bool(answer.get("ResponseMetadata", {}).get("RetryAttempts"))


def _unknown() -> StoreError:
    return StoreError(
        "a response of DynamoDB was lost, so the row may or may not have been swapped",
        fix="read the row, and swap it again if it is still the one that you expect",
    )


def _left(pending: Mapping[str, Any]) -> StoreError:
    return StoreError(
        "DynamoDB repeatedly left items of a request unprocessed",
        got=f"of {', '.join(pending)}",
        fix="raise the capacity of the table, or make it on-demand",
    )


def _bytes(value: Any) -> bytes:
    """Return bytes as bytes: DAX's client wraps them."""
    return bytes(value)
