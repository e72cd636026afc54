"""Random stories of the local provider, with crashes, held against the oracle after each step.

`make fuzz` and `make test-all` tell ten thousand of them; `PROVENDER_FUZZ_CASES` and
`PROVENDER_FUZZ_SEED` say how many and which.
"""

import os

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from harness.local_stories import LOCAL
from harness.tiers import examples
from provender.testing.stateful import CrashSite, StoryMachine

CASES = int(os.environ.get("PROVENDER_FUZZ_CASES", examples(10_000, short=60)))
SEED = int(os.environ.get("PROVENDER_FUZZ_SEED", "20260301"))
AT_ONCE = 10
"""Stories of one seed; after the tenth hypothesis rather varies those that it told."""
PART = min(CASES, max(AT_ONCE, CASES // 100))
"""Stories of one test."""
STORIES = settings(
    max_examples=AT_ONCE,
    stateful_step_count=9,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def crash_site():
    with CrashSite() as site:
        yield site


@pytest.mark.parametrize("first", range(SEED, SEED + CASES // AT_ONCE, PART // AT_ONCE))
def test_nothing_is_lost_and_nothing_goes_back(first, crash_site, record_property):
    class Stories(StoryMachine):
        subject = LOCAL
        told = [0, 0]  # noqa: RUF012

    Stories.crash_site = crash_site
    number = first
    try:
        for number in range(first, first + PART // AT_ONCE):
            run_state_machine_as_test(seed(number)(Stories), settings=STORIES)
    except BaseException as error:
        error.add_note(f"again: PROVENDER_FUZZ_CASES={AT_ONCE} PROVENDER_FUZZ_SEED={number}")
        raise
    finally:
        record_property("stories", (*Stories.told, number))
