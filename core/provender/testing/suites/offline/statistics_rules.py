"""Rules of the offline suite: the statistics of a view are those of its rows as they are read."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from provender.clock import from_us
from provender.plugin import OfflineStore, SourceRead, Window
from provender.testing.suites.examples import KEYS, example_types
from provender.testing.suites.offline.base_suite import OfflineSuiteBase
from provender.testing.suites.offline.harness import OfflineHarness
from provender.testing.suites.offline.join_case import ViewRows
from provender.testing.suites.offline.tables import NOON, column, instants, rows_table, view_of
from provender.testing.suites.store_suite import expect, expect_equal
from provender.types import (
    Bool,
    Date,
    Decimal,
    FeatureType,
    Float32,
    Float64,
    Int64,
    String,
    UnixTimestamp,
)

_TYPES = [pytest.param(kind, id=str(kind)) for kind in example_types()]
_KEYS = [pytest.param(kind, values, id=str(kind)) for kind, values in KEYS]
_WINDOWS = [Window(), Window(NOON - 5, NOON + 5), Window(known_at=NOON), Window(NOON + 1, NOON)]


def expect_statistics(
    harness: OfflineHarness, read: SourceRead, rule: str, window: Window | None = None
) -> None:
    """Fail unless the store's statistics are those that are counted from the rows it gives.

    Raises:
        AssertionError: They are not.
    """
    window = window or Window()
    got = harness.store.statistics("view", read, window)
    wanted = OfflineStore.statistics(harness.store, "view", read, window)
    for ours, theirs in zip(got.columns, wanted.columns, strict=True):
        for part in ("name", "type", "nulls", "nans", "distinct", "quantiles", "bins"):
            rule_of_part = f"{rule}: {part} of {theirs.name}, a {theirs.type}"
            expect_equal(getattr(ours, part), getattr(theirs, part), rule_of_part)
    expect_equal(got, wanted, rule)


class OfflineStatisticsRules(OfflineSuiteBase):
    """What `statistics` counts where the rows are is what is counted of the rows."""

    @pytest.mark.parametrize("kind", _TYPES)
    def test_statistics_of_every_type(self, harness: OfflineHarness, kind: FeatureType) -> None:
        """All examples of the type, some several times, and null."""
        values = self.examples_of(kind)
        values = [None, *values, *values[:2], None, values[0]]
        rows = [(n, value, n, 0) for n, value in enumerate(values)]
        view = view_of(rows_table(*rows, value=kind))
        expect_statistics(harness, view.read(view.source(harness)), "statistics of every type")

    @pytest.mark.parametrize("kind", _TYPES)
    def test_statistics_of_nothing_but_nulls(
        self, harness: OfflineHarness, kind: FeatureType
    ) -> None:
        """There is nothing to find, and it is no error."""
        view = view_of(rows_table((1, None, -1, 0), (2, None, -1, 0), value=kind))
        expect_statistics(harness, view.read(view.source(harness)), "statistics of nulls")

    @pytest.mark.parametrize(("kind", "values"), _KEYS)
    def test_statistics_of_every_type_of_key(
        self, harness: OfflineHarness, kind: FeatureType, values: Sequence[Any]
    ) -> None:
        """Keys that look alike are different; a null in a key is counted."""
        rows = [(key, n, n, 0) for n, key in enumerate([*values, None, values[0]])]
        view = view_of(rows_table(*rows, key=kind))
        expect_statistics(harness, view.read(view.source(harness)), "statistics of keys")

    def test_statistics_without_rows(self, harness: OfflineHarness) -> None:
        """No first and no last instant, no quantiles and no bars."""
        view = view_of(rows_table())
        read = view.read(view.source(harness))
        expect_statistics(harness, read, "statistics of no rows")
        expect_equal(harness.store.statistics("view", read, Window()).rows, 0, "no rows")

    @pytest.mark.parametrize("window", _WINDOWS, ids=str)
    def test_statistics_within_a_window(self, harness: OfflineHarness, window: Window) -> None:
        """Both ends count; rows without an instant never do."""
        rows = [(n % 3, n, None if n % 7 == 3 else n - 10, n % 4 - 2) for n in range(20)]
        view = view_of(rows_table(*rows))
        read = view.read(view.source(harness))
        expect_statistics(harness, read, "statistics within a window", window)

    def test_statistics_of_floats_at_their_limits(self, harness: OfflineHarness) -> None:
        """NaN and the infinities, both zeros, and numbers whose distance is beyond all floats."""
        most, least = 1.7976931348623157e308, 5e-324
        values = [most, -most, least, 0.0, -0.0, 0.1, 1e22, float("nan"), float("-nan")]
        values += [float("inf"), float("inf"), float("-inf")]
        rows = [(n, value, n, 0) for n, value in enumerate(values)]
        view = view_of(rows_table(*rows, value=Float64))
        expect_statistics(harness, view.read(view.source(harness)), "statistics of floats")

    def test_statistics_of_floats_that_are_rounded(self, harness: OfflineHarness) -> None:
        """64-bit floats that are read as 32-bit ones are counted as those."""
        values = [0.1, 0.1 + 1e-12, 1 / 3, 16777217.0, 16777219.0, 1e-60, -1e-60, 7e-46, 7.1e-46]
        values += [1e-45, 3e-45, 1.1754944e-38, 3.4028235e38, 2.0**-150, 3 * 2.0**-150, 1.5, -1.5]
        values += [float("nan"), float("inf"), float("-inf"), 0.0, -0.0, 1 + 2.0**-24]
        rows = [(n, value, n, 0) for n, value in enumerate(values)]
        table = rows_table(*rows, value=Float64)
        view = ViewRows("view", table, {"id": "id"}, {"value": "value"}, types={"value": Float32})
        expect_statistics(harness, view.read(view.source(harness)), "statistics of rounded floats")

    @pytest.mark.parametrize("seed", range(3))
    def test_statistics_of_random_rows(self, harness: OfflineHarness, seed: int) -> None:
        """Hundreds of rows with many ties, columns of awkward names."""
        import pyarrow as pa

        chance = random.Random(seed)  # noqa: S311
        count = chance.choice([1, 13, 300])
        kinds: dict[str, tuple[FeatureType, list[Any]]] = {
            "from": (Int64, [chance.randrange(-50, 50) for _ in range(40)]),
            "Größe": (Int64, [chance.randrange(-(2**62), 2**62) for _ in range(90)]),
            "two words": (Float64, [chance.uniform(-1, 1) for _ in range(90)]),
            "narrow": (Float32, [chance.randrange(-99, 99) / 8 for _ in range(30)]),
            "amount": (Decimal(18, 3), _decimals(chance)),
            "label": (String, [f"{chance.randrange(20)} " for _ in range(30)]),
            "flag": (Bool, [True, False, True]),
            "seen": (UnixTimestamp, [from_us(chance.randrange(10**16)) for _ in range(50)]),
            "born": (Date, [date(1970, 1, 1) + timedelta(chance.randrange(99)) for _ in range(9)]),
        }
        columns = {
            name: column([chance.choice([None, *values]) for _ in range(count)], kind)
            for name, (kind, values) in kinds.items()
        }
        table = pa.table(
            {
                "id": column([chance.randrange(5) for _ in range(count)], Int64),
                **columns,
                "event": instants([chance.randrange(100) for _ in range(count)]),
            }
        )
        features = {f"feature_{n}": name for n, name in enumerate(columns)}
        view = ViewRows("view", table, {"id": "id"}, features, created=None)
        expect_statistics(harness, view.read(view.source(harness)), "statistics of random rows")

    def test_statistics_of_a_wide_view(self, harness: OfflineHarness) -> None:
        """Thirty features are counted, in their order."""
        table = rows_table((1, 7, -1, 0), (2, 8, -1, 0), (3, None, -1, 0))
        for n in range(30):
            table = table.append_column(f"f{n}", column([n, -n, n], Int64))
        features = {f"out_{n}": f"f{n}" for n in range(30)}
        view = ViewRows("wide", table, {"id": "id"}, features)
        read = view.read(view.source(harness))
        expect_statistics(harness, read, "statistics of a wide view")
        got = harness.store.statistics("view", read, Window())
        expect(all(c.distinct == 1 + (n > 0) for n, c in enumerate(got.columns[1:])), "in order")

    def test_statistics_leave_nothing_behind(self, harness: OfflineHarness) -> None:
        """Neither tables nor files."""
        view = view_of(rows_table((1, 7, -1, 0)))
        harness.store.statistics("view", view.read(view.source(harness)), Window())
        expect_equal(harness.leftovers(), [], "nothing is left over")


def _decimals(chance: random.Random) -> list[Any]:
    from decimal import Decimal as Number

    return [Number(chance.randrange(-(10**9), 10**9)).scaleb(-3) for _ in range(60)]
