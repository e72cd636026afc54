"""`Outcome`: what of a push is done, and the error that reports it when a store failed."""

from __future__ import annotations

from collections.abc import Callable

from provender.errors import Problem, ProvenderError, PushError
from provender.push.push_plan import Append, PushPlan, Write


def named_append(append: Append) -> str:
    """Return what people call a part of a push that goes offline."""
    return f"source {append.source.name!r} offline"


def named_write(write: Write) -> str:
    """Return what people call a part of a push that goes online."""
    table = f" (generation {write.view.generation})" if write.other else ""
    return f"view {write.view.name!r} online{table}"


def named_note(append: Append) -> str:
    """Return what people call the note that rows wait to be materialized."""
    return f"the ledger of source {append.source.name!r}"


class Outcome:
    """Does the parts of a push, and remembers which were done.

    Args:
        plan: All parts.

    Attributes:
        done: What was done, by what people call it.
        failures: The error of each part that failed, by what people call it.
    """

    def __init__(self, plan: PushPlan) -> None:
        views = map(named_write, plan.writes)
        self._parts = [*map(named_append, plan.appends), *views]
        self.done: list[str] = []
        self.failures: dict[str, ProvenderError] = {}

    def do(self, name: str, work: Callable[[], None]) -> None:
        """Do one part; another one is done even when it fails."""
        try:
            work()
            self.done.append(name)
        except ProvenderError as error:
            self.failures[name] = error

    def end(self) -> None:
        """Do nothing, unless a part failed.

        Raises:
            PushError: With what was written and what was not, and why.
        """
        if not self.failures:
            return
        left = dict.fromkeys([*self._parts, *self.failures])
        missing = [name for name in left if name not in self.done]
        written = [name for name in self._parts if name in self.done]
        head = Problem(
            f"the push failed for {', '.join(missing)}",
            got=f"written: {', '.join(written) or 'nothing'}",
            fix="fix the cause and push the same rows again: those already written are kept",
        )
        inner = [
            Problem(f"{name}: {p.fact}", p.got, p.allowed, p.fix, p.place)
            for name, error in self.failures.items()
            for p in error.problems
        ]
        raise PushError.of([head, *inner]) from next(iter(self.failures.values()))
