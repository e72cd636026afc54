"""Rows that are pushed offline and materialized later: none is lost, none is set back."""

from __future__ import annotations

import pytest

from provender.errors import PushError
from provender.testing.faults import raises

pytestmark = [pytest.mark.values(3), pytest.mark.integration]  # each case is two stores
CREATED = pytest.mark.parametrize("created", [True, False], ids=["created", "no created"])


@pytest.fixture
def moved(make_pushing):
    """A view whose rows up to noon are online."""

    def make(created, **more):
        pushing = make_pushing(created=created, **more)
        pushing.store.push("events", [pushing.row(1, 5, 1.0), pushing.row(2, 3, 2.0)], "offline")
        pushing.store.materialize_incremental(pushing.clock())
        assert pushing.online() == {1: (1.0, "n"), 2: (2.0, "n")}
        return pushing

    return make


def catch_up(pushing):
    pushing.store.materialize_incremental(pushing.clock())
    return {key: speed for key, (speed, _) in pushing.online().items()}


@CREATED
@pytest.mark.parametrize("to", ["offline", "both"])
def test_a_new_row_is_materialized(moved, created, to):
    pushing = moved(created)
    pushing.clock.advance(hours=2)
    pushing.store.push("events", [pushing.row(1, 1, 9.0)], to)
    assert catch_up(pushing) == {1: 9.0, 2: 2.0}
    assert catch_up(pushing) == {1: 9.0, 2: 2.0}, "once more changes nothing"


@CREATED
@pytest.mark.parametrize("to", ["offline", "both"])
@pytest.mark.parametrize("made", [0.5, 4, 48])
def test_a_late_row_is_materialized_whenever_it_was_made(moved, created, to, made):
    pushing = moved(created)
    pushing.store.push("events", [pushing.row(3, 4, 3.0, made=made)], to)
    pushing.store.push("events", [pushing.row(1, 4.5, 4.0, made=made)], to)
    assert catch_up(pushing) == {1: 4.0, 2: 2.0, 3: 3.0}


@CREATED
def test_a_late_row_that_is_older_than_what_is_online_sets_nothing_back(moved, created):
    pushing = moved(created)
    for to in ("offline", "online", "both"):
        pushing.store.push("events", [pushing.row(1, 6, 0.5)], to)
        assert catch_up(pushing) == {1: 1.0, 2: 2.0}


@CREATED
def test_a_row_that_is_online_only_is_not_set_back_by_a_run(moved, created):
    pushing = moved(created)
    pushing.store.push("events", [pushing.row(1, 1, 9.0)], "online")
    pushing.store.push("events", [pushing.row(1, 2, 8.0)], "offline")
    assert catch_up(pushing) == {1: 9.0, 2: 2.0}
    start = pushing.ago(100)
    pushing.store.materialize(start, pushing.clock())
    assert catch_up(pushing) == {1: 9.0, 2: 2.0}


@CREATED
def test_a_push_that_is_repeated_changes_nothing_online_and_no_join(moved, created):
    pushing = moved(created)
    rows = [pushing.row(1, 1, 9.0), pushing.row(3, 4, 3.0), pushing.row(1, 1, 9.0)]
    for _ in range(3):
        pushing.store.push("events", rows, "both")
        assert catch_up(pushing) == {1: 9.0, 2: 2.0, 3: 3.0}
        assert pushing.joined(1, 2, 3) == [9.0, 2.0, 3.0]


@CREATED
def test_a_row_that_comes_while_a_run_is_under_way_is_not_lost(moved, created):
    """The run read the source before the row came, and covers its time after that."""
    pushing = moved(created)
    pushing.clock.advance(hours=2)
    other = pushing.repository.store()
    late = pushing.row(4, 1, 4.0, made=30)

    def meanwhile(call, args):
        other.push("events", [late], "offline")
        return call(*args)

    pushing.store.push("events", [pushing.row(3, 0.5, 3.0, made=0.5)], "offline")
    store = pushing.faulty({"online": {"write": [meanwhile]}})
    store.materialize_incremental(pushing.clock())
    assert catch_up(pushing) == {1: 1.0, 2: 2.0, 3: 3.0, 4: 4.0}
    assert pushing.online()[4] == (4.0, "n"), "in both views"


