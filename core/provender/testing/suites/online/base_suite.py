"""The fixtures of the online suite, and what its tests ask of a store."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar
from uuid import uuid4

import pytest

from provender.plugin import OnlineRow, OnlineStore, OnlineTable, Role
from provender.testing.oracle.online import OnlineOracle
from provender.testing.suites.store_suite import StoreSuite, expect_equal


class OnlineSuiteBase(StoreSuite):
    """An online store, a table in it, and comparisons with the oracle."""

    role: ClassVar[Role] = "online"

    @pytest.fixture
    def store(self, open_store: Callable[[], OnlineStore]) -> OnlineStore:
        """An open store."""
        return open_store()

    @pytest.fixture
    def new_table(self, store: OnlineStore) -> Iterator[Callable[..., OnlineTable]]:
        """Make a prepared table that no other test uses; all of them are dropped in the end."""
        made: list[OnlineTable] = []
        run = uuid4().hex[:10]

        def make(view: str = "view", project: str = "suite", ttl: int | None = None) -> OnlineTable:
            table = OnlineTable(f"{project}_{run}", view, ttl)
            store.prepare([table])
            made.append(table)
            return table

        yield make
        store.drop(made)

    @pytest.fixture
    def table(self, new_table: Callable[..., OnlineTable]) -> OnlineTable:
        """A prepared table without rows."""
        return new_table()


def row(key: bytes, event: int = 1, created: int = 1, value: bytes = b"value") -> OnlineRow:
    """Return an online row; timestamps are in µs."""
    return key, event, created, value


def expect_rows(
    store: OnlineStore,
    table: OnlineTable,
    keys: Sequence[bytes],
    expected: Sequence[OnlineRow | None],
    rule: str,
) -> None:
    """Fail, showing the first keys that disagree, unless the store gives the expected rows.

    Raises:
        AssertionError: It does not.
    """
    got = store.read(table, keys)
    expect_equal(len(got), len(keys), "a read gives one answer for each key")
    wrong = [
        (key, want, came)
        for key, want, came in zip(keys, expected, got, strict=True)
        if want != (None if came is None else tuple(came))
    ]
    if wrong:
        smallest = sorted(wrong, key=lambda item: len(item[0]) + len(repr(item[2])))[:3]
        lines = [
            f"  key {k!r:.60}\n    expected {w!r:.200}\n    got      {c!r:.200}"
            for k, w, c in smallest
        ]
        head = f"{rule}: {len(wrong)} of {len(keys)} keys disagree"
        raise AssertionError("\n".join([head, *lines]))


def expect_merge(
    store: OnlineStore, table: OnlineTable, batches: Sequence[Sequence[OnlineRow]], rule: str
) -> None:
    """Write batches to the store and to the oracle, and fail unless both hold the same.

    Raises:
        AssertionError: They do not.
    """
    oracle = OnlineOracle()
    for batch in batches:
        store.write(table, batch)
        oracle.write(table, batch)
    keys = sorted({row[0] for batch in batches for row in batch})
    expect_rows(store, table, keys, oracle.read(table, keys), rule)
