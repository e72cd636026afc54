"""What goes wrong in a story: a fault at one call of a store, in this process or deadly to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from provender.plugin import Role
from provender.testing.faults import Fault, halves, kills, raises, repeats, times_out
from provender.testing.faults.plugin import Scripts

FaultKind = Literal["raises", "is lost", "is done and lost", "is halved", "is done twice"]
DeathKind = Literal["before", "half", "after"]
FAULTS: tuple[FaultKind, ...] = get_args(FaultKind)
DEATHS: tuple[DeathKind, ...] = get_args(DeathKind)


@dataclass(frozen=True)
class PlannedFault:
    """One fault at one call of one store.

    Attributes:
        role: The store.
        method: The method.
        call: Which of its calls, from 1.
        kind: What becomes of the call: a fault, or when the process is killed.
        rerun: Whether the step is taken again afterwards.
    """

    role: Role
    method: str
    call: int
    kind: FaultKind | DeathKind
    rerun: bool

    @property
    def deadly(self) -> bool:
        """Whether the process is killed, so that the step has to be taken in a child."""
        return self.kind in DEATHS

    def scripts(self) -> Scripts:
        """Return the scripts of the stores that make the trouble."""
        before: list[Fault | None] = [None] * (self.call - 1)
        return {self.role: {self.method: [*before, self._fault()]}}

    def _fault(self) -> Fault:
        faults: dict[FaultKind, Fault] = {
            "raises": raises(),
            "is lost": times_out(done=False),
            "is done and lost": times_out(done=True),
            "is halved": halves(),
            "is done twice": repeats(),
        }
        for death in DEATHS:
            if self.kind == death:
                return kills(death)
        return next(fault for kind, fault in faults.items() if kind == self.kind)
