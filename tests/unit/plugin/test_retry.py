"""How long something is tried that fails for a moment, on a clock that the test moves."""

from collections import deque

import pytest

from provender.plugin import Retry
from waiting import StillClock


@pytest.fixture
def time():
    return StillClock()


def test_pauses_grow_and_the_error_is_raised_when_the_time_is_over(time):
    retry = Retry(60, time.clock, time.sleep)
    pauses = []

    def fail():
        before = time.now
        retry.after_failure(ValueError("on purpose"), transient=True)
        pauses.append(time.now - before)

    with pytest.raises(ValueError, match="on purpose"):
        deque(iter(fail, "never"))
    assert 50 < time.now - 1_000 <= 60
    assert all(0.05 * 2**n <= pause <= 0.1 * 2**n for n, pause in enumerate(pauses[:6]))
    assert max(pauses) <= 10


def test_what_does_not_pass_is_raised_at_once(time):
    with pytest.raises(ValueError, match="on purpose"):
        Retry(60, time.clock, time.sleep).after_failure(ValueError("on purpose"), transient=False)
    assert time.now == 1_000.0


def test_whoever_gets_on_is_not_given_up(time):
    retry = Retry(1, time.clock, time.sleep)
    for _ in range(500):
        retry.after_conflict(ValueError())
        retry.restart()
    assert time.now > 1_001


def test_waiting_on_purpose_does_not_count(time):
    retry = Retry(1, time.clock, time.sleep)
    time.sleep(30)
    retry.extend(30)
    retry.after_conflict(ValueError())


def test_a_call_is_made_until_it_is_done(time):
    answers = deque([ValueError("busy"), ValueError("busy"), 7])

    def call():
        found = answers.popleft()
        if isinstance(found, Exception):
            raise found
        return found

    retry = Retry(60, time.clock, time.sleep, first_seconds=1)
    assert retry.call(call, lambda error: isinstance(error, ValueError)) == 7
    assert 1.5 <= time.now - 1_000 <= 3


def test_a_call_that_fails_for_good_is_made_once(time):
    def call():
        raise KeyError("gone")

    with pytest.raises(KeyError):
        Retry(60, time.clock, time.sleep).call(call, lambda error: False)
    assert time.now == 1_000.0