@CREATED
def test_a_run_over_a_range_leaves_the_late_rows_to_the_next_incremental_one(moved, created):
    pushing = moved(created)
    pushing.store.push("events", [pushing.row(3, 4, 3.0, made=48)], "offline")
    pushing.store.materialize(pushing.ago(1), pushing.clock())
    assert catch_up(pushing) == {1: 1.0, 2: 2.0, 3: 3.0}


@CREATED
def test_a_run_that_ends_before_the_ledger_leaves_the_note(moved, created):
    pushing = moved(created)
    rows = [pushing.row(3, 4, 3.0, made=48), pushing.row(4, 1, 4.0, made=48)]
    pushing.store.push("events", rows, "offline")
    pushing.store.materialize_incremental(pushing.ago(3.5))
    assert catch_up(pushing) == {1: 1.0, 2: 2.0, 3: 3.0, 4: 4.0}


@CREATED
def test_what_was_pushed_and_moved_is_not_read_again(moved, created):
    pushing = moved(created)
    pushing.store.push("events", [pushing.row(3, 4, 3.0)], "offline")
    first = pushing.store.materialize_incremental(pushing.clock())
    again = pushing.store.materialize_incremental(pushing.clock())
    assert [report.start for report in first] == [pushing.ago(4)] * 2
    assert [report.start for report in again] == [pushing.clock()] * 2


@CREATED
def test_a_late_row_whose_online_write_failed_is_materialized(moved, created):
    pushing = moved(created)
    store = pushing.faulty({"online": {"write": [None, raises()]}})
    with pytest.raises(PushError, match="the push failed for view 'speeds' online") as caught:
        store.push("events", [pushing.row(3, 4, 3.0, made=48)], "both")
    assert caught.value.problems[0].got == "written: source 'stats' offline, view 'notes' online"
    assert catch_up(pushing) == {1: 1.0, 2: 2.0, 3: 3.0}


@CREATED
def test_every_view_that_reads_the_rows_is_brought_up_to_date(moved, created):
    """Also one that was not pushed to itself."""
    pushing = moved(created)
    row = pushing.row(3, 4, 3.0, made=48)
    pushing.store.write_to_offline_store("notes", [row | {"speed": 3.0}])
    assert catch_up(pushing) == {1: 1.0, 2: 2.0, 3: 3.0}


@CREATED
def test_a_note_that_cannot_be_written_is_told_and_another_push_mends_it(moved, created):
    pushing = moved(created)
    late = [pushing.row(3, 4, 3.0, made=48)]
    before = [None, None]  # both views are noted before the rows are appended
    store = pushing.faulty({"registry": {"replace": [*before, raises()]}})
    with pytest.raises(PushError, match="the ledger of source 'stats'") as caught:
        store.push("events", late, "offline")
    assert caught.value.problems[0].got == "written: source 'stats' offline"
    store.push("events", late, "offline")
    assert catch_up(pushing) == {1: 1.0, 2: 2.0, 3: 3.0}


@CREATED
def test_nothing_is_appended_that_cannot_be_noted(moved, created):
    pushing = moved(created)
    late = [pushing.row(3, 4, 3.0, made=48)]
    store = pushing.faulty({"registry": {"replace": [raises()]}})
    stored = pushing.offline()
    with pytest.raises(PushError) as caught:
        store.push("events", late, "offline")
    assert caught.value.problems[0].got == "written: nothing"
    assert pushing.offline() == stored
    store.push("events", late, "offline")
    assert catch_up(pushing) == {1: 1.0, 2: 2.0, 3: 3.0}
