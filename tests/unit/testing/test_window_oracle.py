"""The oracle of `rows` and `latest` against answers that were worked out by hand."""

from provender.clock import from_us
from provender.definitions import FileSource
from provender.plugin import Column, SourceRead, Window
from provender.testing.oracle import key_identity, latest, rows_in
from provender.types import Int64

READ = SourceRead(
    FileSource("rows.parquet"),
    (Column("k", "key", Int64),),
    (Column("v", "value", Int64),),
    "event",
    "created",
)


def rows(*tuples):
    """Rows from (key, value, event µs, created µs)."""
    return [
        {
            "k": key,
            "v": value,
            "event": None if event is None else from_us(event),
            "created": None if created is None else from_us(created),
        }
        for key, value, event, created in tuples
    ]


def values(window, *tuples):
    return [row["value"] for row in rows_in(READ, window, rows(*tuples))]


def newest(window, *tuples):
    found = latest(READ, window, rows(*tuples))
    return {row[0]["key"]: sorted(r["value"] for r in row) for row in found.values()}


EVENTS = [(1, v, v, 100) for v in (-10, 9, 10, 15, 20, 21)]


def test_window_is_closed_at_both_ends():
    assert values(Window(10, 20), *EVENTS) == [10, 15, 20]
    assert values(Window(None, 10), *EVENTS) == [-10, 9, 10]
    assert values(Window(20, None), *EVENTS) == [20, 21]
    assert values(Window(), *EVENTS, (1, 99, None, 1)) == [-10, 9, 10, 15, 20, 21]


def test_late_rows_and_those_of_unknown_creation_are_taken_though_not_after_the_end():
    late = [(1, 1, 5, 50), (1, 2, 5, 49), (1, 3, 30, 50), (1, 4, 5, None), (1, 5, 10, 1)]
    assert values(Window(10, 20, late_since=50), *late) == [1, 4, 5]


def test_known_at_hides_rows_created_later():
    found = [(1, 1, 5, 50), (1, 2, 5, 51), (1, 3, 5, None)]
    assert values(Window(known_at=50), *found) == [1, 3]
    assert values(Window(10, 20, late_since=50, known_at=50), *found) == [1, 3]


def test_latest_is_by_event_then_created_within_the_window():
    found = [(1, 1, 5, 9), (1, 2, 6, 1), (1, 3, 7, 1), (2, 4, 6, None), (2, 5, 6, 0)]
    assert newest(Window(None, 6), *found) == {1: [2], 2: [5]}
    assert newest(Window(), (1, 1, 5, 9), (1, 2, 5, 9)) == {1: [1, 2]}


def test_latest_leaves_out_null_keys():
    assert newest(Window(), (None, 1, 5, 9), (1, 2, None, 9)) == {}
    assert values(Window(), (None, 1, 5, 9)) == [1]


def test_results_have_the_stamps_first_and_the_wanted_names():
    (row,) = rows_in(READ, Window(), rows((1, 2, 3, None)))
    assert row == {
        "__event_timestamp": from_us(3),
        "__created_timestamp": None,
        "key": 1,
        "value": 2,
    }
    assert key_identity(READ, row) in latest(READ, Window(), rows((1, 2, 3, None)))
