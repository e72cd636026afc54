"""The DynamoDB store, against bare boto3 that makes the same calls from as many threads.

Writing, the bare client puts each item on the condition that none newer is there.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.beside_bare import TABLE, BesideBare
from benchmarks.figures import Figure
from benchmarks.sizes import Sizes
from provender.plugin import OnlineRow, PluginContext

THREADS, MOST_ROWS = 8, 1_000
_NEWER = "attribute_not_exists(k) OR e < :e OR (e = :e AND c <= :c)"


def measure(directory: Path, sizes: Sizes, feast: bool) -> list[Figure]:
    """Write and read beside each other; see `BesideBare`."""
    from servers.dynamodb import dynamodb_settings
    from servers.install import environment

    if environment("ministack") is None:
        print("ministack is not installed: not measured")
        return []
    from provender_aws.dynamodb_configuration import DynamoDBConfig
    from provender_aws.dynamodb_store import DynamoDBStore

    with dynamodb_settings("ministack") as settings:
        config = DynamoDBConfig(**settings, parallel=THREADS)
        store = DynamoDBStore(config, PluginContext("bench", directory))
        store.prepare([TABLE])
        bare = _Bare(settings)
        rows = min(sizes.served, MOST_ROWS)
        figures = list(BesideBare("dynamodb", store, bare, rows, 3_000).figures(sizes))
        bare.close()
        store.close()
        return figures


class _Bare:
    """boto3's client and a table of its own."""

    def __init__(self, settings: dict[str, Any]) -> None:
        import boto3
        from botocore.config import Config

        options = Config(max_pool_connections=THREADS, retries={"mode": "standard"})
        self._client = boto3.client(
            "dynamodb",
            endpoint_url=settings["endpoint"],
            region_name=settings["region"],
            config=options,
        )
        self._client.create_table(
            TableName="bare",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "B"}],
            KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        )
        self._pool = ThreadPoolExecutor(THREADS)

    def write(self, rows: list[OnlineRow]) -> None:
        """Write rows beside each other."""
        list(self._pool.map(self._write, rows))

    def read(self, keys: list[bytes]) -> list[dict[str, Any]]:
        """Read items, a hundred a request."""
        parts = [keys[start : start + 100] for start in range(0, len(keys), 100)]
        if len(parts) == 1:
            return self._read(parts[0])
        return [found for part in self._pool.map(self._read, parts) for found in part]

    def close(self) -> None:
        """Close the connections."""
        self._pool.shutdown()
        self._client.close()

    def _write(self, row: OnlineRow) -> None:
        key, event, created, value = row
        self._client.put_item(
            TableName="bare",
            Item={
                "k": {"B": key},
                "e": {"N": str(event)},
                "c": {"N": str(created)},
                "v": {"B": value},
            },
            ConditionExpression=_NEWER,
            ExpressionAttributeValues={":e": {"N": str(event)}, ":c": {"N": str(created)}},
        )

    def _read(self, keys: list[bytes]) -> list[dict[str, Any]]:
        wanted = [{"k": {"B": key}} for key in dict.fromkeys(keys)]
        answer = self._client.batch_get_item(RequestItems={"bare": {"Keys": wanted}})
        found: list[dict[str, Any]] = answer["Responses"]["bare"]
        return found
