"""A measured figure: ours, the baseline's, their ratio, and what was aimed at."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """One line of the table.

    Attributes:
        what: What was measured.
        ours: Our figure, as text with its unit.
        baseline: The baseline's, as text.
        ratio: Ours divided by the baseline's; None where there is no baseline.
        aim: What was aimed at.
    """

    what: str
    ours: str
    baseline: str
    ratio: float | None
    aim: str


def as_table(figures: Sequence[Figure]) -> str:
    """Return the figures as a table in columns."""
    rows = [("", "ours", "baseline", "ratio", "aim")]
    for f in figures:
        ratio = "" if f.ratio is None else f"{f.ratio:.2f}" if f.ratio >= 0.1 else f"{f.ratio:.4f}"
        rows.append((f.what, f.ours, f.baseline, ratio, f.aim))
    widths = [max(len(row[i]) for row in rows) for i in range(5)]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(line.rstrip() for line in lines)


def timed(work: Callable[[], object]) -> float:
    """Return how long `work` takes, in seconds."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def in_turns(*works: Callable[[], object], rounds: int) -> list[list[float]]:
    """Return the seconds of each work in each round; they take turns, so that drift is shared."""
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


def peak_mb() -> float:
    """Return the peak memory of this process in MB.

    ``ru_maxrss`` would not do: a new process inherits the figure of the one that started it.
    """
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


def python(*arguments: str, executable: str = sys.executable) -> str:
    """Run Python in a new process and return what it prints."""
    done = subprocess.run([executable, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments[:3])} failed:\n{done.stderr}")
    return done.stdout
