"""What stories are drawn from: few keys and few instants, so that ties and edges abound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from hypothesis import strategies as st

from provender.testing.stateful.faults import DEATHS, FAULTS, PlannedFault
from provender.testing.stateful.scenario import Definition, StoryRow
from provender.testing.stateful.steps import (
    Append,
    Apply,
    ApplyFilled,
    Forget,
    Incremental,
    Materialize,
    Push,
    Rebuild,
    Repair,
    Step,
    Sweep,
)

SECOND = 1_000_000
CreatedAt = Literal["now", "unknown", "before", "long before"]
_TTLS = [None, None, 6 * SECOND, 12 * SECOND]
_AGES = {"now": 0, "before": 2 * SECOND, "long before": 20 * SECOND}


@dataclass(frozen=True)
class DrawnRow:
    """A row that does not yet know its story.

    Attributes:
        key: The number of its key; None: a part of it is null.
        event: Its instant, µs after the story's start.
        created: When it was created, as seen from when it is appended.
        more: A feature that may be null or NaN.
        note: A feature that may be null.
    """

    key: int | None
    event: int
    created: CreatedAt
    more: float | None
    note: str | None

    def at(self, keys: Sequence[tuple[str, ...]], start: int, now: int, serial: int) -> StoryRow:
        """Return the row in its story, where it is appended now as the row of that number."""
        known: tuple[str | None, ...] = keys[0] if self.key is None else keys[self.key]
        if self.key is None:
            known = (*known[:-1], None)
        created = None if self.created == "unknown" else now - _AGES[self.created]
        return StoryRow(known, start + self.event, created, serial, self.more, self.note)


def offsets() -> st.SearchStrategy[int]:
    """Return instants in µs after the start of a story, some beside a whole second by 1 µs."""
    jitter = st.sampled_from([0, 0, 0, 0, 0, -1, 1])
    return st.builds(lambda whole, by: whole * SECOND + by, st.integers(0, 24), jitter)


def drawn_rows() -> st.SearchStrategy[DrawnRow]:
    """Return rows: new, late, of one instant, of unknown creation, with null keys and features."""
    return st.builds(
        DrawnRow,
        st.sampled_from([0, 0, 0, 1, 1, 2, None]),
        offsets(),
        st.sampled_from(["now", "now", "now", "before", "unknown", "long before"]),
        st.sampled_from([None, 0.5, float("nan"), -0.0]),
        st.sampled_from([None, "", "ü"]),
    )


def definitions() -> st.SearchStrategy[Definition]:
    """Return the view with other features or another time to live."""
    features = [("v",), ("v", "more"), ("v", "note"), ("v", "more", "note")]
    return st.builds(Definition, st.sampled_from(features), st.sampled_from(_TTLS))


def configurations() -> st.SearchStrategy[dict[str, Any]]:
    """Return what a story begins with."""
    return st.fixed_dictionaries(
        {
            "definition": definitions(),
            "created": st.booleans(),
            "parts": st.sampled_from([1, 2]),
            "lookback": st.sampled_from([0, 4 * SECOND]),
            "batch_rows": st.sampled_from([1000, 1, 2]),
            "now": st.sampled_from([30 * SECOND, 10 * SECOND]),
            "drawn": st.lists(drawn_rows(), max_size=4),
        }
    )


def spines() -> st.SearchStrategy[list[tuple[int | None, int]]]:
    """Return entity rows: the number of a key (None: it is null) and an instant."""
    return st.lists(st.tuples(st.sampled_from([0, 1, 2, None]), offsets()), max_size=6)


def troubles(step: type[Step]) -> st.SearchStrategy[PlannedFault | None]:
    """Return trouble at a call that the step makes; more often there is none."""
    trouble = st.builds(
        lambda call, number, kind, rerun: PlannedFault(call[0], call[1], number, kind, rerun),
        st.sampled_from(step.calls),
        st.sampled_from([1, 1, 1, 2, 3]),
        st.sampled_from([*FAULTS, *FAULTS, *DEATHS]),
        st.sampled_from([False, False, True]),
    )
    return st.one_of(st.none(), st.none(), trouble)


def happenings() -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    """Return what may happen in a story: a method of `StoryMachine` and its arguments."""
    rows, ends = st.lists(drawn_rows(), min_size=1, max_size=4), st.tuples(offsets(), offsets())
    append = _happens("append", drawn=rows, trouble=troubles(Append))
    load = _happens("materialize_incremental", end=offsets(), trouble=troubles(Incremental))
    apply = _happens("apply", definition=definitions(), trouble=troubles(Apply))
    return st.one_of(
        *[append, load, apply] * 2,  # these are what stories live of
        *_mendings(),
        _happens("materialize", ends=ends, trouble=troubles(Materialize)),
        _happens(
            "push",
            drawn=rows,
            to=st.sampled_from(["online", "offline", "both"]),
            trouble=troubles(Push),
        ),
        _happens("register_anew", fill=st.booleans()),
        _happens("move_clock", step=st.sampled_from([1, 3, 8, -2])),
        _happens("read_history", drawn=spines(), known=st.none() | offsets()),
    )


def _mendings() -> list[st.SearchStrategy[tuple[str, dict[str, Any]]]]:
    """Return what mends a source and what is online of it."""
    ends, numbers = st.none() | offsets(), st.sampled_from([0, 0, 1, 2])
    only_online = st.sampled_from(["keep", "lose", "ask"])
    changed = {"definition": definitions(), "consent": st.booleans()}
    how = st.sampled_from(["removed", "earlier", "value"])
    return [
        *[_happens("mend", position=st.integers(0, 9), how=how)] * 2,
        *[_happens("rebuild", end=ends, only_online=only_online, trouble=troubles(Rebuild))] * 2,
        _happens("apply_filled", **changed, trouble=troubles(ApplyFilled)),
        _happens("repair", keys=st.sets(numbers, min_size=1), end=ends, trouble=troubles(Repair)),
        _happens("forget", key=numbers, trouble=troubles(Forget)),
        _happens("sweep", trouble=troubles(Sweep)),
    ]


def _happens(
    name: str, **arguments: st.SearchStrategy[Any]
) -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    return st.tuples(st.just(name), st.fixed_dictionaries(arguments))
