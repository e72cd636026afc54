"""Stories that were once told wrongly, or might be: told by hand, held against the same oracle."""

import pytest

from harness.local_stories import LOCAL
from provender.testing.stateful import CrashSite, StoryMachine
from provender.testing.stateful.faults import PlannedFault
from provender.testing.stateful.scenario import Definition
from provender.testing.stateful.strategies import DrawnRow

SECOND = 1_000_000
GROWN = ("v", "more")


class ByHand(StoryMachine):
    subject = LOCAL
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
    "wait": lambda story, seconds=1: story.move_clock(seconds),
    "mend": lambda story, position, how: story.mend(position, how),
    "rebuild": lambda story, only_online, trouble=None, end=None: story.rebuild(
        None if end is None else end * SECOND, only_online, trouble
    ),
    "fill": lambda story, wanted, consent=True, trouble=None: story.apply_filled(
        definition(*wanted), consent, trouble
    ),
    "repair": lambda story, keys, end=None, trouble=None: story.repair(
        keys, None if end is None else end * SECOND, trouble
    ),
    "forget": lambda story, key, trouble=None: story.forget(key, trouble),
    "sweep": lambda story: story.sweep(None),
}
KILLED = PlannedFault("registry", "replace", 1, "before", rerun=False)
PUSH_KILLED = PlannedFault("online", "write", 1, "before", rerun=False)
PUSH_FAILED = PlannedFault("online", "write", 1, "is halved", rerun=True)
FAILED = PlannedFault("online", "write", 1, "raises", rerun=False)
ANNOUNCED = PlannedFault("offline", "latest", 1, "before", rerun=False)
SWITCH_LOST = PlannedFault("registry", "write", 2, "is done and lost", rerun=False)
SWITCH_KILLED = PlannedFault("registry", "write", 2, "after", rerun=False)
REPAIR_FAILED = PlannedFault("online", "write", 1, "is halved", rerun=False)
WRONG = [("append", (0, 5), (0, 8), (1, 6), (2, 7)), ("load", 20)]
"""Rows at the positions 1 to 4 of the source, after the one of every story, and online."""
STORIES = {
    "what was wrong stays until a rebuild": (
        [
            *WRONG,
            ("mend", 2, "removed"),
            ("mend", 2, "value"),
            ("mend", 2, "earlier"),
            ("load", 20),
            ("move", 0, 20),
            ("rebuild", "ask"),
            ("rebuild", "lose"),
            ("load", 30),
        ],
        {"created": False},
    ),
    "rows that are only online are kept": (
        [*WRONG, ("write", (0, 9), (1, 3)), ("rebuild", "keep"), ("rebuild", "keep"), ("load", 30)],
        {},
    ),
    "rows after the end of a rebuild are loaded by the next run": (
        [*WRONG, ("push offline", (2, 10)), ("rebuild", "lose", None, 6), ("load", 30)],
        {},
    ),
    "a rebuild that died is replaced, and what was pushed meanwhile is there": (
        [
            *WRONG,
            ("rebuild", "lose", ANNOUNCED),
            ("push", None, (1, 10)),
            ("forget", 0),
            ("repair", {2}),
            ("rebuild", "ask"),
        ],
        {},
    ),
    "a rebuild whose switch got no answer is done, as a whole": (
        [*WRONG, ("mend", 2, "removed"), ("rebuild", "lose", SWITCH_LOST), ("load", 30)],
        {},
    ),
    "a rebuild that died at its end is done, as a whole": (
        [*WRONG, ("mend", 2, "removed"), ("rebuild", "lose", SWITCH_KILLED), ("load", 30)],
        {},
    ),
    "a change comes with its rows": (
        [
            *WRONG,
            ("fill", (GROWN,)),
            ("write", (0, 9)),
            ("fill", (("v", "note"),), False),
            ("fill", (("v", "note"),), True, ANNOUNCED),
            ("apply", ("v",), None),
            ("fill", (("v", "note"), 12)),
            ("fill", (("v", "note"),)),
            ("load", 30),
        ],
        {},
    ),
    "a repair takes rows back, and they come again with the next run": (
        [*WRONG, ("mend", 2, "removed"), ("repair", {0, 2}, 5), ("load", 30)],
        {},
    ),
    "a repair after the clock was set back does not hide the rows of later": (
        [
            ("append", (0, 5), (0, 29)),
            ("load", 30),
            ("wait", -2),
            ("repair", {0}),
            ("wait", 4),
            ("load", 32),
        ],
        {"created": False},
    ),
    "a repair that failed is done again": (
        [
            *WRONG,
            ("mend", 1, "value"),
            ("mend", 2, "value"),
            ("repair", {0, 1}, None, REPAIR_FAILED),
            ("repair", {0, 1}),
        ],
        {},
    ),
    "what is forgotten comes back with a run that reads it again": (
        [*WRONG, ("forget", 0), ("load", 20), ("move", 0, 20)],
        {},
    ),
    "old rows are swept, and nothing else": (
        [*WRONG, ("write", (0, 29)), ("sweep",), ("apply", ("v",), None), ("load", 30)],
        {"ttl": 6, "now": 20},
    ),
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
