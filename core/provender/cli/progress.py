"""`ProgressObserver`: shows how a materialization goes, with bars only on a terminal."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Self

import click

from provender.materialize import ViewReport

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class ProgressObserver:
    """Prints a line per view and, on a terminal, a bar with count and rate.

    Args:
        quiet: Print nothing on the standard output.

    Attributes:
        reports: What came of each view so far.
    """

    def __init__(self, *, quiet: bool) -> None:
        self.reports: list[ViewReport] = []
        self._quiet = quiet
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._began = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop()

    def run_begins(
        self, views: Sequence[str], start: datetime | None, end: datetime, store: str
    ) -> None:
        """Say what is going to be done."""
        since = f"from {_second(start)} " if start else ""
        self._say(
            f"Materializing {len(views)} feature views {since}to {_second(end)} "
            f"into the {store} online store."
        )

    def view_begins(
        self, view: str, start: datetime | None, end: datetime, rows: int | None
    ) -> None:
        """Say which view begins, and start its bar."""
        since = _second(start) if start else "the beginning"
        self._say(f"{view} from {since} to {_second(end)}:")
        self._began = time.monotonic()
        self._start(rows)

    def rows_written(self, view: str, count: int) -> None:
        """Move the bar."""
        if self._bar is not None and self._task is not None:
            self._bar.advance(self._task, count)

    def view_ends(self, report: ViewReport) -> None:
        """Say how many rows came, and how fast."""
        self._stop()
        self.reports.append(report)
        if report.error is not None:
            self._say(f"  {report.view} failed: {report.error.problems[0].fact}")
            return
        seconds = max(time.monotonic() - self._began, 1e-6)
        self._say(f"  {report.rows} rows, {report.rows / seconds:,.0f} rows/s")

    def _start(self, rows: int | None) -> None:
        import sys

        if self._quiet or not sys.stderr.isatty():
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        rate = TextColumn("{task.speed:,.0f} rows/s" if rows else "")
        bar = Progress(
            BarColumn(), MofNCompleteColumn(), rate, console=Console(stderr=True), transient=True
        )
        self._bar, self._task = bar, bar.add_task("", total=rows)
        bar.start()

    def _stop(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _say(self, line: str) -> None:
        if not self._quiet:
            click.echo(line)


def _second(instant: datetime) -> str:
    return instant.isoformat(sep=" ", timespec="seconds")
