"""Rules of the offline suite: `latest` in partitions, by which several workers read it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from provender.plugin import WHOLE, Window
from provender.testing.oracle.rows import rows_of
from provender.testing.oracle.window import key_identity, latest
from provender.testing.suites.examples import KEYS
from provender.testing.suites.offline.base_suite import OfflineSuiteBase
from provender.testing.suites.offline.harness import OfflineHarness
from provender.testing.suites.offline.join_case import ViewRows
from provender.testing.suites.offline.tables import NOON, column, instants, rows_table, view_of
from provender.testing.suites.store_suite import expect, expect_equal
from provender.types import FeatureType, String


class OfflinePartitionRules(OfflineSuiteBase):
    """`latest` can be read in partitions; each key belongs to exactly one of them."""

    @pytest.mark.parametrize(
        ("kind", "keys"), [pytest.param(kind, keys, id=str(kind)) for kind, keys in KEYS]
    )
    def test_partitions_have_each_key_once(
        self, harness: OfflineHarness, kind: FeatureType, keys: Sequence[Any]
    ) -> None:
        """Whatever the type of the keys, the partitions together are the whole."""
        rows = [(key, n, -n, 0) for key in (*keys, None) for n in range(2)]
        view = view_of(rows_table(*rows, key=kind))
        self._expect_whole(harness, view, Window(NOON - 1, NOON), 3)

    def test_partitions_by_composite_keys(self, harness: OfflineHarness) -> None:
        """A thousand keys of a text and a number."""
        import pyarrow as pa

        columns = {
            "a": column([str(n % 7) for n in range(1000)], String),
            "b": list(range(1000)),
            "value": list(range(1000)),
            "event": instants([0] * 1000),
        }
        keys = {"a": "a", "b": "b"}
        view = ViewRows("view", pa.table(columns), keys, {"value": "value"}, created=None)
        self._expect_whole(harness, view, Window(), 16)

    def test_partitions_without_keys(self, harness: OfflineHarness) -> None:
        """One row, and only once."""
        view = ViewRows("world", rows_table((0, 1, -5, 0), (1, 2, 3, 0)), {}, {"value": "value"})
        self._expect_whole(harness, view, Window(), 2)

    def _expect_whole(
        self, harness: OfflineHarness, view: ViewRows, window: Window, wanted: int
    ) -> None:
        read = view.read(view.source(harness))
        store = harness.store
        parts = store.partitions(read, window, wanted)
        expect(len(set(parts)) == len(parts) > 0, "there are partitions, all different", parts)
        got = []
        for part in parts:
            only = () if part == WHOLE else (part,)
            got += rows_of(store.latest(read, window, *only))
        accepted = latest(read, window, rows_of(view.table))
        keys = [key_identity(read, row) for row in got]
        expect_equal(sorted(map(repr, keys)), sorted(map(repr, accepted)), "each key comes once")
        for key, row in zip(keys, got, strict=True):
            expect(row in accepted[key], "the row of a partition is one of the latest", row)
