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


def test_late_is_what_was_created_after_what_a_run_could_see_before_it_came():
    oracle = LedgerOracle(CREATED)
    first, late, newer = row(1, 10, 50), row(2, 15, 60, key=2), row(3, 5, 70, key=3)
    oracle.materialize_incremental([first], 20)
    oracle.materialize_incremental([first, late, newer], 8)
    oracle.materialize_incremental([first, late, newer], 20)
    assert held(oracle) == {1: 1, 2: 2, 3: 3}


def test_rows_created_at_an_unknown_time_may_always_be_late():
    oracle = LedgerOracle(CREATED)
    first = row(1, 10, created=50)
    oracle.materialize_incremental([first], 20)
    oracle.materialize_incremental([first, {**row(2, 3, key=2), "created": None}], 20)
    assert held(oracle) == {1: 1, 2: 2}


def test_lookback_finds_rows_that_became_visible_after_they_were_created():
    oracle = LedgerOracle(CREATED, lookback=5)
    first = row(1, 20, created=50)
    oracle.materialize_incremental([first], 20)
    rows = [first, row(2, 3, created=45, key=2), row(3, 3, created=44, key=3)]
    oracle.materialize_incremental(rows, 20)
    assert held(oracle) == {1: 1, 2: 2}


def test_a_run_that_was_broken_off_may_have_moved_its_rows_and_covers_nothing():
    oracle = LedgerOracle(PLAIN)
    rows = [row(1, 10), row(2, 11, key=2)]
    oracle.materialize_incremental(rows, 20, done=False)
    assert held(oracle) == {}
    assert oracle.explain([]) is None
    assert oracle.explain([online(1, 10)]) is None
    oracle.materialize_incremental(rows, 20)
    assert held(oracle) == {1: 1, 2: 2}


def test_what_was_seen_never_goes_back():
    oracle = LedgerOracle(PLAIN)
    oracle.materialize([row(1, 10), row(2, 20)], 0, 20, done=False)
    assert oracle.explain([online(1, 10)]) is None
    oracle.serve([online(2, 20)])
    assert oracle.explain([online(1, 10)]) is not None
    assert oracle.explain([]) is not None
    assert oracle.explain([online(2, 20)]) is None


def test_rows_written_online_hold_against_older_ones():
    oracle = LedgerOracle(PLAIN)
    written = {"k": 1, "v": 7, "__event_timestamp": from_us(15), "__created_timestamp": None}
    oracle.write([written])
    oracle.materialize([row(1, 10)], 0, 20)
    assert held(oracle) == {1: 7}
    assert oracle.explain([online(1, 10)]) is not None


def test_a_feature_that_comes_later_has_to_be_moved_again():
    oracle = LedgerOracle(PLAIN)
    rows = [row(1, 10) | {"more": 5}]
    oracle.materialize_incremental(rows, 20)
    grown = (*VALUE, Column("more", "more", Int64))
    oracle.change(SourceRead(FileSource("rows.parquet"), KEY, grown, "event"), None)
    assert oracle.explain([online(1, 10)]) is None, "the old row goes on being served"
    assert oracle.explain([online(1, 10) | {"more": 5}]) is not None, "nobody moved that yet"
    oracle.materialize_incremental(rows, 20)
    assert oracle.explain([online(1, 10)]) is not None
    assert oracle.explain([online(1, 10) | {"more": 5}]) is None


def test_a_feature_that_went_and_came_without_a_run_needs_none():
    oracle = LedgerOracle(PLAIN)
    oracle.materialize_incremental([row(1, 10)], 20)
    grown = (*VALUE, Column("more", "more", Int64))
    oracle.change(SourceRead(FileSource("rows.parquet"), KEY, grown, "event"), None)
    oracle.change(PLAIN, None)
    oracle.materialize_incremental([row(1, 10), row(2, 5, key=2)], 20)
    assert held(oracle) == {1: 1}


