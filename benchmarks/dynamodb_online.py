"""The DynamoDB store, against bare boto3 that makes the same calls from as many threads.

Writing, the bare client puts each item on the condition that none newer is there.
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.figures import Figure, in_turns, ratio
from benchmarks.sizes import Sizes
from provender.plugin import OnlineRow, OnlineTable, PluginContext

if TYPE_CHECKING:
    from provender_aws.dynamodb_store import DynamoDBStore

THREADS, VALUE_BYTES, MOST_ROWS = 8, 100, 1_000
READS = (1, 100, 1_000)
TABLE = OnlineTable("bench", "v")
AIM, AT_MOST = "≤ 1.11 ×", 1 / 0.9
"""As many rows per second as 0.9 of the bare client's."""
_NEWER = "attribute_not_exists(k) OR e < :e OR (e = :e AND c <= :c)"


def measure(directory: Path, sizes: Sizes, feast: bool) -> list[Figure]:
    """Write all rows anew, over and over, and read one, a hundred and a thousand of them.

    The rows of each round are newer than those before, so that every one of them is written.
    """
    from servers.dynamodb import dynamodb_settings, ministack_server
    from servers.install import environment

    if environment("ministack") is None:
        print("ministack is not installed: not measured")
        return []
    from provender_aws.dynamodb_configuration import DynamoDBConfig
    from provender_aws.dynamodb_store import DynamoDBStore

    with dynamodb_settings(ministack_server) as settings:
        config = DynamoDBConfig(**settings, parallel=THREADS)
        store = DynamoDBStore(config, PluginContext("bench", directory))
        store.prepare([TABLE])
        bare = _Bare(settings)
        chance = random.Random(1)
        keys = [b"key-%d" % n for n in range(min(sizes.served, MOST_ROWS))]
        values = [chance.randbytes(VALUE_BYTES) for _ in keys]
        figures = [_write(bare, store, keys, values, sizes), *_read(bare, store, keys, sizes)]
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


def _write(
    bare: _Bare, store: DynamoDBStore, keys: list[bytes], values: list[bytes], sizes: Sizes
) -> Figure:
    rounds = iter(range(1_000_000))

    def rows() -> list[OnlineRow]:
        event = next(rounds)
        return [(key, event, 0, value) for key, value in zip(keys, values, strict=True)]

    own, base = in_turns(
        lambda: store.write(TABLE, rows()), lambda: bare.write(rows()), rounds=sizes.rounds
    )
    return _figure(f"dynamodb write, {len(keys):,} rows", own, base, len(keys))


def _read(bare: _Bare, store: DynamoDBStore, keys: list[bytes], sizes: Sizes) -> Iterator[Figure]:
    choose = random.Random(2)
    for batch in READS:
        calls = max(1, min(sizes.reads // 4, 3_000 // batch))
        parts = [choose.choices(keys, k=batch) for _ in range(calls)]
        own, base = in_turns(
            lambda parts=parts: [store.read(TABLE, part) for part in parts],
            lambda parts=parts: [bare.read(part) for part in parts],
            rounds=sizes.long_rounds,
        )
        yield _figure(f"dynamodb read, {batch:,} at a time", own, base, calls * batch)


def _figure(what: str, own: list[float], base: list[float], count: int) -> Figure:
    ours, theirs = (f"{count / statistics.median(seconds):,.0f}/s" for seconds in (own, base))
    found = ratio(own, base)
    return Figure(what, ours, f"{theirs} (bare boto3)", found, AIM, found <= AT_MOST)
