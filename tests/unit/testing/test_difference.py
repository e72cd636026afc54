"""Values that only look alike, and the messages that tell them apart."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from provender.testing.oracle import explain_difference, explain_unordered, same

NAN = float("nan")
NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (None, NAN),
        (0.0, -0.0),
        (1, 1.0),
        (1, True),
        ("", None),
        ("", b""),
        ([], None),
        ([None], []),
        ([1, 2], [2, 1]),
        ("é", "e\u0301"),
        (2**53, 2**53 + 1),
        (Decimal("1.0"), Decimal("1.00")),
        ({"a": 1, "b": 2}, {"a": 2, "b": 1}),
        (NOON, NOON + timedelta(microseconds=1)),
        (NOON.date(), NOON),
        (["2024"], [2024]),
    ],
)
def test_values_that_look_alike_are_different(left, right):
    assert not same(left, right)
    assert explain_difference([{"v": left}], [{"v": right}]) is not None


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (NAN, float("nan")),
        (NOON, NOON.replace(tzinfo=None)),
        (NOON, NOON.astimezone(timezone(timedelta(hours=5)))),
        ([("a", 1), ("b", NAN)], [("b", NAN), ("a", 1)]),
        ([{"a": None}], [{"a": None}]),
    ],
)
def test_values_that_are_the_same(left, right):
    assert same(left, right)
    assert explain_difference([{"v": left}], [{"v": right}]) is None


def test_message_shows_the_smallest_row_that_disagrees():
    expected = [{"id": 1, "text": "x" * 500}, {"id": 2, "text": None}]
    got = [{"id": 1, "text": "y" * 500}, {"id": 2, "text": NAN}]
    lines = explain_difference(expected, got).splitlines()
    assert lines[0] == "2 of 2 rows disagree"
    assert lines[1].strip() == "row 1: id=2"
    assert lines[2].split() == ["expected", "text", "=", "null", "(NoneType)"]
    assert lines[3].split() == ["got", "text", "=", "nan", "(float)"]


def test_message_counts_rows_that_are_lost_or_too_many():
    rows = [{"id": 1}, {"id": 2}]
    assert explain_difference(rows, rows) is None
    assert "2 rows are expected, 1 came" in explain_difference(rows, rows[:1])
    assert "(no row)" in explain_difference(rows, rows[:1])
    assert "1 rows are expected, 2 came" in explain_difference(rows[:1], rows)


def test_order_of_columns_counts():
    message = explain_difference([{"a": 1, "b": 2}], [{"b": 2, "a": 1}])
    assert "columns are in the order ['b', 'a'], not ['a', 'b']" in message


def test_unordered_rows_are_compared_as_a_bag():
    rows = [{"id": 1}, {"id": 1}, {"id": 2}]
    assert explain_unordered(rows, rows[::-1]) is None
    message = explain_unordered(rows, [{"id": 1}, {"id": 2}, {"id": 3}])
    assert "1 of 3 rows are missing, 1 are too many" in message
    assert "missing  id=1" in message
    assert "too many id=3" in message
