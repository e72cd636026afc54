"""Rules of the offline suite: the shape of a result: its rows, their order, its columns."""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from provender.plugin import Column, HistoricalPlan, SourceRead, TableSpine, ViewJoin, reading
from provender.testing.oracle.rows import rows_of
from provender.testing.suites.capabilities import needs
from provender.testing.suites.concurrency import in_threads
from provender.testing.suites.examples import EXAMPLES, example_types
from provender.testing.suites.offline.base_suite import OfflineSuiteBase
from provender.testing.suites.offline.harness import OfflineHarness
from provender.testing.suites.offline.join_case import JoinCase, ViewRows
from provender.testing.suites.offline.tables import (
    HOUR,
    case_of,
    column,
    instants,
    rows_table,
    spine_of,
    view_of,
)
from provender.testing.suites.store_suite import expect, expect_equal
from provender.types import FeatureType, Int64, from_arrow

_ROWS = [(key, key * 10, -1, 0) for key in range(1, 6)]


class OfflineResultRules(OfflineSuiteBase):
    """One row per spine row, in the spine's order, with all its columns."""

    def test_order_of_the_spine_is_kept(self, harness: OfflineHarness) -> None:
        """Neither keys nor instants are sorted."""
        spine = [(3, 0), (1, 5), (2, -5), (5, 3), (1, 0), (4, -9)]
        case_of(spine, _ROWS).check(harness, "the order of the spine is kept")

    def test_duplicates_of_the_spine_are_kept(self, harness: OfflineHarness) -> None:
        """Equal rows give equal rows."""
        spine = [(1, 0), (2, 0), (1, 0), (1, 0), (9, 0), (9, 0)]
        case_of(spine, _ROWS).check(harness, "duplicates of the spine are kept")

    def test_rows_without_a_match_are_kept_with_nulls(self, harness: OfflineHarness) -> None:
        """No row is ever lost."""
        case_of([(7, 0), (1, 0), (8, 0)], _ROWS).check(harness, "no match gives nulls")

    @pytest.mark.parametrize(
        ("spine", "rows"),
        [
            pytest.param([], _ROWS, id="no spine rows"),
            pytest.param([(1, 0), (None, None)], [], id="no source rows"),
            pytest.param([], [], id="neither"),
            pytest.param([(None, None)], [(None, None, None, None)], id="only nulls"),
            pytest.param([(1, 0)], [(1, 7, 0, 0)], id="one of each"),
        ],
    )
    def test_empty_inputs(
        self,
        harness: OfflineHarness,
        spine: list[tuple[Any, Any]],
        rows: list[tuple[Any, Any, Any, Any]],
    ) -> None:
        """The columns and their types are there whatever the rows."""
        case_of(spine, rows).check(harness, "empty inputs are inputs")
        case_of(spine, rows, ttl=5).check(harness, "empty inputs are inputs, with a ttl")

    @pytest.mark.parametrize("carried", example_types(), ids=str)
    def test_columns_of_the_spine_are_carried_through(
        self, harness: OfflineHarness, carried: FeatureType
    ) -> None:
        """Values and type of a column that is neither key nor instant, also of one not stored."""
        kind = carried
        values = [None, *(value for of, _, value in EXAMPLES if of == kind)]
        spine = spine_of(*[(n % 3, n) for n in range(len(values))])
        spine = spine.add_column(1, "label", column(values, kind))
        problem = JoinCase(spine, (view_of(rows_table(*_ROWS)),))
        problem.check(harness, f"spine columns of type {kind} are carried through")
        plan = problem.stored(harness)
        got = harness.store.historical(plan, TableSpine(spine)).schema.field("label").type
        expect_equal(from_arrow(got), kind, "the type of a spine column is kept")

    def test_columns_that_no_feature_can_have_are_carried_through(
        self, harness: OfflineHarness
    ) -> None:
        """They are part of the result as they were given, also where the store has no such type."""
        import pyarrow as pa

        spine = spine_of((1, 0), (9, 0), (2, 0))
        columns = {
            "length": pa.array([1, None, 3], pa.duration("ns")),
            "half": pa.array([1.5, None, -2.0], pa.float32()).cast(pa.float16()),
            "wide": pa.array([Decimal(10) ** 60, None, Decimal(1)], pa.decimal256(76, 2)),
            "lists": pa.array([[1], None, []], pa.list_view(pa.int8())),
            "runs": pa.RunEndEncodedArray.from_arrays([2, 3], ["a", "b"]),
            "codes": pa.array(["a", None, "a"]).dictionary_encode(),
            "known": pa.array([b"\0" * 16, None, b"\1" * 16], pa.binary(16)).cast(pa.uuid()),
            "months": pa.array([(1, 2, 3), None, (0, 0, 1)], pa.month_day_nano_interval()),
        }
        for name, values in columns.items():
            spine = spine.append_column(name, values)
        problem = JoinCase(spine_of((1, 0), (9, 0), (2, 0)), (view_of(rows_table(*_ROWS)),))
        plan = replace(problem.stored(harness), spine_columns=tuple(spine.column_names))
        with reading(harness.store.historical(plan, TableSpine(spine))) as reader:
            got = reader.read_all()
        for name, values in columns.items():
            found = got.column(name).combine_chunks()
            rule = f"an entity row's column of type {values.type} is carried through"
            expect_equal(found.type, values.type, rule)
            expect_equal(found.to_pylist(), values.to_pylist(), rule)

    def test_spine_without_other_columns_than_the_instant(self, harness: OfflineHarness) -> None:
        """A view without keys joined to bare instants."""
        import pyarrow as pa

        view = ViewRows("world", rows_table((0, 1, 0, 0)), {}, {"value": "value"})
        spine = pa.table({"q": instants([1, -1, 0])})
        JoinCase(spine, (view,)).check(harness, "the spine may have no key")

    def test_several_views_stand_side_by_side(self, harness: OfflineHarness) -> None:
        """Each with a key, a ttl and ties of its own."""
        import pyarrow as pa

        first = rows_table((1, 1, -5, 0), (2, 2, -50, 0), (1, 3, -5, 1))
        second = rows_table((7, 70, -3, 0), (8, 80, 3, 0), (8, 81, -30, 0))
        table = {"id": [1, 2, 1], "other": [8, 7, None], "q": instants([0, 0, 0])}
        one = ViewRows("one", first, {"id": "id"}, {"one__value": "value"}, ttl=10)
        two = ViewRows("two", second, {"other": "id"}, {"two__value": "value"})
        both = {"two__value_again": "value", "two__event": "event"}
        three = ViewRows("three", second, {"id": "id"}, both, created=None)
        problem = JoinCase(pa.table(table), (one, two, three))
        problem.check(harness, "several views stand side by side")

    def test_two_views_of_one_source(self, harness: OfflineHarness) -> None:
        """The same rows, once by one key with a ttl and once by another without."""
        import pyarrow as pa

        table = rows_table((1, 5, -20, 0), (2, 1, -10, 0), (1, 2, -3, 0))
        one = ViewRows("one", table, {"id": "id"}, {"one__value": "value"}, ttl=5)
        two = ViewRows("two", table, {"code": "value"}, {"two__id": "id"})
        spine = pa.table({"id": [1, 2], "code": [5, 2], "q": instants([0, 0])})
        problem = JoinCase(spine, (one, two))
        source = one.source(harness)
        plan = problem.plan({"one": source, "two": source})
        got = harness.store.historical(plan, TableSpine(spine))
        expect(problem.difference(plan, got) is None, "two views may read one source")

    def test_ten_views_at_once(self, harness: OfflineHarness) -> None:
        """Ten sources in one join."""
        views = tuple(
            view_of(rows_table((1, n, -n, 0), (2, -n, n, 0)), ttl=5 + n % 2, name=f"view_{n}")
            for n in range(10)
        )
        spine = spine_of((1, 0), (2, 0), (1, 3))
        JoinCase(spine, views).check(harness, "ten views can be joined at once")

    def test_hundred_features_of_one_view(self, harness: OfflineHarness) -> None:
        """Wide rows keep their columns in the order of the plan."""
        table = rows_table((1, 7, -1, 0), (2, 8, -1, 0))
        names = [f"f{n}" for n in range(100)]
        for n, name in enumerate(names):
            table = table.append_column(name, column([n, -n], Int64))
        features = {f"out_{name}": name for name in reversed(names)}
        view = ViewRows("wide", table, {"id": "id"}, features)
        JoinCase(spine_of((2, 0), (1, 0), (3, 0)), (view,)).check(harness, "wide rows are kept")

    def test_one_feature_under_two_names(self, harness: OfflineHarness) -> None:
        """Nothing forbids it."""
        features = {"once": "value", "twice": "value", "the_key": "id"}
        view = ViewRows("view", rows_table(*_ROWS), {"id": "id"}, features)
        JoinCase(spine_of((1, 0)), (view,)).check(harness, "a feature may come out twice")

    def test_join_key_may_have_another_name_in_the_spine(self, harness: OfflineHarness) -> None:
        """The spine says ``customer`` where the source says ``id``."""
        spine = spine_of((1, 0), (2, 0)).rename_columns(["customer", "q"])
        view = ViewRows("view", rows_table(*_ROWS), {"customer": "id"}, {"value": "value"})
        JoinCase(spine, (view,)).check(harness, "keys are matched by the plan, not by name")

    def test_field_mapping_names_the_columns_of_the_source(self, harness: OfflineHarness) -> None:
        """The view's ``price`` is the source's ``raw price``, its ``id`` the source's ``key``."""
        stored = rows_table(*_ROWS).rename_columns(["key", "raw price", "event", "created"])
        mapping = {"raw price": "price", "key": "id"}
        source = harness.source(stored, timestamp_field="event", field_mapping=mapping)
        key = Column(source.column_of("id"), "id", Int64)
        price = Column(source.column_of("price"), "price", Int64)
        read = SourceRead(source, (key,), (price,), "event")
        join = ViewJoin("view", read, ("id",), ("price",))
        plan = HistoricalPlan("q", ("id", "q"), (join,), None, {"id": Int64})
        got = rows_of(harness.store.historical(plan, TableSpine(spine_of((2, 0), (9, 0)))))
        prices = [row["price"] for row in got]
        expect_equal(prices, [20, None], "a field mapping names the columns of the source")

    @pytest.mark.parametrize("seed", range(5))
    def test_hundreds_of_random_rows_agree_with_the_oracle(
        self, harness: OfflineHarness, seed: int
    ) -> None:
        """Few keys and few instants, so that ties and edges abound."""
        chance = random.Random(seed)  # noqa: S311

        def maybe(value: int) -> int | None:
            return None if chance.random() < 0.05 else value

        rows = [
            (
                maybe(chance.randrange(8)),
                maybe(chance.randrange(1000)),
                maybe(chance.randrange(-60, 60)),
                maybe(chance.randrange(4)),
            )
            for _ in range(300)
        ]
        spine = [(maybe(chance.randrange(9)), maybe(chance.randrange(-70, 70))) for _ in range(150)]
        ttl = chance.choice([None, 1, 5, 30])
        known = chance.choice([None, 0, 2])
        problem = case_of(spine, rows, ttl=ttl, created=seed % 2 == 0, known_at=known)
        problem.check(harness, "random rows agree with the oracle")

    def test_large_result_comes_in_batches_and_in_order(self, harness: OfflineHarness) -> None:
        """`large` rows, never all in one batch."""
        import pyarrow as pa

        count = self.large
        table = {
            "n": pa.array(range(count)),
            "id": pa.array([n % 7 for n in range(count)]),
            "q": pa.repeat(instants([0])[0], count),
        }
        problem = JoinCase(pa.table(table), (view_of(rows_table(*_ROWS)),))
        batches = list(harness.store.historical(problem.stored(harness), TableSpine(problem.spine)))
        expect(len(batches) > 1, "a large result is streamed in batches", len(batches))
        whole = pa.Table.from_batches(batches)
        order = whole.column("n").combine_chunks()
        expect(order.equals(table["n"]), "the order is the spine's")
        features = whole.column("view__value").to_pylist()
        known = {key: value for key, value, _, _ in _ROWS}
        wanted = [known.get(n % 7) for n in range(count)]
        expect(features == wanted, "every row has its features")

    def test_four_joins_at_once_do_not_disturb_each_other(self, harness: OfflineHarness) -> None:
        """Four threads, one store."""
        problems = [
            case_of([(1, n * HOUR)], [(1, n, n * HOUR, 0), (1, -n, -HOUR, 0)]) for n in range(4)
        ]
        plans = [problem.stored(harness) for problem in problems]

        def ask(number: int) -> list[str | None]:
            problem, plan = problems[number], plans[number]
            spine = TableSpine(problem.spine)
            answers = [harness.store.historical(plan, spine) for _ in range(5)]
            return [problem.difference(plan, answer) for answer in answers]

        wrong = [text for found in in_threads(4, ask) for text in found if text]
        expect(not wrong, "joins at the same time do not disturb each other", wrong[:1])

    @needs("sql")
    def test_query_of_a_join_is_text(self, harness: OfflineHarness) -> None:
        """People can read it."""
        problem = case_of([(1, 0)], _ROWS)
        text = harness.store.sql(problem.stored(harness), TableSpine(problem.spine))
        expect(isinstance(text, str) and "SELECT" in text.upper(), "the query is text", text)
