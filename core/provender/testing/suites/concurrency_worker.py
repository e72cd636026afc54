"""One process of a crowd: ``python -m provender.testing.suites.concurrency_worker``.

It reads its task from the first line of its input, opens the store, says ``ready``, waits for
another line, works and prints one line of JSON.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from provender.errors import Conflict
from provender.plugin import OnlineStore, OnlineTable, Registry
from provender.testing.suites.store_opener import StoreOpener


def online_task(
    opener: StoreOpener, table: OnlineTable, seed: int, keys: int, versions: int
) -> str:
    """Return the task of writing `versions` of each of `keys` keys, in an order of its own."""
    work = {"seed": seed, "keys": keys, "versions": versions}
    return json.dumps({"opener": opener.to_json(), "table": [table.project, table.view], **work})


def registry_task(opener: StoreOpener, document: str, member: int, times: int) -> str:
    """Return the task of adding `times` lines to a document by compare-and-swap."""
    work = {"document": document, "member": member, "times": times}
    return json.dumps({"opener": opener.to_json(), **work})


def write_versions(
    store: OnlineStore, table: OnlineTable, *, seed: int, keys: int, versions: int
) -> None:
    """Write every version of every key in a random order, in batches of many sizes.

    The value of a row says which version it is, so that a torn row shows.
    """
    import random

    order = random.Random(seed)  # noqa: S311 - the order only has to differ
    rows = [
        (b"key-%d" % key, version, version % 3, b"version-%d" % version)
        for key in range(keys)
        for version in range(versions)
    ]
    order.shuffle(rows)
    while rows:
        size = order.randint(1, 40)
        store.write(table, rows[:size])
        del rows[:size]


def add_lines(
    write: Callable[[str, bytes, int], int],
    registry: Registry,
    document: str,
    *,
    member: int,
    times: int,
) -> None:
    """Add lines to a document, each by reading it and writing it back until nobody came between.

    Args:
        write: The registry's `write` or `replace`.
        registry: The registry.
        document: The document's name.
        member: The number of the writer, which is in each of its lines.
        times: How many lines are added.
    """
    for number in range(times):
        while True:
            found = registry.read(document)
            payload, version = (found.payload, found.version) if found else (b"", 0)
            try:
                write(document, payload + b"%d:%d\n" % (member, number), version)
            except Conflict:
                continue
            break


def _work(store: Any, task: dict[str, Any]) -> None:
    if "table" in task:
        numbers = {name: task[name] for name in ("seed", "keys", "versions")}
        write_versions(store, OnlineTable(*task["table"]), **numbers)
    else:
        add_lines(store.write, store, task["document"], member=task["member"], times=task["times"])


def main() -> None:
    """Do the task that is given on the standard input."""
    task = json.loads(sys.stdin.readline())
    store = StoreOpener.from_json(task["opener"]).open()
    print("ready", flush=True)  # noqa: T201 - the signal to the parent
    sys.stdin.readline()
    _work(store, task)
    store.close()
    print("done", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
