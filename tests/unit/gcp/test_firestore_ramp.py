"""How fast a bulk load of Firestore may write, on a clock that the test moves."""

import pytest

from provender_gcp.firestore_ramp import Ramp
from waiting import StillClock


@pytest.fixture
def time():
    return StillClock()


def load(ramp, time, seconds, batch=250):
    """Write as fast as the ramp lets for so many seconds; return how much was written."""
    end, written = time.now + seconds, 0
    while time.now < end:
        ramp.wait(batch)
        written += batch
    return written


def test_a_load_begins_at_500_and_grows_by_half_every_five_minutes(time):
    ramp = Ramp(500, time.clock, time.sleep)
    rates = [load(ramp, time, 300) / 300 for _ in range(4)]
    assert rates == pytest.approx([500, 750, 1125, 1687.5], rel=0.02)


def test_after_a_rest_it_begins_anew(time):
    ramp = Ramp(500, time.clock, time.sleep)
    load(ramp, time, 900)
    time.sleep(301)
    assert load(ramp, time, 60) / 60 == pytest.approx(500, rel=0.02)


def test_a_short_rest_keeps_the_rate(time):
    ramp = Ramp(500, time.clock, time.sleep)
    load(ramp, time, 301)
    time.sleep(100)
    assert load(ramp, time, 60) / 60 == pytest.approx(750, rel=0.02)


def test_little_writing_does_not_wait(time):
    ramp = Ramp(500, time.clock, time.sleep)
    assert ramp.wait(500) == 0
    time.sleep(1.0)
    assert ramp.wait(500) == 0
    assert ramp.wait(1) == pytest.approx(1.0)


def test_without_a_rate_there_is_no_limit(time):
    ramp = Ramp(None, time.clock, time.sleep)
    assert sum(ramp.wait(10_000) for _ in range(100)) == 0
    assert time.now == 1_000.0
