"""`MaterializeObserver`: gets the progress of a materialization, and what is reported of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from provender.errors import ProvenderError, count_text


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
    """

    view: str
    start: datetime | None
    end: datetime
    rows: int
    error: ProvenderError | None = None
    used: Mapping[str, float] = field(default_factory=dict)

    def __repr__(self) -> str:
        begin = f"from {self.start.isoformat()} " if self.start else ""
        failed = f"; failed: {self.error.problems[0].fact}" if self.error else ""
        span = f"{begin}to {self.end.isoformat()}"
        return (
            f"<ViewReport of {self.view!r} {span}: {count_text(self.rows, 'row')} written{failed}>"
        )


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

    def view_ends(self, report: ViewReport) -> None:
        """One view is done, or failed."""
