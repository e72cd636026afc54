"""Random stories of a feature store, with crashes, for any provider; needs hypothesis.

>>> class Stories(StoryMachine):
...     subject = StorySubject({"provider": "local"}, source=lambda name, created: FileSource(...))
...     crash_site = CrashSite()
>>> run_state_machine_as_test(Stories, settings=settings(max_examples=100))
"""

from __future__ import annotations

from provender.testing.strategies import HYPOTHESIS as HYPOTHESIS  # tells who lacks it

# isort: split
from provender.testing.stateful.crash_runner import CrashSite
from provender.testing.stateful.machine import StoryMachine
from provender.testing.stateful.scenario import StorySubject

__all__ = ["CrashSite", "StoryMachine", "StorySubject"]
