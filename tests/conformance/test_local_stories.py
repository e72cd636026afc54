"""Random stories of the local provider, with crashes, held against the oracle after each step.

`make fuzz` tells ten thousand of them; `PROVENDER_FUZZ_CASES` and `PROVENDER_FUZZ_SEED` say how
many and which.
"""

import os

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from provender import FileSource
from provender.testing.stories import CrashSite, StoryMachine, StorySubject

CASES = int(os.environ.get("PROVENDER_FUZZ_CASES", "240"))
SEED = int(os.environ.get("PROVENDER_FUZZ_SEED", "20260301"))
PARTS = max(4, CASES // 250)
LOCAL = StorySubject(
    {"provider": "local"},
    lambda name, created: FileSource(
        "rows", name=name, timestamp_field="event", created_timestamp_column=created
    ),
)
STORIES = settings(
    max_examples=CASES // PARTS,
    stateful_step_count=9,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def crash_site():
    with CrashSite() as site:
        yield site


@pytest.mark.parametrize("part", range(PARTS))
def test_nothing_is_lost_and_nothing_goes_back(part, crash_site, record_property):
    class Stories(StoryMachine):
        subject = LOCAL
        told = [0, 0]  # noqa: RUF012

    Stories.crash_site = crash_site
    try:
        run_state_machine_as_test(seed(SEED + part)(Stories), settings=STORIES)
    finally:
        record_property("stories", (*Stories.told, SEED + part))
