"""`Filler`: moves rows to the tables of generations that are announced."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime

from provender.catalog.view import CatalogView
from provender.clock import to_us
from provender.errors import Problem
from provender.filling.announcement import Announcement, Announcer
from provender.materialize import MaterializeObserver, Materializer, ViewReport
from provender.project_context import ProjectContext

_MOST_ROUNDS = 10
"""How often what runs note is moved before the switch; the rest is moved right after it."""
_RENEWED_AFTER = 60.0
"""Seconds after which the announcement is renewed while rows are written."""


class Filler:
    """Fills what an announcement announces, from the offline store.

    Args:
        project: The project.
        observer: Called with the progress.
        announcer: Renews the announcement meanwhile.
        announced: What is to be filled.
        end: The last event timestamp (µs) that is read; None: the present.
    """

    def __init__(
        self,
        project: ProjectContext,
        observer: MaterializeObserver,
        announcer: Announcer,
        announced: Announcement,
        end: int | None = None,
    ) -> None:
        self._clock = project.clock
        self._end = end
        self._views = announced.views
        self._run = Materializer(project, _Renewing(observer, announcer, announced))

    def fill(self) -> list[ViewReport]:
        """Move everything, and return what came of each view, with its error if it failed.

        Raises:
            ConfigError: The engine's settings are wrong.
        """
        return self._run.fill(self._views, self._until())

    def top_up(self, views: Sequence[CatalogView]) -> None:
        """Move what came since, and then what runs note meanwhile.

        Raises:
            ProvenderError: A store failed.
        """
        for view in views:
            self._run.top_up(view, self._until())
        self.catch_up(views)

    def catch_up(self, views: Sequence[CatalogView]) -> None:
        """Move what runs have noted, until they note no more.

        Raises:
            ProvenderError: A store failed.
        """
        for _ in range(_MOST_ROUNDS):
            views = [view for view in views if self._run.has_unread(view)]
            for view in views:
                self._run.top_up(view, self._until())

    def _until(self) -> int:
        now = to_us(self._clock())
        return now if self._end is None else min(self._end, now)


class _Renewing(MaterializeObserver):
    """Reports progress, and renews the announcement while there is some."""

    def __init__(
        self, observer: MaterializeObserver, announcer: Announcer, announced: Announcement
    ) -> None:
        self._observer = observer
        self._announcer = announcer
        self._announced = announced
        self._renewed = time.monotonic()

    def run_begins(
        self, views: Sequence[str], start: datetime | None, end: datetime, store: str
    ) -> None:
        self._observer.run_begins(views, start, end, store)

    def view_begins(
        self, view: str, start: datetime | None, end: datetime, rows: int | None
    ) -> None:
        self._observer.view_begins(view, start, end, rows)

    def rows_written(self, view: str, count: int) -> None:
        self._observer.rows_written(view, count)
        if time.monotonic() - self._renewed > _RENEWED_AFTER:
            self._renewed = time.monotonic()
            self._announcer.renew(self._announced)

    def accepts_loss(self, view: str, loss: Problem) -> bool:
        return self._observer.accepts_loss(view, loss)

    def view_ends(self, report: ViewReport) -> None:
        self._observer.view_ends(report)
