"""Rules of the offline suite: which row matches, one rule after the other."""

from __future__ import annotations

import random

import pytest

from provender.plugin import TableSpine
from provender.testing.oracle.difference import explain_difference
from provender.testing.oracle.rows import rows_of
from provender.testing.suites.examples import KEYS
from provender.testing.suites.offline.base_suite import OfflineSuiteBase
from provender.testing.suites.offline.harness import OfflineHarness
from provender.testing.suites.offline.join_case import JoinCase, ViewRows
from provender.testing.suites.offline.tables import (
    DAY,
    HOUR,
    case_of,
    column,
    instants,
    rows_table,
    spine_of,
    view_of,
)
from provender.testing.suites.store_suite import expect_no
from provender.types import FeatureType, Int64, String

_Row = tuple[int, int | None, int, int]
_EDGES = [
    pytest.param(ttl, age, id=f"ttl {label}, {edge}")
    for ttl, label in [(1, "of 1 µs"), (HOUR, "of an hour"), (400 * DAY, "of 400 days")]
    for age, edge in [
        (-1, "1 µs in the future"),
        (0, "at the instant"),
        (1, "1 µs old"),
        (ttl - 1, "1 µs within the ttl"),
        (ttl, "exactly the ttl"),
        (ttl + 1, "1 µs past the ttl"),
    ]
]
_TIES = [
    pytest.param(created, id=label)
    for label, created in [
        ("later created first", (9, 5)),
        ("later created last", (5, 9)),
        ("null created first", (None, 5)),
        ("null created last", (5, None)),
        ("created before the event", (-DAY, -2 * DAY)),
        ("created after the instant", (DAY, 2 * DAY)),
        ("1 µs apart", (7, 8)),
    ]
]


def known_at_columns(harness: OfflineHarness) -> None:
    """Skip the test of a store that does not join by a column of `known_at`."""
    if not harness.store.known_at_columns:
        pytest.skip("known_at_columns: not claimed")


