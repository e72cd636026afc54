"""`Rebuilder`: fills next generations of views from the offline store, and lets them be read.

1. The catalog announces the next generations: from then on pushes are written to both tables, and
   runs note what has to be read again. Those who write under an older catalog are waited for.
2. Everything up to now is moved from the offline store to the new tables, on any engine, and then
   what came meanwhile.
3. Rows that are only online are counted, and kept or lost by choice.
4. One commit of the catalog switches all views. The old tables stay for as long as a reader may
   use them.

Until the commit, the old tables are read; whatever fails before leaves them as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from provender.arguments import check_consent, check_flags
from provender.catalog.catalog import Catalog
from provender.catalog.view import CatalogView
from provender.errors import DataLoss, Problem, RequestError, count_text, listed
from provender.filling.announcement import Announcement, Announcer, Filling
from provender.filling.filler import Filler
from provender.filling.only_online import Comparison, loss
from provender.materialize import MaterializeObserver, ViewReport
from provender.materialize.run import succeeded
from provender.project_context import ProjectContext
from provender.registration.consent import Consent, is_agreed
from provender.registration.online_tables import next_generation
from provender.tables.removed import forget_removed, removed_keys


@dataclass(frozen=True, slots=True)
class RebuiltView:
    """What came of one view.

    Attributes:
        view: The view's name.
        generation: The generation that is read now.
        end: The last instant that was read from the offline store.
        rows: How many rows were written, each the newest of its key.
        kept: How many rows were kept that are only online.
        dropped: How many rows were dropped that are only online, where that was counted: in views
            that rows may have been pushed to.
    """

    view: str
    generation: int
    end: datetime
    rows: int
    kept: int = 0
    dropped: int | None = None

    def __repr__(self) -> str:
        kept = f", {self.kept:,} kept" if self.kept else ""
        dropped = f", {self.dropped:,} dropped" if self.dropped else ""
        rows = count_text(self.rows, "row")
        return f"<RebuiltView {self.view!r}, generation {self.generation}: {rows}{kept}{dropped}>"


class Rebuilder:
    """Rebuilds the online rows of views from the offline store.

    Args:
        project: The project.
        observer: Called with the progress.
        keep_pushed: Keep the rows that are only online.
        consent: The views whose rows that are only online may be lost.

    Raises:
        RequestError: The project is open as of an earlier version.
    """

    def __init__(
        self,
        project: ProjectContext,
        observer: MaterializeObserver,
        *,
        keep_pushed: bool,
        consent: Consent,
    ) -> None:
        check_flags(keep_pushed=keep_pushed)
        check_consent(consent)
        project.check_writable()
        self._project = project
        self._online = project.stores.online
        self._comparison = Comparison(project)
        self._announcer = Announcer(project)
        self._observer = observer
        self._keep = keep_pushed
        self._consent = consent

    def rebuild(self, names: Sequence[str] | None, end: int | None) -> list[RebuiltView]:
        """Rebuild views, by default all that are online.

        Args:
            names: The views.
            end: The last instant (µs) that is read; None: now.

        Raises:
            NotFound: A name is not a registered view.
            RequestError: A view is not online.
            StoreError: The online store cannot keep what is only online.
            MaterializeError: Some views failed and are read as before; the others were rebuilt.
            DataLoss: Rows that are only online would be lost; no view was rebuilt.
            Conflict: A view was changed meanwhile; no view was rebuilt.
        """
        names = [view.name for view in self._project.refresh().online_views(names)]
        self._project.stores.check_engine()
        self._check_can_keep()
        if not names:
            return []
        announced = self._announcer.announce(partial(_next, names), _message("Rebuild", names))
        switched: list[str] = []
        try:
            self._project.wait_for_writers()
            filler = Filler(self._project, self._observer, self._announcer, announced, end)
            reports = filler.fill()
            filled = [view for view in announced.views if _is_filled(view, reports)]
            filler.top_up(filled)
            rebuilt = self._compared(announced, filled, reports)
            self._remove_again(announced, filled)
            if rebuilt:
                switched = self._switch(announced, filled)
        finally:
            if left := [name for name in names if name not in switched]:
                self._announcer.withdraw(announced, left)
        filler.catch_up(filled)
        succeeded(reports)
        return rebuilt

    def _check_can_keep(self) -> None:
        """Check that the store can list its keys, if rows are to be kept that are only online."""
        if self._keep and not self._comparison.can_list:
            raise RequestError(
                "rows that are only online cannot be kept: the online store cannot list its keys",
                got=f"keep_pushed with {self._project.stores.plugins.store_type('online').name!r}",
                fix="rebuild without it, or use a store that claims the capability 'keys'",
            )

    def _remove_again(self, announced: Announcement, views: Sequence[CatalogView]) -> None:
        """Copy the rows of keys that were forgotten or repaired meanwhile; see `removed`."""
        registry = self._project.stores.registry
        for view in views:
            if keys := removed_keys(registry, view.table):
                self._online.delete(view.table, keys)
                later = self._online.read(announced.catalog.view(view.name).table, keys)
                self._online.write(view.table, [row for row in later if row is not None])

    def _compared(
        self, announced: Announcement, views: Sequence[CatalogView], reports: Sequence[ViewReport]
    ) -> list[RebuiltView]:
        """Keep the rows that are only online, or check that they may be lost.

        Raises:
            DataLoss: Rows would be lost to which nobody agreed.
        """
        problems: list[Problem] = []
        rebuilt: list[RebuiltView] = []
        for view in views:
            before = announced.catalog.view(view.name)
            (report,) = (one for one in reports if one.view == view.name)
            kept, dropped = 0, None
            if self._keep:
                kept = self._comparison.copy(before, view)
            elif self._comparison.may_hold_pushed(before):
                found = self._comparison.count(before, view)
                if found.rows != 0 and not is_agreed(view.name, self._consent):
                    problem = loss(view.name, found)
                    if not self._observer.accepts_loss(view.name, problem):
                        problems.append(problem)
                dropped = found.rows
            one = RebuiltView(view.name, view.generation, report.end, report.rows, kept, dropped)
            rebuilt.append(one)
        if problems:
            raise DataLoss.of(problems)
        return rebuilt

    def _switch(self, announced: Announcement, views: Sequence[CatalogView]) -> list[str]:
        names = [view.name for view in views]
        self._announcer.switch(announced, names, _message("Rebuilt", names))
        for view in views:
            forget_removed(self._project.stores.registry, view.table)
        return names


def _next(names: Sequence[str], catalog: Catalog) -> Filling:
    """Return views as they are registered, but with the next generation of their tables."""
    documents: Filling = {}
    for name in names:
        catalog.view(name)  # raises where it was removed meanwhile
        registered = catalog.document["views"][name]
        documents[name] = {
            **registered,
            "generation": next_generation(catalog, name),
            "continues": registered.get("continues", registered["generation"]),
        }
    return documents


def _is_filled(view: CatalogView, reports: Sequence[ViewReport]) -> bool:
    return any(report.view == view.name and report.error is None for report in reports)


def _message(what: str, views: Sequence[str]) -> str:
    return f"{what} {listed(views)}"