def test_pushed_rows_are_moved_by_the_next_run_however_late_they_are():
    oracle = LedgerOracle(PLAIN)
    oracle.materialize_incremental([], 20)
    rows = [row(1, 5), row(2, 6, key=2), row(3, 25, key=3)]
    oracle.push([1, 2])
    oracle.materialize_incremental(rows, 22)
    assert held(oracle) == {2: 2}
    oracle.materialize_incremental(rows, 30)
    assert held(oracle) == {2: 2, 3: 3}


def test_what_is_removed_from_the_source_stays_until_a_rebuild():
    oracle = LedgerOracle(PLAIN)
    oracle.materialize_incremental([row(1, 10), row(2, 20)], 30)
    oracle.serve([online(2, 20)])
    oracle.remove(1)
    oracle.materialize_incremental([row(1, 10)], 30)
    assert oracle.explain([online(2, 20)]) is None
    oracle.rebuild([row(1, 10)], 30, 30, "lost")
    assert oracle.explain([online(1, 10)]) is None
    assert oracle.explain([online(2, 20)]) is not None
    assert oracle.explain([]) is not None


def test_rows_that_are_only_online_are_copied_by_a_rebuild_that_keeps_them():
    oracle = LedgerOracle(PLAIN, ttl=15)
    pushed = [online(7, 25), online(8, 8, key=2)]
    oracle.write(pushed)
    oracle.serve(pushed)
    kept, lost, none = oracle.copy(), oracle.copy(), oracle.copy()
    kept.rebuild([row(1, 20)], 30, 30, "copied")
    assert kept.explain([online(7, 25)]) is None
    assert kept.explain([online(1, 20)]) is not None
    assert kept.explain(pushed) is not None  # too old to be copied
    lost.rebuild([row(1, 20)], 30, 30, "lost")
    assert lost.explain([online(1, 20)]) is None
    none.rebuild([row(1, 20)], 30, 30, "none")  # nothing may have been lost: so this is wrong
    assert none.explain([online(1, 20)]) is not None


def test_rows_after_the_end_of_a_rebuild_are_moved_by_the_next_run():
    oracle = LedgerOracle(PLAIN)
    rows = [row(1, 10), row(2, 20)]
    oracle.materialize_incremental(rows, 30)
    oracle.rebuild(rows, 15, 30, "lost")
    assert held(oracle) == {1: 1}
    oracle.materialize_incremental(rows, 30)
    assert held(oracle) == {1: 2}


def test_a_repair_takes_rows_back_and_the_next_run_moves_those_after_its_end():
    oracle = LedgerOracle(PLAIN)
    rows = [row(1, 10), row(2, 20), row(3, 20, key=2)]
    oracle.materialize_incremental(rows, 30)
    oracle.serve([online(2, 20), online(3, 20, key=2)])
    broken = oracle.copy()
    oracle.repair(rows, [{"k": 1}, {"k": 2}], 15)
    assert oracle.explain([online(1, 10)]) is None
    assert oracle.explain([online(1, 10), online(3, 20, key=2)]) is not None
    oracle.materialize_incremental(rows, 30)
    assert held(oracle) == {1: 2, 2: 3}
    broken.repair(rows, [{"k": 1}], 15, done=False)
    for first in ([], [online(1, 10)], [online(2, 20)]):
        assert broken.explain([*first, online(3, 20, key=2)]) is None
    assert broken.explain([]) is not None


def test_what_is_forgotten_is_gone():
    oracle = LedgerOracle(PLAIN)
    oracle.materialize_incremental([row(1, 10), row(2, 10, key=2)], 30)
    oracle.serve([online(1, 10), online(2, 10, key=2)])
    oracle.forget([{"k": 1}], done=False)
    assert oracle.explain([online(1, 10), online(2, 10, key=2)]) is None
    oracle.forget([{"k": 1}])
    assert oracle.explain([online(1, 10), online(2, 10, key=2)]) is not None
    assert oracle.explain([online(2, 10, key=2)]) is None