class OfflineJoinRules(OfflineSuiteBase):
    """Point in time: keys are equal and ``q - ttl <= ts <= q``; the newest wins."""

    @pytest.mark.parametrize(("ttl", "age"), _EDGES)
    def test_both_ends_of_the_ttl_are_included(
        self, harness: OfflineHarness, ttl: int, age: int
    ) -> None:
        """A single row, at and around the ends of what may match."""
        problem = case_of([(1, 0)], [(1, 7, -age, 0)], ttl=ttl)
        problem.check(harness, "a row matches when q - ttl <= ts <= q")

    @pytest.mark.parametrize("age", [0, 1, HOUR, 20_000 * DAY])
    def test_without_a_ttl_no_row_is_too_old(self, harness: OfflineHarness, age: int) -> None:
        """Rows of any age match; none of the future does."""
        problem = case_of([(1, 0), (2, 0)], [(1, 7, -age, 0), (2, 8, 1, 0)])
        problem.check(harness, "without a ttl there is no lower end")

    def test_newest_of_many_wins(self, harness: OfflineHarness) -> None:
        """Each instant of the spine sees what was newest then."""
        rows = [(1, n, n * HOUR, 0) for n in range(-50, 50)]
        random.Random(0).shuffle(rows)  # noqa: S311
        spine = [(1, n * HOUR // 2) for n in range(-120, 120, 7)]
        case_of(spine, rows, ttl=40 * HOUR).check(harness, "the newest row wins")

    def test_newest_wins_over_later_created(self, harness: OfflineHarness) -> None:
        """The created timestamp decides only between equal events."""
        problem = case_of([(1, 0)], [(1, 1, -2, 99), (1, 2, -1, -99)])
        problem.check(harness, "the event timestamp comes first")

    def test_null_feature_of_the_newest_row_hides_older_values(
        self, harness: OfflineHarness
    ) -> None:
        """A null is a value like any other; the row before is not asked."""
        problem = case_of([(1, 0)], [(1, 1, -2, 0), (1, None, -1, 0)])
        problem.check(harness, "a null of the newest row is the answer")

    def test_newest_row_outside_the_ttl_is_not_replaced_by_one_of_the_future(
        self, harness: OfflineHarness
    ) -> None:
        """The row before is too old and the next one is not true yet."""
        problem = case_of([(1, 0)], [(1, 1, -11, 0), (1, 2, 1, 0)], ttl=10)
        problem.check(harness, "what is too old is not replaced by what is too new")

    @pytest.mark.parametrize("created", _TIES)
    def test_equal_events_are_settled_by_the_created_timestamp(
        self, harness: OfflineHarness, created: tuple[int | None, int | None]
    ) -> None:
        """The later created wins; null is earliest."""
        rows = [(1, number, -5, when) for number, when in enumerate(created)]
        case_of([(1, 0)], rows).check(harness, "the later created wins, null is earliest")

    def test_full_ties_are_settled_the_same_way_in_any_physical_order(
        self, harness: OfflineHarness
    ) -> None:
        """Rows that are equal in event and created timestamp, stored in several orders."""
        rows: list[_Row] = [
            (key, n, -5, n % 2) for key in range(5) for n in (3, 1, 4, 1, 5, 9, 2, 6)
        ]
        self._same_in_any_order(harness, rows, created=True)

    def test_without_a_created_timestamp_ties_are_settled_the_same_way(
        self, harness: OfflineHarness
    ) -> None:
        """The source has no created timestamp at all."""
        rows: list[_Row] = [
            (key, n if n else None, -5, 0) for key in range(5) for n in (0, 8, 7, 3)
        ]
        self._same_in_any_order(harness, rows, created=False)

    def _same_in_any_order(self, harness: OfflineHarness, rows: list[_Row], created: bool) -> None:
        spine = [(key, 0) for key in range(6)]
        answers = []
        for seed in range(3):
            random.Random(seed).shuffle(rows)  # noqa: S311
            problem = case_of(spine, rows, created=created)
            problem.check(harness, "a tie is settled by one of the tied rows")
            plan = problem.stored(harness)
            got = harness.store.historical(plan, TableSpine(problem.spine))
            answers.append(rows_of(got))
        for answer in answers[1:]:
            expect_no(explain_difference(answers[0], answer), "ties do not depend on the order")

    def test_tied_rows_are_not_mixed(self, harness: OfflineHarness) -> None:
        """All features of an answer come from one row."""
        import pyarrow as pa

        many = range(8)
        table = pa.table(
            {
                "id": [1] * len(many),
                "first": [n if n % 2 else None for n in many],
                "second": [-n if n % 3 else None for n in many],
                "event": instants([-1] * len(many)),
            }
        )
        features = {"first": "first", "second": "second"}
        view = ViewRows("view", table, {"id": "id"}, features, created=None)
        problem = JoinCase(spine_of((1, 0)), (view,))
        problem.check(harness, "the features of an answer come from one row")

    def test_null_in_the_key_matches_nothing(self, harness: OfflineHarness) -> None:
        """Null is not equal to null."""
        problem = case_of([(None, 0), (1, 0)], [(None, 7, -1, 0), (1, 8, -1, 0)])
        problem.check(harness, "a null in the key matches nothing")

    @pytest.mark.parametrize("key", [(None, 1), (1, None), (None, None)])
    def test_null_in_a_part_of_a_composite_key_matches_nothing(
        self, harness: OfflineHarness, key: tuple[int | None, int | None]
    ) -> None:
        """One null is enough."""
        _composite([key, (1, 1)], [key, (1, 1)]).check(harness, "any null in the key: no match")

    def test_null_instant_of_the_spine_matches_nothing(self, harness: OfflineHarness) -> None:
        """The row is kept, with nulls."""
        problem = case_of([(1, None), (1, 0)], [(1, 7, -1, 0)])
        problem.check(harness, "a null instant matches nothing")

    def test_rows_without_an_event_timestamp_match_nothing(self, harness: OfflineHarness) -> None:
        """They are never the newest."""
        problem = case_of([(1, 0), (2, 0)], [(1, 7, None, 0), (2, 8, None, 0), (2, 9, -1, 0)])
        problem.check(harness, "a row without event timestamp matches nothing")

    @pytest.mark.parametrize(
        ("left", "right"),
        [
            ((1, 23), (12, 3)),
            (("a", "bc"), ("ab", "c")),
            (("a_b", "c"), ("a", "b_c")),
            (("", "a"), ("a", "")),
            (("a,b", "c"), ("a", "b,c")),
            (("1", "2"), ("2", "1")),
            (("x|", "|y"), ("x||", "y")),
            (("a\x00b", "c"), ("a", "b\x00c")),
        ],
    )
    def test_composite_keys_that_collide_when_concatenated_are_different(
        self, harness: OfflineHarness, left: tuple[object, object], right: tuple[object, object]
    ) -> None:
        """Keys are compared part by part."""
        rule = f"{left} and {right} are different keys"
        _composite([left, right], [left]).check(harness, rule)
        _composite([left, right], [right, left]).check(harness, rule)

    @pytest.mark.parametrize(
        ("kind", "values"), [pytest.param(*key, id=str(key[0])) for key in KEYS]
    )
    def test_keys_are_exact_whatever_their_type(
        self, harness: OfflineHarness, kind: FeatureType, values: list[object]
    ) -> None:
        """Values that look alike are different keys, each with its own row."""
        rows = [(value, n, -1, 0) for n, value in enumerate(values)]
        spine = spine_of(*[(value, 0) for value in reversed(values)], (None, 0), key=kind)
        view = view_of(rows_table(*rows, key=kind))
        JoinCase(spine, (view,)).check(harness, f"keys of type {kind} are exact")

    def test_key_of_a_smaller_type_in_the_spine_is_read_as_the_declared_type(
        self, harness: OfflineHarness
    ) -> None:
        """The spine's ids are int32, the view's int64."""
        import pyarrow as pa

        spine = spine_of((1, 0), (2, 0), (None, 0))
        narrow = spine.set_column(0, "id", spine.column("id").cast(pa.int32()))
        view = view_of(rows_table((1, 7, -1, 0), (2**40 + 1, 8, -1, 0)))
        JoinCase(narrow, (view,)).check(harness, "keys are compared as their declared type")

    def test_view_without_keys_matches_every_row(self, harness: OfflineHarness) -> None:
        """Features that describe the world as a whole."""
        table = rows_table((0, 1, -9, 0), (0, 2, -5, 0), (0, 3, -5, 1), (0, 4, 5, 0))
        view = ViewRows("world", table, {}, {"value": "value"}, ttl=6)
        spine = spine_of((1, 0), (None, -6), (2, 11), (3, 12), (4, -10))
        JoinCase(spine, (view,)).check(harness, "a view without keys matches every row")

    @pytest.mark.parametrize("known_at", [-1, 0, 1, 99])
    def test_rows_created_after_known_at_do_not_exist(
        self, harness: OfflineHarness, known_at: int
    ) -> None:
        """Rows that were corrected later, and one that does not say when it was created."""
        rows = [(1, 1, -5, -1), (1, 2, -5, 0), (1, 3, -5, 1), (2, 4, -5, 1), (3, 5, -5, None)]
        problem = case_of([(1, 50), (2, 50), (3, 50)], rows, known_at=known_at)
        problem.check(harness, "rows created after known_at do not exist")

    @pytest.mark.parametrize("ttl", [None, 5])
    def test_each_spine_row_has_its_own_known_at(
        self, harness: OfflineHarness, ttl: int | None
    ) -> None:
        """Corrections, late rows and rows of no known creation, as of every pair of instants."""
        known_at_columns(harness)
        rows: list[tuple[int, int, int, int | None]] = [
            *((1, 10 * event + late, event, event + late) for event in range(6) for late in (0, 3)),
            *((2, event, event, created) for event, created in ((1, None), (2, 5), (3, 0))),
            (3, 1, 2, 2),
        ]
        pairs: list[tuple[int | None, int | None, int | None]] = [
            *((key, q, known) for key in (1, 2, 3, 4) for q in range(8) for known in range(9)),
            *((1, 4, None), (None, 4, 4), (1, None, 4)),
        ]
        spine = spine_of(*((key, q) for key, q, _ in pairs))
        spine = spine.append_column("known", instants([known for *_, known in pairs]))
        view = view_of(rows_table(*rows), ttl=ttl)
        problem = JoinCase(spine, (view,), known_at="known")
        problem.check(harness, "each spine row sees what was created by its own known_at")

    def test_each_spine_row_sees_what_was_created_by_its_own_instant(
        self, harness: OfflineHarness
    ) -> None:
        """The column with the instants is also the one of `known_at`; many rows of few keys."""
        known_at_columns(harness)
        chance = random.Random(1)  # noqa: S311 - the rows only have to be the same each time
        rows = [
            (chance.randrange(3), n, chance.randrange(40), chance.randrange(60)) for n in range(200)
        ]
        spine = spine_of(*((chance.randrange(4), chance.randrange(70)) for _ in range(150)))
        views = tuple(view_of(rows_table(*rows[n::2]), name=f"v{n}") for n in range(2))
        problem = JoinCase(spine, views, known_at="q")
        problem.check(harness, "each spine row sees what was created by its own instant")

    def test_known_at_does_not_matter_without_a_created_timestamp(
        self, harness: OfflineHarness
    ) -> None:
        """What does not say when it was created has always been known."""
        problem = case_of([(1, 0)], [(1, 7, -1, 0)], created=False, known_at=-DAY)
        problem.check(harness, "known_at needs a created timestamp")


def _composite(spine: list[tuple], rows: list[tuple]) -> JoinCase:  # type: ignore[type-arg]
    """Return a join on two key columns, with the rows in the order given."""
    import pyarrow as pa

    parts = [value for key in [*spine, *rows] for value in key if value is not None]
    kind = String if parts and isinstance(parts[0], str) else Int64

    def keys(of: list[tuple], names: tuple[str, str]) -> dict[str, pa.Array]:  # type: ignore[type-arg]
        return {name: column([key[n] for key in of], kind) for n, name in enumerate(names)}

    own = {"q": instants([0] * len(spine))}
    table = {"value": list(range(len(rows))), "event": instants([-1] * len(rows))}
    view = ViewRows(
        "view",
        pa.table({**keys(rows, ("source_a", "source_b")), **table}),
        {"a": "source_a", "b": "source_b"},
        {"value": "value"},
        created=None,
    )
    return JoinCase(pa.table({**keys(spine, ("a", "b")), **own}), (view,))
