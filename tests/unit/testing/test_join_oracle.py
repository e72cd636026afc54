"""The oracle of the point-in-time join against answers that were worked out by hand."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from provender.definitions import FileSource
from provender.plugin import Column, HistoricalPlan, SourceRead, ViewJoin
from provender.testing.oracle import acceptable, historical
from provender.types import Int64, String

T = datetime(2024, 1, 1, 12, tzinfo=UTC)
MICRO = timedelta(microseconds=1)
HOUR = 3_600_000_000


def plan(*, ttl=None, known_at=None, keys=("id",), created="written"):
    read = SourceRead(
        FileSource("rows.parquet"),
        tuple(Column(f"src_{key}", key, Int64) for key in keys),
        (Column("amount", "amount", Int64),),
        "at",
        created,
    )
    join = ViewJoin("sales", read, keys, ("sales__amount",), ttl)
    return HistoricalPlan("q", ("q", *keys), (join,), known_at)


def row(amount, at, key=1, written=T):
    return {"src_id": key, "amount": amount, "at": at, "written": written}


def answer(request, spine, rows):
    return [found["sales__amount"] for found in historical(request, spine, {"sales": rows})]


@pytest.mark.parametrize(
    ("age", "ttl", "expected"),
    [
        (timedelta(0), HOUR, 7),
        (timedelta(hours=1), HOUR, 7),
        (timedelta(hours=1) + MICRO, HOUR, None),
        (-MICRO, HOUR, None),
        (timedelta(days=40_000), None, 7),
        (timedelta(days=40_000), 0, 7),
    ],
    ids=["now", "at the ttl", "1 µs past the ttl", "1 µs ahead", "no ttl", "ttl of zero"],
)
def test_window_includes_both_ends(age, ttl, expected):
    assert answer(plan(ttl=ttl), [{"q": T, "id": 1}], [row(7, T - age)]) == [expected]


def test_latest_event_wins_over_latest_created():
    rows = [row(1, T - 2 * MICRO, written=T), row(2, T - MICRO, written=T - 9 * MICRO)]
    assert answer(plan(), [{"q": T, "id": 1}], rows) == [2]


def test_tie_goes_to_the_later_created_and_null_created_is_earliest():
    rows = [row(1, T, written=None), row(2, T, written=T - MICRO), row(3, T, written=T - 2 * MICRO)]
    assert answer(plan(), [{"q": T, "id": 1}], rows) == [2]
    assert answer(plan(), [{"q": T, "id": 1}], rows[:1]) == [1]


def test_full_ties_leave_a_choice_that_example_makes_the_same_way_in_any_order():
    rows = [row(5, T), row(6, T)]
    spine = [{"q": T, "id": 1}]
    (found,) = acceptable(plan(), spine, {"sales": rows})
    assert found.accepts({"q": T, "id": 1, "sales__amount": 5})
    assert found.accepts({"q": T, "id": 1, "sales__amount": 6})
    assert not found.accepts({"q": T, "id": 1, "sales__amount": 7})
    assert answer(plan(), spine, rows) == answer(plan(), spine, rows[::-1])


def test_null_key_null_instant_and_null_event_match_nothing():
    rows = [row(1, T, key=None), row(2, None), row(3, T - MICRO)]
    spine = [{"q": T, "id": None}, {"q": None, "id": 1}, {"q": T, "id": 1}]
    assert answer(plan(), spine, rows) == [None, None, 3]


def test_composite_keys_are_not_concatenated():
    rows = [{"src_a": 1, "src_b": 23, "amount": 5, "at": T, "written": T}]
    spine = [{"q": T, "a": 1, "b": 23}, {"q": T, "a": 12, "b": 3}]
    assert answer(plan(keys=("a", "b")), spine, rows) == [5, None]


def test_view_without_keys_matches_every_spine_row():
    rows = [{"amount": 5, "at": T, "written": T}]
    assert answer(plan(keys=()), [{"q": T}, {"q": T - MICRO}], rows) == [5, None]


def test_keys_are_equal_only_within_a_type():
    assert answer(plan(), [{"q": T, "id": "1"}, {"q": T, "id": True}], [row(5, T)]) == [None, None]


def test_rows_created_after_known_at_do_not_exist():
    us = 1_704_110_400_000_000
    rows = [row(1, T - MICRO, written=T), row(2, T, written=T + MICRO)]
    assert answer(plan(known_at=us), [{"q": T, "id": 1}], rows) == [1]
    assert answer(plan(known_at=us + 1), [{"q": T, "id": 1}], rows) == [2]
    assert answer(plan(known_at=us), [{"q": T, "id": 1}], [row(3, T, written=None)]) == [3]


def test_every_spine_row_gives_one_row_in_order():
    spine = [{"q": T, "id": key} for key in (2, 1, 2, 9)]
    assert answer(plan(), spine, [row(1, T), row(2, T, key=2)]) == [2, 1, 2, None]
    assert answer(plan(), [], [row(1, T)]) == []
    assert answer(plan(), spine[:1], []) == [None]


def test_instants_are_compared_across_zones_and_naive_means_utc():
    there = T.astimezone(timezone(timedelta(hours=-5)))
    assert answer(plan(ttl=1), [{"q": T.replace(tzinfo=None), "id": 1}], [row(4, there)]) == [4]


def test_null_feature_of_the_latest_row_is_kept():
    rows = [row(1, T - MICRO), row(None, T)]
    spine = [{"q": T, "id": 1}]
    (found,) = acceptable(plan(), spine, {"sales": rows})
    assert not found.accepts({"q": T, "id": 1, "sales__amount": 1})


def test_wrong_columns_are_not_accepted():
    (found,) = acceptable(plan(), [{"q": T, "id": 1}], {"sales": []})
    assert found.accepts({"q": T, "id": 1, "sales__amount": None})
    assert not found.accepts({"id": 1, "q": T, "sales__amount": None})
    assert not found.accepts({"q": T, "id": 1})


def test_two_views_stand_side_by_side():
    read = SourceRead(
        FileSource("names.parquet"), (Column("id", "id", Int64),), (Column("n", "n", String),), "t"
    )
    both = plan()
    second = ViewJoin("names", read, ("id",), ("n",), 1)
    both = HistoricalPlan("q", ("q", "id"), (*both.joins, second))
    sources = {"sales": [row(1, T)], "names": [{"id": 1, "n": "x", "t": T - 2 * MICRO}]}
    assert historical(both, [{"q": T, "id": 1}], sources) == [
        {"q": T, "id": 1, "sales__amount": 1, "n": None}
    ]
