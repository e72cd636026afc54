"""Removing online rows past their time to live; see `FeatureStore.sweep`.

What counts is the ttl of the view as it is registered at that moment, and none that was stored with
a row; a large sweep looks it up again after each portion.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from provender.arguments import check_whole
from provender.catalog.view import CatalogView
from provender.clock import from_us, to_us
from provender.errors import ProvenderError
from provender.project_context import ProjectContext

Outcome = Literal["swept", "no ttl", "expires", "cannot"]

_PORTION = 100_000
"""Rows that are removed until the registered ttl is looked up again."""
_log = logging.getLogger("provender")


@dataclass(frozen=True, slots=True)
class SweptView:
    """What a sweep did with one view.

    Attributes:
        view: The feature view.
        outcome: ``swept``: its old rows were removed; ``no ttl``: no row of it is ever too old;
            ``expires``: the online store removes them by itself; ``cannot``: it cannot remove them.
        rows: How many rows were removed.
        before: Rows whose event is before this instant were removed; None where none could be.
    """

    view: str
    outcome: Outcome
    rows: int = 0
    before: datetime | None = None


@dataclass(frozen=True, slots=True)
class SweepReport:
    """What a sweep did.

    Attributes:
        store: The type of the online store.
        views: The views, in the order in which they were swept.
    """

    store: str
    views: tuple[SweptView, ...]

    @property
    def rows(self) -> int:
        """How many rows were removed from all views."""
        return sum(view.rows for view in self.views)


def sweep(project: ProjectContext, names: Sequence[str] | None, most: int | None) -> SweepReport:
    """Remove the rows of views that are past their time to live.

    Args:
        project: The project.
        names: The views; None: all that are online.
        most: How many rows are removed at most, of all views together; None: all.

    Raises:
        NotFound: A view is not registered; nothing was removed.
        RequestError: A view is not online, `most` is negative, or the project is open as of an
            earlier version; nothing was removed.
        StoreError: The online store failed; some rows may be removed.
    """
    project.check_writable()
    if most is not None:
        check_whole("most", most, negative="a number of rows, or None")
    views = project.refresh().online_views(names)
    kind, swept = project.stores.plugins.store_type("online").name, []
    for view in views:
        swept.append(_sweep_view(project, view.name, most))
        most = None if most is None else most - swept[-1].rows
    return SweepReport(kind, tuple(swept))


def sweep_after_writes(project: ProjectContext, view: CatalogView, written: int, end: int) -> int:
    """Remove at most as many old rows of a view as a run has just written; return how many.

    A sweep that fails is logged: the rows that were written are there, and the next run sweeps
    again.

    Args:
        project: The project.
        view: The view.
        written: How many rows the run has written.
        end: The last instant that it read (µs): only rows go that were too old by then, and none
            that the same run would write again.
    """
    if not written or _outcome(project, view) != "swept":
        return 0
    try:
        return _sweep_view(project, view.name, written, end).rows
    except ProvenderError as error:
        _log.warning("old rows of feature view %r were not removed: %s", view.name, error)
        return 0


def _outcome(project: ProjectContext, view: CatalogView) -> Outcome:
    """Return what a sweep of a view comes to, unless it fails."""
    if view.table.ttl is None:
        return "no ttl"
    capabilities = project.stores.plugins.store_type("online").capabilities
    if "expiry" in capabilities:
        return "expires"
    return "swept" if "sweep" in capabilities else "cannot"


def _sweep_view(
    project: ProjectContext, name: str, most: int | None, at: int | None = None
) -> SweptView:
    """Remove old rows of a view, a portion at a time, each under the ttl that is registered then.

    Args:
        project: The project.
        name: The view.
        most: How many rows are removed at most; None: all.
        at: The instant (µs) at which they were too old; None: the present.

    Raises:
        NotFound: The view was removed meanwhile.
        StoreError: The online store failed.
    """
    removed, before = 0, None
    while True:
        view = project.refresh().view(name)
        table, outcome = view.table, _outcome(project, view)
        if table.ttl is None or outcome != "swept":
            return SweptView(name, outcome, removed, before)
        now = to_us(project.clock()) if at is None else at
        oldest = now - table.ttl  # a row of just this age is still valid
        before = from_us(oldest)
        wanted = _PORTION if most is None else min(_PORTION, most - removed)
        done = project.stores.online.sweep(table, oldest, wanted)
        removed += done
        if done < wanted or removed == most:
            return SweptView(name, outcome, removed, before)
