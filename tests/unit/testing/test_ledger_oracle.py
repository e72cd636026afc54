"""The oracle of materialization against stories that were worked out by hand."""

from provender.clock import from_us
from provender.definitions import FileSource
from provender.plugin import Column, SourceRead
from provender.testing.oracle import LedgerOracle
from provender.types import Int64

KEY, VALUE = (Column("k", "k", Int64),), (Column("v", "v", Int64),)
PLAIN = SourceRead(FileSource("rows.parquet"), KEY, VALUE, "event")
CREATED = SourceRead(FileSource("rows.parquet"), KEY, VALUE, "event", "created")


def row(value, event, created=1, key=1):
    return {"k": key, "v": value, "event": from_us(event), "created": from_us(created)}


def held(oracle):
    return {found["k"]: found["v"] for found in oracle.expected()}


def online(value, event, key=1):
    return {"k": key, "v": value, "__event_timestamp": from_us(event)}


def test_materialize_moves_the_newest_within_both_ends():
    oracle = LedgerOracle(PLAIN)
    oracle.materialize([row(1, 10), row(2, 20), row(3, 21), row(4, 9, key=2)], 10, 20)
    assert held(oracle) == {1: 2}


def test_materialize_of_an_older_stretch_never_goes_back():
    oracle = LedgerOracle(PLAIN)
    rows = [row(1, 10), row(2, 20)]
    oracle.materialize(rows, 15, 20)
    oracle.materialize(rows, 5, 12)
    assert held(oracle) == {1: 2}
    assert oracle.explain([online(2, 20)]) is None
    assert "v=2" in oracle.explain([online(1, 10)])


def test_incremental_begins_at_the_time_to_live_and_ends_at_its_end():
    oracle = LedgerOracle(PLAIN, ttl=10)
    oracle.materialize_incremental([row(1, 9), row(2, 10, key=2), row(3, 21, key=3)], 20)
    assert held(oracle) == {2: 2}
    assert oracle.explain([online(2, 10, key=2), online(1, 9)]) is None
    assert oracle.explain([online(2, 10, key=2), online(3, 21, key=3)]) is not None


def test_rows_between_two_runs_are_not_lost():
    oracle = LedgerOracle(PLAIN)
    oracle.materialize_incremental([row(1, 10)], 20)
    oracle.materialize_incremental([row(1, 10), row(2, 21)], 30)
    assert held(oracle) == {1: 2}


def test_stretch_before_an_explicit_materialize_is_moved_by_the_next_incremental():
    oracle = LedgerOracle(PLAIN)
    rows = [row(1, 5), row(2, 15, key=2)]
    oracle.materialize(rows, 10, 20)
    oracle.materialize_incremental(rows, 20)
    assert held(oracle) == {1: 1, 2: 2}


def test_late_rows_are_found_by_their_created_timestamp():
    oracle = LedgerOracle(CREATED)
    first = [row(1, 10, created=50)]
    oracle.materialize_incremental(first, 20)
    late = row(2, 12, created=50)
    too_early = row(3, 12, created=49, key=3)
    oracle.materialize_incremental([*first, late, too_early], 20)
    assert held(oracle) == {1: 2}
    assert oracle.explain([online(2, 12), online(3, 12, key=3)]) is None


def test_late_rows_are_found_within_the_lookback():
    oracle = LedgerOracle(PLAIN, lookback=5)
    oracle.materialize_incremental([], 20)
    oracle.materialize_incremental([row(1, 15), row(2, 14, key=2)], 30)
    assert held(oracle) == {1: 1}


def test_without_created_or_lookback_a_late_row_need_not_be_found():
    oracle = LedgerOracle(PLAIN)
    oracle.materialize_incremental([], 20)
    oracle.materialize_incremental([row(1, 15)], 30)
    assert held(oracle) == {}
    assert oracle.explain([]) is None
    assert oracle.explain([online(1, 15)]) is None


def test_invented_rows_and_doubled_keys_are_reported():
    oracle = LedgerOracle(PLAIN)
    oracle.materialize_incremental([row(1, 10)], 20)
    assert "v=9" in oracle.explain([online(9, 10)])
    assert "more than once" in oracle.explain([online(1, 10), online(1, 10)])
    assert "missing" in oracle.explain([])
