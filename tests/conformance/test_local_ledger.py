"""Stories that were once told wrongly, or might be: told by hand, held against the same oracle."""

import pytest

from provender import FileSource
from provender.testing.stateful import CrashSite, StoryMachine, StorySubject
from provender.testing.stateful.faults import PlannedFault
from provender.testing.stateful.scenario import Definition
from provender.testing.stateful.strategies import DrawnRow

SECOND = 1_000_000
GROWN = ("v", "more")


class ByHand(StoryMachine):
    subject = StorySubject(
        {"provider": "local"},
        lambda name, created: FileSource(
            "rows", name=name, timestamp_field="event", created_timestamp_column=created
        ),
    )
    crash_site = CrashSite()
    told = [0, 0]  # noqa: RUF012

    def check(self):
        self.online_is_what_the_oracles_say()
        self.history_is_what_the_oracle_says()


@pytest.fixture
def tell():
    """Begin a story; its steps are checked one by one."""
    machines = []

    def begin(*steps, ttl=None, created=True, lookback=0, batch_rows=1000, now=30):
        machine = ByHand()
        machines.append(machine)
        settings = {"created": created, "parts": 1, "batch_rows": batch_rows, "drawn": []}
        settings |= {"lookback": lookback * SECOND, "now": now * SECOND}
        machine.begin(settings | {"definition": definition(("v",), ttl)})
        for name, *arguments in steps:
            STEPS[name](machine, *arguments)
            machine.check()
        return machine

    yield begin
    for machine in machines:
        machine.teardown()
    ByHand.crash_site.close()


def definition(features, ttl=None):
    return Definition(features, None if ttl is None else ttl * SECOND)


def rows(*pairs, created="now"):
    return [DrawnRow(key, event * SECOND, created, None, None) for key, event in pairs]


STEPS = {
    "append": lambda story, *pairs: story.append(rows(*pairs), None),
    "append unknown": lambda story, *pairs: story.append(rows(*pairs, created="unknown"), None),
    "write": lambda story, *pairs: story.push(rows(*pairs), "online", None),
    "push offline": lambda story, *pairs: story.push(rows(*pairs), "offline", None),
    "push": lambda story, trouble, *pairs: story.push(rows(*pairs), "both", trouble),
    "move": lambda story, start, end: story.materialize((start * SECOND, end * SECOND), None),
    "load": lambda story, end, trouble=None: story.materialize_incremental(end * SECOND, trouble),
    "apply": lambda story, *wanted: story.apply(definition(*wanted), None),
    "register anew": lambda story: story.register_anew(),
    "wait": lambda story: story.move_clock(1),
}
KILLED = PlannedFault("registry", "replace", 1, "before", rerun=False)
PUSH_KILLED = PlannedFault("online", "write", 1, "before", rerun=False)
PUSH_FAILED = PlannedFault("online", "write", 1, "is halved", rerun=True)
FAILED = PlannedFault("online", "write", 1, "raises", rerun=False)
STORIES = {
    "late rows are found by their created timestamp": (
        [("append", (1, 5)), ("load", 10), ("append", (1, 7), (2, 3)), ("load", 10)],
        {},
    ),
    "late rows are found within the lookback": (
        [("append", (1, 10)), ("load", 10), ("append", (1, 7), (2, 8)), ("load", 11)],
        {"created": False, "lookback": 4},
    ),
    "a gap before a stretch that was moved by hand is closed": (
        [("append", (1, 3), (2, 12)), ("move", 10, 15), ("load", 20)],
        {"created": False},
    ),
    "an older stretch moved later does not go back": (
        [("append", (1, 3), (1, 12)), ("move", 10, 15), ("move", 0, 5)],
        {},
    ),
    "a feature that comes later is loaded": (
        [("append", (1, 3)), ("load", 10), ("apply", GROWN), ("append", (2, 2)), ("load", 10)],
        {"created": False},
    ),
    "a feature that went and came again without a run needs none": (
        [("append", (1, 3)), ("load", 10), ("apply", GROWN), ("apply", ("v",)), ("load", 10)],
        {},
    ),
    "a run to an earlier end does not hide late rows beyond it": (
        [
            ("append", (0, 12)),
            ("load", 20),
            ("wait",),
            ("append", (1, 15)),
            ("wait",),
            ("append", (2, 8)),
            ("load", 10),
            ("load", 20),
        ],
        {},
    ),
    "a run by hand before anybody saw a created timestamp does not hide late rows": (
        [
            ("move", 0, 5),
            ("append", (0, 18)),
            ("load", 20),
            ("apply", ("v",), None),
            ("load", 20),
        ],
        {"ttl": 6},
    ),
    "a late row below the time to live is there when it is made longer": (
        [
            ("append unknown", (0, 3)),
            ("move", 0, 5),
            ("append", (1, 4)),
            ("wait",),
            ("append", (0, 18)),
            ("load", 20),
            ("apply", ("v",), 18),
            ("load", 20),
        ],
        {"ttl": 6},
    ),
    "a run that died before it noted anything is taken again": (
        [("append", (1, 5)), ("load", 10, KILLED), ("append", (2, 3)), ("load", 10)],
        {"created": False, "batch_rows": 1},
    ),
    "a view that was removed and comes back is loaded again": (
        [("append", (1, 5)), ("load", 10), ("register anew",), ("load", 10)],
        {"created": False},
    ),
    "a run that could not write is taken again": (
        [("append", (1, 5)), ("load", 10, FAILED), ("append", (2, 3)), ("load", 10)],
        {"created": False},
    ),
    "a push that died before it was online is found by its created timestamp": (
        [("append", (1, 5)), ("load", 10), ("push", PUSH_KILLED, (2, 3)), ("load", 10)],
        {},
    ),
    "rows that are pushed offline are moved however late they are": (
        [("append", (1, 5)), ("load", 10), ("push offline", (2, 3), (1, 12)), ("load", 20)],
        {"created": False},
    ),
    "a push that failed is pushed again": (
        [("append", (1, 5)), ("load", 10), ("push", PUSH_FAILED, (1, 7), (2, 3)), ("load", 10)],
        {"created": False},
    ),
    "what was written online is not undone by older rows": (
        [("write", (1, 9)), ("append", (1, 5)), ("load", 20), ("write", (1, 7))],
        {"created": False},
    ),
}


@pytest.mark.parametrize("name", STORIES)
def test_nothing_is_lost_when(name, tell):
    steps, settings = STORIES[name]
    tell(*steps, **settings)
