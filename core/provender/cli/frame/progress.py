"""The progress of a materialization: a bar at a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import click

from provender.cli.frame.confirm import can_ask, need_consent
from provender.cli.frame.errors import problem_text
from provender.cli.frame.interrupts import stop_if_interrupted
from provender.cli.frame.invocation import Invocation
from provender.cli.frame.output import say
from provender.errors import Problem, count_text
from provender.materialize.observer import MaterializeObserver, ViewReport

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

    from provender.store import FeatureStore


class MaterializeProgress(MaterializeObserver):
    """Watches a materialization and tells of it.

    The lines of the report go to stdout. The bar goes to stderr, while each view is moved, when
    that is a terminal.

    Args:
        invocation: The call.
        doing: What is done with the views, as a line begins with it.

    Attributes:
        reports: What came of each view so far.
        store: The online store's type.
    """

    def __init__(self, invocation: Invocation, doing: str = "Materializing") -> None:
        self._invocation = invocation
        self._doing = doing
        self._bar: Progress | None = None
        self._task: Any = None
        self._began = time.monotonic()
        self._ended: set[str] = set()
        self.reports: list[ViewReport] = []
        self.store = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def run_begins(
        self, views: Sequence[str], start: datetime | None, end: datetime, store: str
    ) -> None:
        """Say which views are moved, and where."""
        self._ended.clear()
        self.store = store
        if not views:
            self._say("No feature view is online; `provender apply` registers them.")
            return
        since = "" if start is None else f" from {instant_text(start)}"
        self._say(
            f"{self._doing} {count_text(len(views), 'feature view')}{since} to {instant_text(end)} "
            f"into the {store} online store."
        )

    def view_begins(
        self, view: str, start: datetime | None, end: datetime, rows: int | None
    ) -> None:
        """Say which view is moved, and start its bar at a terminal.

        A rebuild begins a view again for what came meanwhile; that is not worth a line.
        """
        if view in self._ended:
            return
        since = "the beginning" if start is None else instant_text(start)
        self._say(f"{view} from {since} to {instant_text(end)}:")
        self._began = time.monotonic()
        if sys.stderr.isatty():
            self._bar = _bar(self._invocation.color)
            self._task = self._bar.add_task(view, total=rows)
            self._bar.start()

    def rows_written(self, view: str, count: int) -> None:
        """Move the bar; the right moment to stop for a Ctrl-C that was swallowed."""
        stop_if_interrupted(self._invocation)
        if self._bar is not None:
            self._bar.update(self._task, advance=count)

    def accepts_loss(self, view: str, loss: Problem) -> bool:
        """Ask at a terminal, now that everything is loaded and nothing is changed.

        Raises:
            RequestError: The answer is no.
        """
        if not can_ask(self._invocation):
            return False
        text = f"{loss.fact}: {loss.got}"
        need_consent(self._invocation, f"{text[0].upper()}{text[1:]}. Lose them?", text)
        return True

    def view_ends(self, report: ViewReport) -> None:
        """Finish the bar, or say how many rows came over and how fast."""
        self.reports.append(report)
        self._ended.add(report.view)
        shown = self._bar is not None and sys.stdout.isatty()
        if self._bar is not None:
            done = report.rows if report.error is None else None
            self._bar.update(self._task, total=done, completed=report.rows)
        self.stop()
        if report.error is not None:
            self._say(f"  failed after {count_text(report.rows, 'row')}")
        elif report.read != report.rows:
            self._say(f"  {report.counts_text}; in {time.monotonic() - self._began:.1f} s")
        elif not shown:
            self._say(f"  {rate_text(report.rows, time.monotonic() - self._began)}")
        if report.warning is not None:
            click.echo(problem_text(report.warning, "warning"), err=True)

    def stop(self) -> None:
        """Leave the terminal as it was; stopping twice is allowed."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _say(self, line: str) -> None:
        say(self._invocation, line)


def used_units(store: FeatureStore, progress: MaterializeProgress) -> dict[str, float]:
    """Return what the online store used, in this process and in those of the engine."""
    used = dict(store.stores.online.usage())
    for report in progress.reports:
        for kind, units in report.used.items():
            used[kind] = used.get(kind, 0) + units
    return used


def instant_text(instant: datetime) -> str:
    """Return an instant as ``2026-01-31 12:00:00+00:00``."""
    return instant.isoformat(sep=" ")


def rate_text(rows: int, seconds: float) -> str:
    """Return ``2,000 rows in 0.1 s (20,000 rows/s)``; no rate below one row a second."""
    rate = f" ({rows / seconds:,.0f} rows/s)" if seconds and rows >= seconds else ""
    return f"{count_text(rows, 'row')} in {seconds:.1f} s{rate}"


def working(invocation: Invocation, what: str) -> AbstractContextManager[object]:
    """Show at a terminal, on stderr, that work goes on and for how long."""
    if not sys.stderr.isatty():
        return nullcontext()
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    spinner = Progress(*columns, console=_console(invocation.color), transient=True)
    spinner.add_task(what, total=None)
    return spinner


def _bar(color: bool | None) -> Progress:
    """Return a bar with the count, the rate and the time so far."""
    from rich.progress import BarColumn, Progress, ProgressColumn, Task
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(rate_text(int(task.completed), task.elapsed or 0.0))

    return Progress(BarColumn(), Rate(), console=_console(color))


def _console(color: bool | None) -> Console:
    from rich.console import Console

    return Console(stderr=True, no_color=color is False or None)
