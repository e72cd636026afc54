"""How long it takes until something happens."""

from __future__ import annotations

import statistics
import sys
from pathlib import Path

from benchmarks import feast_side
from benchmarks.figures import Figure, in_turns, milliseconds, ratio
from benchmarks.process import python
from benchmarks.sizes import Sizes

AIMS = {"import provender": 150, "provender version": 250, "provender --help": 250}
"""Milliseconds."""


def measure(directory: Path, sizes: Sizes, feast: bool) -> list[Figure]:
    """Time new processes with warm bytecode, in turns with a bare Python."""
    command = str(Path(sys.executable).with_name("provender"))
    bare, *ours = in_turns(
        lambda: python("-c", "pass"),
        lambda: python("-c", "import provender"),
        lambda: python(command, "version"),
        lambda: python(command, "--help"),
        rounds=sizes.rounds * 2,
    )
    figures = [
        Figure(
            what,
            milliseconds(seconds),
            f"{milliseconds(bare)} (bare Python)",
            ratio(seconds, bare),
            f"≤ {aim} ms",
            statistics.median(seconds) * 1000 <= aim,
        )
        for (what, aim), seconds in zip(AIMS.items(), ours, strict=True)
    ]
    return [*figures, _against_feast(command, sizes)] if feast else figures


def _against_feast(command: str, sizes: Sizes) -> Figure:
    own, theirs = in_turns(
        lambda: python(command, "version"),
        lambda: python(
            feast_side.executable("feast"), "version", executable=feast_side.executable()
        ),
        rounds=sizes.long_rounds,
    )
    base = f"{milliseconds(theirs)} (feast)"
    return Figure("provender version", milliseconds(own), base, ratio(own, theirs))
