"""The process dies in the middle of a push: the push that is run again completes it."""

from __future__ import annotations

import os
import signal

import pytest

from provender.testing.faults import kills

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning"),
    pytest.mark.integration,
]


def killed(work):
    """Do the work in a forked child, which must die by kill -9."""
    child = os.fork()
    if not child:
        signal.alarm(60)
        try:
            work()
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


@pytest.fixture
def rows(pushing):
    pushing.store.push("events", [pushing.row(1, 5, 1.0), pushing.row(2, 3, 2.0)], "both")
    pushing.store.close()
    return [pushing.row(1, 1, 9.0), pushing.row(2, 4, 0.0), pushing.row(3, 4, 3.0)]


CALLS = [
    *[("offline", "append", 1), ("online", "prepare", 1)],
    *[("online", "write", number) for number in (1, 2)],
]


@pytest.mark.values(8)
@pytest.mark.parametrize("when", ["before", "half", "after"])
@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call[0]} {call[1]} {call[2]}")
def test_a_push_is_killed_and_run_again(pushing, rows, call, when):
    role, method, number = call

    def push():
        script = {role: {method: [None] * (number - 1) + [kills(when)]}}
        pushing.faulty(script).push("events", rows, "both")

    killed(push)
    pushing.store = pushing.repository.store()
    before, after = {1: 1.0, 2: 2.0}, {1: 9.0, 2: 2.0, 3: 3.0}
    for key, (speed, _) in pushing.online().items():
        assert speed in (before.get(key), after[key], None)
    assert len(pushing.offline()) in (2, 5), "an append is whole or nothing"
    pushing.store.push("events", rows, "both")
    assert pushing.online() == {key: (speed, "n") for key, speed in after.items()}
    assert pushing.joined(1, 2, 3) == [9.0, 2.0, 3.0]
    pushing.store.materialize_incremental(pushing.clock())
    assert pushing.online() == {key: (speed, "n") for key, speed in after.items()}


@pytest.mark.parametrize(
    "script",
    [
        {"offline": {"append": [kills("after")]}},
        {"registry": {"replace": [None, None, kills("before")]}},
        {"registry": {"replace": [None, None, kills("after")]}},
    ],
    ids=["appended", "not noted again", "noted again for one view"],
)
def test_rows_of_a_push_that_was_killed_are_materialized_however_late(pushing, rows, script):
    late = [pushing.row(4, 4.5, 4.0, made=48)]
    pushing.store = pushing.repository.store()
    pushing.store.materialize_incremental(pushing.clock())
    pushing.store.close()
    killed(lambda: pushing.faulty(script).push("events", late, "offline"))
    pushing.store = pushing.repository.store()
    pushing.store.materialize_incremental(pushing.clock())
    assert pushing.online()[4] == (4.0, "n"), "nobody had to push it again"


@pytest.mark.values(4)
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_push_is_killed_at_its_note_and_run_again(pushing, rows, number, when):
    late = [pushing.row(4, 4.5, 4.0, made=48)]
    pushing.store = pushing.repository.store()
    pushing.store.materialize_incremental(pushing.clock())
    pushing.store.close()

    def push():
        script = {"registry": {"replace": [None] * (number - 1) + [kills(when)]}}
        pushing.faulty(script).push("events", late, "offline")

    killed(push)
    pushing.store = pushing.repository.store()
    pushing.store.push("events", late, "offline")
    pushing.store.materialize_incremental(pushing.clock())
    assert pushing.online()[4] == (4.0, "n")


def test_a_newer_row_that_comes_meanwhile_is_never_set_back(pushing, rows):
    """Another program writes a newer row before, between and after the writes of a push."""
    pushing.store = pushing.repository.store()
    other = pushing.repository.store()
    newer = pushing.row(1, 0.1, 99.0)

    def first(call, args):
        other.push("events", [newer], "both")
        return call(*args)

    def last(call, args):
        call(*args)
        other.push("events", [newer], "both")

    for fault in (first, last):
        for method in ("prepare", "write"):
            store = pushing.faulty({"online": {method: [fault]}})
            store.push("events", rows, "both")
            assert pushing.online()[1] == (99.0, "n")
