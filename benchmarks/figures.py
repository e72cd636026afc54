"""A measured figure: ours, the baseline's, their ratio, and what was aimed at."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One line of the table.

    Attributes:
        what: What was measured.
        ours: Our figure, as text with its unit.
        baseline: The baseline's, as text.
        ratio: Ours divided by the baseline's.
        aim: What was aimed at, as text; empty: nothing.
        met: Whether it was reached; None where nothing was aimed at.
    """

    what: str
    ours: str
    baseline: str
    ratio: float
    aim: str = ""
    met: bool | None = None


def as_table(figures: Sequence[Figure], judged: bool = True) -> str:
    """Return the figures as a table in columns.

    Args:
        figures: The lines.
        judged: Say which aims were met; they are those of the full sizes.
    """
    rows = [("", "ours", "baseline", "ratio", "aim", "met")]
    for f in figures:
        met = "" if f.met is None or not judged else "yes" if f.met else "NO"
        rows.append((f.what, f.ours, f.baseline, f"{f.ratio:.3g}", f.aim, met))
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(line.rstrip() for line in lines)


def timed(work: Callable[[], object]) -> float:
    """Return how long `work` takes, in seconds."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def in_turns(*works: Callable[[], object], rounds: int) -> list[list[float]]:
    """Return the seconds of each work in each round.

    They take turns, so that drift is shared; each runs once before, unmeasured.
    """
    for work in works:
        work()
    measured: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for seconds, work in zip(measured, works, strict=True):
            seconds.append(timed(work))
    return measured


def ratio(ours: Sequence[float], baseline: Sequence[float]) -> float:
    """Return the median of the ratios of the rounds."""
    return statistics.median(a / b for a, b in zip(ours, baseline, strict=True))


def milliseconds(seconds: Sequence[float]) -> str:
    """Return the median in ms, as text."""
    return f"{statistics.median(seconds) * 1000:.0f} ms"


def microseconds(seconds: float) -> str:
    """Return a length of time in µs, as text."""
    return f"{seconds * 1e6:.1f} µs"
