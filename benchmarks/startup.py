"""How long it takes until something happens."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks import feast_side
from benchmarks.figures import Figure, in_turns, milliseconds, python, ratio
from benchmarks.sizes import Sizes


def measure(directory: Path, sizes: Sizes, feast: bool) -> list[Figure]:
    """Time new processes with warm bytecode."""
    command = str(Path(sys.executable).with_name("provender"))
    rounds = sizes.rounds * 2
    works = {
        "bare": lambda: python("-c", "pass"),
        "import": lambda: python("-c", "import provender"),
        "version": lambda: python(command, "version"),
        "help": lambda: python(command, "--help"),
    }
    for work in works.values():
        work()
    bare, imported, version, helped = in_turns(*works.values(), rounds=rounds)
    figures = [
        _figure("import provender", imported, bare, "≤ 150 ms"),
        _figure("provender version", version, bare, "≤ 250 ms"),
        _figure("provender --help", helped, bare, "≤ 250 ms"),
    ]
    if feast:
        program = feast_side.executable("feast")
        (theirs,) = in_turns(
            lambda: python(program, "version", executable=feast_side.executable()), rounds=2
        )
        figures.append(
            Figure(
                "version, against feast",
                milliseconds(version),
                milliseconds(theirs),
                ratio(version[:2], theirs),
                "",
            )
        )
    return figures


def _figure(what: str, ours: list[float], bare: list[float], aim: str) -> Figure:
    return Figure(
        what, milliseconds(ours), f"{milliseconds(bare)} (python)", ratio(ours, bare), aim
    )
