"""`apply_plan`: does a plan, and fills the online tables of its views before if asked to.

One step leads from the old definitions with their rows to the new ones with theirs: the catalog
announces the next generations under the new definitions, they are filled from the offline store,
and the commit of the plan lets them be read. Whatever fails before changes nothing that is served.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from provender.arguments import check_consent, check_flags, check_text
from provender.catalog.view import CatalogView
from provender.errors import DataLoss, Problem, listed
from provender.filling.announcement import Announcement, Announcer, with_replaced
from provender.filling.filler import Filler
from provender.filling.only_online import Comparison, loss
from provender.materialize import MaterializeObserver
from provender.materialize.observer import observer_of
from provender.materialize.run import succeeded
from provender.plugin.contract.online_store import OnlineTable
from provender.project_context import ProjectContext
from provender.registration.consent import Consent, is_agreed
from provender.registration.plan import Plan
from provender.registration.to_fill import documents_to_fill, filled_plan, views_to_fill
from provender.registration.verbs import commit, writer
from provender.repair.repairing import repair_table
from provender.tables.dropping import retire
from provender.tables.removed import forget_removed, removed_keys


@dataclass(frozen=True)
class Applying:
    """How a plan is done.

    Attributes:
        message: What the history says.
        author: Who is named in the history; None: as the configuration says.
        consent: The views whose online rows may be lost.
        fill: Whether online rows are loaded before.
        observer: Called with the progress of that; None: nobody.
    """

    message: str = ""
    author: str | None = None
    consent: Consent = False
    fill: bool = False
    observer: MaterializeObserver | None = None

    def __post_init__(self) -> None:
        check_text("message", self.message)
        check_text("author", self.author)
        check_consent(self.consent)
        check_flags(fill=self.fill)
        observer_of(self.observer)


def apply_plan(project: ProjectContext, plan: Plan, how: Applying) -> Plan:
    """Do what a plan says, with the online rows of its views if that is asked for; return it.

    Raises:
        Conflict: Others changed the same objects after the plan was made; nothing was changed.
        DataLoss: Online rows would be lost without consent; nothing was changed.
        MaterializeError: The rows of a view could not be loaded; nothing was changed.
    """
    names = views_to_fill(plan) if how.fill else []
    if not names:
        return commit(project, plan, how.message, how.author, how.consent)
    return _FilledApply(project, plan, how).apply(names)


class _FilledApply:
    """Applies one plan whose views are filled first."""

    def __init__(self, project: ProjectContext, plan: Plan, how: Applying) -> None:
        self._project = project
        self._plan = plan
        self._how = how
        self._watch = observer_of(how.observer)
        self._registry = project.stores.registry
        self._comparison = Comparison(project)

    def apply(self, names: list[str]) -> Plan:
        """Fill views, commit the plan, and return it."""
        project, plan, how = self._project, self._plan, self._how
        writer(project).check(plan)
        project.stores.check_engine()
        announcer = Announcer(project, how.author)
        announced = announcer.announce(
            lambda newest: documents_to_fill(plan, names, newest), f"Load {listed(names)}"
        )
        done = False
        try:
            filled = self._with_replaced(filled_plan(plan, announced.documents), announced)
            project.wait_for_writers()
            filler = Filler(project, self._watch, announcer, announced)
            succeeded(filler.fill())
            filler.top_up(announced.views)
            self._repair_again(announced)
            self._check_loss(announced)
            retire(project, self._replaced(announced))
            commit(project, filled, how.message, how.author, how.consent)
            done = True
        finally:
            if not done:
                announcer.withdraw(announced, names)
        announcer.end(announced)
        filler.catch_up(announced.views)
        for view in announced.views:
            forget_removed(self._registry, view.table)
        return plan

    def _with_replaced(self, filled: Plan, announced: Announcement) -> Plan:
        """Return a plan whose document says which tables may still be read after it is done."""
        views = announced.catalog.document["views"]
        found = (self._before(announced, view) for view in announced.views)
        before = {view.name: views[view.name] for view in found if view is not None}
        replaced = with_replaced(self._project, filled.document, before)
        return replace(filled, document={**filled.document, "replaced": replaced})

    def _repair_again(self, announced: Announcement) -> None:
        """Repair the rows of keys that were forgotten or repaired meanwhile; see `removed`."""
        for view in announced.views:
            if keys := removed_keys(self._registry, view.table):
                repair_table(self._project, view, keys)

    def _check_loss(self, announced: Announcement) -> None:
        """Check that no row that is only online is lost without consent.

        Raises:
            DataLoss: One would be.
        """
        problems: list[Problem] = []
        for view in announced.views:
            before = self._before(announced, view)
            if before is None or is_agreed(view.name, self._how.consent):
                continue
            if not self._comparison.may_hold_pushed(before):
                continue
            found = self._comparison.count(before, view)
            problem = loss(view.name, found, "apply(…, fill=True", keep=False)
            if found.rows != 0 and not self._watch.accepts_loss(view.name, problem):
                problems.append(problem)
        if problems:
            raise DataLoss.of(problems)

    def _before(self, announced: Announcement, view: CatalogView) -> CatalogView | None:
        """Return a view as it is registered, if it is and is online."""
        catalog = announced.catalog
        if view.name not in catalog.document["views"]:
            return None
        before = catalog.view(view.name)
        return before if before.view.online else None

    def _replaced(self, announced: Announcement) -> list[OnlineTable]:
        """Return the tables that are no longer read after the commit."""
        found = (self._before(announced, view) for view in announced.views)
        return [view.table for view in found if view is not None]
