"""`MaterializeObserver`: gets the progress of a materialization, and what is reported of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from provender.arguments import check_argument
from provender.clock import from_us
from provender.errors import Problem, ProvenderError, count_text
from provender.plugin.contract.engine import NewerOnline, TaskReport


@dataclass(frozen=True, slots=True)
class ViewReport:
    """What came of one view.

    Attributes:
        view: The view's name.
        start: The first instant that was read; None: from the beginning.
        end: The last instant that was read.
        rows: How many rows were written online.
        error: Why it failed; None if it did not.
        used: What the online store used in other processes; see `OnlineStore.usage`.
        read: How many rows were read: the newest of each key, unless it is older than the ttl.
        equal: How many of them were not written because they are online already.
        kept_back: How many of them were not written because the online row of their key is newer.
        warning: For some key the online store has a newer row than the source; with an example.
    """

    view: str
    start: datetime | None
    end: datetime
    rows: int
    error: ProvenderError | None = None
    used: Mapping[str, float] = field(default_factory=dict)
    read: int = 0
    equal: int = 0
    kept_back: int = 0
    warning: Problem | None = None

    @property
    def counts_text(self) -> str:
        """``3 rows read: 1 written, 1 equal, 1 kept back, since online is newer``."""
        parts = [f"{self.rows:,} written"]
        if self.equal:
            parts.append(f"{self.equal:,} equal")
        if self.kept_back:
            parts.append(f"{self.kept_back:,} kept back, since online is newer")
        return f"{count_text(self.read, 'row')} read: {', '.join(parts)}"

    def __repr__(self) -> str:
        begin = f"from {self.start.isoformat()} " if self.start else ""
        failed = f"; failed: {self.error.problems[0].fact}" if self.error else ""
        span = f"{begin}to {self.end.isoformat()}"
        return f"<ViewReport of {self.view!r} {span}: {self.counts_text}{failed}>"


def newer_online_warning(view: str, reports: Sequence[TaskReport]) -> Problem | None:
    """Return a warning with an example if the online store has a newer row than the source.

    Args:
        view: The view's name.
        reports: What came of its tasks.
    """
    for report in reports:
        example = report.newer_online
        if example is not None:
            return Problem(
                f"{view}: the online store has a newer row than the source for at least one key",
                got=_example_text(example),
                fix=f"run `provender rebuild {view}`: it makes the online store equal to the "
                "offline store",
            )
    return None


def _example_text(example: NewerOnline) -> str:
    entity = ", ".join(f"{name}={value}" for name, value in example.entity.items())
    online, offline = (_instants_text(pair) for pair in (example.online, example.offline))
    return f"{entity or 'the one row of the view'}: {online} online, {offline} in the source"


def _instants_text(pair: tuple[int, int | None]) -> str:
    event, created = pair
    made = "" if created is None else f" (created {from_us(created).isoformat(sep=' ')})"
    return f"{from_us(event).isoformat(sep=' ')}{made}"


class MaterializeObserver:
    """Hears of the progress of a materialization; what a subclass leaves out does nothing."""

    def run_begins(
        self, views: Sequence[str], start: datetime | None, end: datetime, store: str
    ) -> None:
        """A run over `views` begins; `store` is the online store's type."""

    def view_begins(
        self, view: str, start: datetime | None, end: datetime, rows: int | None
    ) -> None:
        """One view begins; `rows` is how many are expected, if that is known."""

    def rows_written(self, view: str, count: int) -> None:
        """`count` more rows of a view were written."""

    def accepts_loss(self, view: str, loss: Problem) -> bool:
        """Return whether online rows may be lost to whose loss nobody has agreed before.

        A rebuild, or an apply that fills, asks when everything is loaded, before it is read.

        Args:
            view: The feature view.
            loss: How many rows, with an example.
        """
        return False

    def view_ends(self, report: ViewReport) -> None:
        """One view is done, or failed."""


def observer_of(observer: MaterializeObserver | None) -> MaterializeObserver:
    """Return what is called with the progress; None: one that does nothing.

    Raises:
        RequestError: It is no observer.
    """
    if observer is None:
        return MaterializeObserver()
    events = [name for name in vars(MaterializeObserver) if not name.startswith("_")]
    heard = [name for name in events if callable(getattr(observer, name, None))]
    if isinstance(observer, type) or not heard:
        allowed = "an object of a subclass of MaterializeObserver"
        check_argument("observer", observer, (), allowed)
    return observer
