"""Rules of the offline suite: `rows` and `latest` within windows, and rows that are appended."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from provender.errors import SourceError
from provender.plugin import SourceRead, Window
from provender.testing.oracle.difference import explain_unordered
from provender.testing.oracle.rows import Row, rows_of
from provender.testing.oracle.window import key_identity, latest, rows_in
from provender.testing.suites.offline.base_suite import OfflineSuiteBase
from provender.testing.suites.offline.harness import OfflineHarness
from provender.testing.suites.offline.join_case import JoinCase, ViewRows
from provender.testing.suites.offline.tables import (
    NOON,
    column,
    instants,
    rows_table,
    spine_of,
    view_of,
)
from provender.testing.suites.store_suite import expect, expect_equal, expect_no
from provender.types import Int64, String

_WINDOWS = [
    pytest.param(start, end, late, known, id=f"{start} to {end}, late {late}, known {known}")
    for start, end, late, known in product([None, -5, 0], [None, 0, 6], [None, 3], [None, 4])
]
_ROWS = [
    (key, 100 * (key or 0) + number, event, created)
    for key in (1, 2, 3, None)
    for number, (event, created) in enumerate(product([-6, -5, 0, 6, 7, None], [2, 3, 5, None]))
    if (key or 0) != 2 or number % 3
]


def _window(start: int | None, end: int | None, late: int | None, known: int | None) -> Window:
    return Window(*[None if part is None else NOON + part for part in (start, end, late, known)])


def expect_latest(
    harness: OfflineHarness, read: SourceRead, window: Window, rows: list[dict[str, Any]], rule: str
) -> None:
    """Fail unless `latest` gives, for each key, one of the rows that the oracle accepts.

    Raises:
        AssertionError: It does not.
    """
    accepted = latest(read, window, rows)
    got: list[dict[str, Any]] = rows_of(harness.store.latest(read, window))
    wanted: list[Row] = []
    for key, choices in accepted.items():
        came = [row for row in got if key_identity(read, row) == key]
        right = [row for row in choices if row in came]
        wanted.append(right[0] if right else choices[0])
    expect_no(explain_unordered(wanted, got), rule)


class OfflineWindowRules(OfflineSuiteBase):
    """Both ends of a window are included; late rows and later knowledge are told apart."""

    @pytest.mark.parametrize(("start", "end", "late", "known"), _WINDOWS)
    def test_rows_within_a_window(
        self,
        harness: OfflineHarness,
        start: int | None,
        end: int | None,
        late: int | None,
        known: int | None,
    ) -> None:
        """Events at, before and after both ends, created before and after."""
        view = view_of(rows_table(*[row for row in _ROWS if row[0]]))
        read, window = view.read(view.source(harness)), _window(start, end, late, known)
        wanted = rows_in(read, window, rows_of(view.table))
        got = rows_of(harness.store.rows(read, window))
        expect_no(explain_unordered(wanted, got), f"rows within {window}")

    @pytest.mark.parametrize(("start", "end", "late", "known"), _WINDOWS)
    def test_latest_within_a_window(
        self,
        harness: OfflineHarness,
        start: int | None,
        end: int | None,
        late: int | None,
        known: int | None,
    ) -> None:
        """The newest of each key among the rows of the window; null keys do not count."""
        view = view_of(rows_table(*_ROWS))
        read, window = view.read(view.source(harness)), _window(start, end, late, known)
        expect_latest(harness, read, window, rows_of(view.table), f"latest within {window}")

    def test_window_that_ends_before_it_starts_is_empty(self, harness: OfflineHarness) -> None:
        """It is no error."""
        view = view_of(rows_table(*_ROWS))
        read, window = view.read(view.source(harness)), Window(NOON + 1, NOON)
        both = [harness.store.rows(read, window), harness.store.latest(read, window)]
        expect_equal([rows_of(reader) for reader in both], [[], []], "the window is empty")

    @pytest.mark.parametrize("window", [Window(), Window(0, 1), Window(late_since=0)], ids=str)
    def test_source_without_rows(self, harness: OfflineHarness, window: Window) -> None:
        """An empty answer of the right columns."""
        view = view_of(rows_table())
        read = view.read(view.source(harness))
        both = [harness.store.rows(read, window), harness.store.latest(read, window)]
        expect_equal([rows_of(reader) for reader in both], [[], []], "there is nothing to read")

    def test_latest_without_a_created_timestamp(self, harness: OfflineHarness) -> None:
        """The created column of the result is null."""
        rows = [(1, 1, -5, 9), (1, 2, -4, 1), (2, 3, -4, 1), (2, 3, -4, 2)]
        view = view_of(rows_table(*rows), created=False)
        read = view.read(view.source(harness))
        expect_latest(harness, read, Window(), rows_of(view.table), "latest without created")

    def test_latest_by_composite_keys(self, harness: OfflineHarness) -> None:
        """(1, 23) and (12, 3) are different keys."""
        import pyarrow as pa

        columns = {
            "a": column(["1", "12", "1", None], String),
            "b": column(["23", "3", "23", "x"], String),
            "value": [1, 2, 3, 4],
            "event": instants([0, 0, 1, 0]),
        }
        keys = {"a": "a", "b": "b"}
        view = ViewRows("view", pa.table(columns), keys, {"value": "value"}, created=None)
        read = view.read(view.source(harness))
        expect_latest(harness, read, Window(), rows_of(view.table), "latest by composite keys")

    def test_latest_without_keys_is_one_row(self, harness: OfflineHarness) -> None:
        """A view of the world as a whole."""
        view = ViewRows("world", rows_table((0, 1, -5, 0), (1, 2, 3, 0)), {}, {"value": "value"})
        read = view.read(view.source(harness))
        expect_latest(harness, read, Window(), rows_of(view.table), "latest without keys")

    def test_latest_of_many_keys(self, harness: OfflineHarness) -> None:
        """Twenty thousand keys with three rows each, in several batches if need be."""
        rows = [(key, n, n - key % 3, 0) for n in range(3) for key in range(20_000)]
        view = view_of(rows_table(*rows))
        read = view.read(view.source(harness))
        got = {row["id"]: row["feature_0"] for row in rows_of(harness.store.latest(read, Window()))}
        expect(got == dict.fromkeys(range(20_000), 2), "latest of many keys", len(got))


class OfflineAppendRules(OfflineSuiteBase):
    """`append` adds all rows or none, and they are seen at once."""

    def _values(self, harness: OfflineHarness, read: SourceRead) -> list[int]:
        return sorted(row["feature_0"] for row in rows_of(harness.store.rows(read, Window())))

    def test_appended_rows_are_read(self, harness: OfflineHarness) -> None:
        """By `rows`, by `latest` and by a join."""
        before, after = rows_table((1, 1, -9, 0)), rows_table((1, 2, -5, 0), (2, 3, -5, 0))
        view = view_of(before)
        source = view.source(harness)
        harness.store.append(source, after)
        expect_equal(self._values(harness, view.read(source)), [1, 2, 3], "rows are appended")
        import pyarrow as pa

        whole = view_of(pa.concat_tables([before, after]))
        expect_latest(
            harness, view.read(source), Window(), rows_of(whole.table), "they are the latest"
        )
        problem = JoinCase(spine_of((1, 0), (2, 0)), (whole,))
        plan = problem.plan({"view": source})
        from provender.plugin import TableSpine

        got = harness.store.historical(plan, TableSpine(problem.spine))
        expect_no(problem.difference(plan, got), "appended rows are joined")

    def test_append_several_times(self, harness: OfflineHarness) -> None:
        """Each adds to what was there."""
        view = view_of(rows_table((1, 0, 0, 0)))
        source = view.source(harness)
        for number in range(1, 6):
            harness.store.append(source, rows_table((number, number, number, 0)))
        expect_equal(self._values(harness, view.read(source)), [0, 1, 2, 3, 4, 5], "all are there")

    def test_append_of_the_same_rows_adds_them_again(self, harness: OfflineHarness) -> None:
        """It is a log, not a set."""
        view = view_of(rows_table((1, 0, 0, 0)))
        source = view.source(harness)
        for _ in range(2):
            harness.store.append(source, view.table)
        expect_equal(self._values(harness, view.read(source)), [0, 0, 0], "duplicates are kept")

    def test_append_of_no_rows_changes_nothing(self, harness: OfflineHarness) -> None:
        """An empty table is allowed."""
        view = view_of(rows_table((1, 0, 0, 0)))
        source = view.source(harness)
        harness.store.append(source, rows_table())
        expect_equal(self._values(harness, view.read(source)), [0], "nothing was added")

    def test_columns_are_appended_by_name(self, harness: OfflineHarness) -> None:
        """Their order does not matter."""
        view = view_of(rows_table((1, 0, 0, 0)))
        source = view.source(harness)
        shuffled = rows_table((7, 5, 3, 1)).select(["created", "value", "event", "id"])
        harness.store.append(source, shuffled)
        expect_equal(self._values(harness, view.read(source)), [0, 5], "columns go by name")

    @pytest.mark.parametrize("fault", ["a column is missing", "a column too many", "wrong type"])
    def test_rows_of_other_columns_are_refused(self, harness: OfflineHarness, fault: str) -> None:
        """A SourceError, and nothing is added."""
        view = view_of(rows_table((1, 0, 0, 0)))
        source = view.source(harness)
        table = rows_table((2, 5, 5, 5))
        wrong = {
            "a column is missing": table.drop_columns(["value"]),
            "a column too many": table.append_column("more", column([1], Int64)),
            "wrong type": table.set_column(1, "value", column(["text"], String)),
        }[fault]
        with pytest.raises(SourceError):
            harness.store.append(source, wrong)
        expect_equal(self._values(harness, view.read(source)), [0], "nothing was added")
        expect_equal(harness.leftovers(), [], "nothing is left over")
