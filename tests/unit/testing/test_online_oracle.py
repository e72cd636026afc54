"""The oracle of the online store against answers that were worked out by hand."""

import pytest

from provender.plugin import OnlineTable
from provender.testing.oracle import OnlineOracle, status

TABLE = OnlineTable("shop", "sales")


def read(*batches):
    oracle = OnlineOracle()
    for batch in batches:
        oracle.write(TABLE, batch)
    (row,) = oracle.read(TABLE, [b"k"])
    return row and row[3]


def test_newest_event_wins_in_any_order():
    older, newer = (b"k", 1, 9, b"old"), (b"k", 2, 0, b"new")
    assert read([older, newer]) == read([newer, older]) == read([newer], [older]) == b"new"


def test_created_decides_between_equal_events_and_later_written_between_equal_pairs():
    assert read([(b"k", 1, 2, b"a"), (b"k", 1, 1, b"b")]) == b"a"
    assert read([(b"k", 1, 2, b"a")], [(b"k", 1, 2, b"b")]) == b"b"


def test_reads_keep_order_duplicates_and_gaps():
    oracle = OnlineOracle()
    oracle.write(TABLE, [(b"a", 1, 1, b"1"), (b"b", 1, 1, b"2")])
    found = oracle.read(TABLE, [b"b", b"x", b"a", b"b"])
    assert [row and row[3] for row in found] == [b"2", None, b"1", b"2"]


def test_dropped_tables_are_empty_and_projects_are_apart():
    oracle = OnlineOracle()
    oracle.write(TABLE, [(b"k", 1, 1, b"1")])
    assert oracle.read(OnlineTable("other", "sales"), [b"k"]) == [None]
    oracle.drop([TABLE, TABLE])
    assert oracle.read(TABLE, [b"k"]) == [None]


@pytest.mark.parametrize(
    ("value", "found", "event", "ttl", "expected"),
    [
        (1, True, 0, 100, "PRESENT"),
        (1, True, -1, 100, "OUTSIDE_MAX_AGE"),
        (None, True, -1, 100, "OUTSIDE_MAX_AGE"),
        (None, True, 0, 100, "NULL_VALUE"),
        (1, True, -1, None, "PRESENT"),
        (1, True, -1, 0, "PRESENT"),
        (None, False, None, 100, "NOT_FOUND"),
        (None, False, 50, 100, "NOT_FOUND"),
    ],
)
def test_status(value, found, event, ttl, expected):
    assert status(value, found=found, event_us=event, ttl_us=ttl, now_us=100) == expected
