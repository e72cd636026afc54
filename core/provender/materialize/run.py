"""`Materializer`: loads the newest rows of views from the offline into the online store."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from provender.catalog.view import CatalogView
from provender.clock import duration_us, from_us, to_us
from provender.errors import (
    MaterializeError,
    Problem,
    ProvenderError,
    RequestError,
    count_text,
)
from provender.materialize.observer import (
    MaterializeObserver,
    ViewReport,
    newer_online_warning,
    observer_of,
)
from provender.materialize.record import RunRecord
from provender.materialize.view_run import ViewRun
from provender.materialize.windows import Stretch, stretch_between, stretch_since_last
from provender.plugin.contract.engine import TaskReport
from provender.plugin.contract.hookspecs import MaterializeRun
from provender.plugin.contract.online_store import OnlineTable
from provender.project_context import ProjectContext
from provender.sweeping import sweep_after_writes
from provender.tables.dropping import drop_unused, retire
from provender.tables.ledger import LedgerBook


class Materializer:
    """Runs materializations of a project, under the catalog as it is now.

    Args:
        project: The project.
        observer: Called with the progress, if given.

    Raises:
        RequestError: The project is open as of an earlier version.
    """

    def __init__(
        self, project: ProjectContext, observer: MaterializeObserver | None = None
    ) -> None:
        self._observer = observer_of(observer)
        project.check_writable()
        self._project = project
        self._stores = project.stores
        self._clock = project.clock
        self._snapshot = project.catalog_to_write()
        self._ledgers = LedgerBook(self._stores.registry)
        self._lookback = duration_us(project.config.materialization.lookback or timedelta(0))

    def between(self, start: int, end: int, names: Sequence[str] | None) -> list[ViewReport]:
        """Move the newest rows with event timestamps from `start` to `end` (µs), both included.

        Raises:
            RequestError: `start` lies after `end`.
            NotFound: A name is not a registered view.
            MaterializeError: Some views failed; the others were moved.
        """
        end = min(end, to_us(self._clock()))
        if start > end:
            raise RequestError(
                "there is nothing between the start and the end of this materialization",
                got=f"{from_us(start).isoformat()} to {from_us(end).isoformat()}",
                allowed="a start before the end, and not in the future",
            )

        def stretch(view: CatalogView) -> Stretch:
            return stretch_between(view, self._ledgers.load(view), start, end)

        return self._run(names, start, end, stretch)

    def since_last(self, end: int, names: Sequence[str] | None) -> list[ViewReport]:
        """Move what is not yet online up to `end` (µs), late rows included.

        Raises:
            NotFound: A name is not a registered view.
            MaterializeError: Some views failed; the others were moved.
        """
        end = min(end, to_us(self._clock()))
        return self._run(names, None, end, partial(self._since_last, end))

    def _since_last(self, end: int, view: CatalogView) -> Stretch:
        return stretch_since_last(view, self._ledgers.load(view), end, self._lookback)

    def fill(self, views: Sequence[CatalogView], end: int) -> list[ViewReport]:
        """Move all rows up to `end` (µs) to the tables of generations that are being filled.

        Returns:
            What came of each view, with its error if it failed.

        Raises:
            ConfigError: The engine's settings are wrong.
            StoreError: The online store failed to drop a table that is not in use.
        """
        self._run_begins([view.name for view in views], None, end)
        return [self._reported(v.name, end, partial(self._fill_one, v, end)) for v in views]

    def top_up(self, view: CatalogView, end: int) -> None:
        """Move to a table that is being filled what came since, up to `end` (µs), unreported.

        Raises:
            ProvenderError: A store failed.
        """
        self._fill_one(view, end, _Moving(view.name, lambda rows: None, quiet=True))

    def has_unread(self, view: CatalogView) -> bool:
        """Return whether rows are noted in a table's ledger that have to be read again.

        Raises:
            RegistryError: The registry cannot be read.
        """
        return self._ledgers.load(view).pushed is not None

    def _fill_one(self, view: CatalogView, end: int, moving: _Moving) -> None:
        self._move(view, moving, None, end, partial(self._since_last, end, view))

    def _run(
        self,
        names: Sequence[str] | None,
        start: int | None,
        end: int,
        stretch: Callable[[CatalogView], Stretch],
    ) -> list[ViewReport]:
        views = [view.name for view in self._snapshot.catalog.online_views(names)]
        self._run_begins(views, start, end)
        return succeeded([self._view(view, start, end, stretch) for view in views])

    def _run_begins(self, views: Sequence[str], start: int | None, end: int) -> None:
        drop_unused(self._project)
        self._stores.check_engine()  # before a view begins, since no view could be moved
        begins = None if start is None else from_us(start)
        online = self._stores.plugins.store_type("online").name
        self._observer.run_begins(views, begins, from_us(end), online)

    def _view(
        self,
        name: str,
        start: int | None,
        end: int,
        stretch: Callable[[CatalogView], Stretch],
    ) -> ViewReport:
        """Move one view; an error is reported, so that the other views are moved all the same."""

        def move(moving: _Moving) -> None:
            while (view := self._unmoved(moving)) is not None:
                self._move(view, moving, start, end, partial(stretch, view))

        return self._reported(name, end, move)

    def _reported(self, name: str, end: int, move: Callable[[_Moving], None]) -> ViewReport:
        moving = _Moving(name, partial(self._observer.rows_written, name))
        error = None
        try:
            move(moving)
        except ProvenderError as failure:
            error = failure
        counts = moving.counts()
        begins = None if moving.start is None else from_us(moving.start)
        moved = MaterializeRun(self._project.name, name, moving.start, end, error=error, **counts)
        self._stores.hook.provender_after_materialize(run=moved)
        report = ViewReport(
            name,
            begins,
            from_us(end),
            error=error,
            used=moving.used,
            warning=newer_online_warning(name, moving.reports),
            **counts,
        )
        self._observer.view_ends(report)
        return report

    def _unmoved(self, moving: _Moving) -> CatalogView | None:
        """Return a view as it is now, if its rows have still to be moved to the table that it has.

        A table that was replaced while rows were moved to it is dropped with them. Where another
        one is being filled, whoever fills it may have read the source before those rows came: a
        note in its ledger has them read again.

        Raises:
            NotFound: The view was removed.
            RegistryError: The registry cannot be read or written.
        """
        if not self._project.is_recent(self._snapshot):
            self._snapshot = self._project.catalog_to_write()
        catalog = self._snapshot.catalog
        filling = catalog.view_being_filled(moving.view)
        if filling is not None and any(report.rows for report in moving.reports):
            self._ledgers.note_unread(filling, moving.start)
        named = moving.view in catalog.document["views"]
        if moving.tables and not named:
            retire(self._project, moving.tables)
            return None
        view = catalog.view(moving.view)
        replaced = [table for table in moving.tables if table.name != view.table.name]
        if replaced:
            retire(self._project, replaced)
        return None if len(replaced) < len(moving.tables) else view

    def _move(
        self,
        view: CatalogView,
        moving: _Moving,
        start: int | None,
        end: int,
        stretch: Callable[[], Stretch],
    ) -> None:
        """Move the rows of a view to its table."""
        run = ViewRun(self._project, self._snapshot.catalog.version, view, moving.written)
        try:
            for part in _parts(run, start, end, stretch):
                first = not moving.tables
                moving.begin(view.table, part.stretch.window.start)
                if first and not moving.quiet:
                    self._view_begins(view, moving.start, end)
                run.move(part)
            written = sum(report.rows for report in run.reports())
            sweep_after_writes(self._project, view, written, end)
        finally:
            moving.add(run)

    def _view_begins(self, view: CatalogView, start: int | None, end: int) -> None:
        run = MaterializeRun(view.project, view.name, start, end)
        self._stores.hook.provender_before_materialize(run=run)
        begins = None if start is None else from_us(start)
        self._observer.view_begins(view.name, begins, from_us(end), None)


@dataclass
class _Moving:
    """What was moved of a view so far.

    Attributes:
        view: The view's name.
        written: Called with the number of rows after each write.
        start: The first instant that was read (µs); None: from the beginning, or nothing was yet.
        tables: The tables that rows were moved to.
        reports: The report of each task.
        used: What online stores of other processes used.
        quiet: Whether it is not reported.
    """

    view: str
    written: Callable[[int], None]
    quiet: bool = False
    start: int | None = None
    tables: list[OnlineTable] = field(default_factory=list)
    reports: list[TaskReport] = field(default_factory=list)
    used: dict[str, float] = field(default_factory=dict)

    def begin(self, table: OnlineTable, start: int | None) -> None:
        """Note that rows from an instant on are moved to a table."""
        earliest = None if None in (start, self.start) else min(start or 0, self.start or 0)
        self.start = earliest if self.tables else start
        self.tables.append(table)

    def add(self, run: ViewRun) -> None:
        """Add what a run has moved."""
        self.reports += run.reports()
        for kind, units in run.used.items():
            self.used[kind] = self.used.get(kind, 0) + units

    def counts(self) -> dict[str, int]:
        """Return how many rows were written, read, equal and kept back, by these names."""
        return {
            name: sum(getattr(report, name) for report in self.reports)
            for name in ("rows", "read", "equal", "kept_back")
        }


def _parts(
    run: ViewRun, start: int | None, end: int, stretch: Callable[[], Stretch]
) -> Iterator[RunRecord]:
    """Yield what a run of a view has to do: first what an earlier one left, then the rest.

    Args:
        run: The run.
        start: The first instant that was asked for (µs); None: what is new.
        end: The last instant.
        stretch: Returns the stretch under the ledger as it is then.

    Raises:
        ProvenderError: A store failed.
    """
    left = run.unfinished()
    if start is not None:
        part = stretch()
        same = left is not None and not left.incremental and left.stretch.window == part.window
        yield left if left is not None and same else run.begin(part, incremental=False)
        return
    if left is not None and left.incremental and (left.stretch.window.end or 0) <= end:
        yield left
    yield run.begin(stretch(), incremental=True)


def succeeded(reports: list[ViewReport]) -> list[ViewReport]:
    """Return the reports of a run, if no view failed.

    Raises:
        MaterializeError: Some did; with the problems of all of them.
    """
    failed = [report for report in reports if report.error]
    if failed:
        raise MaterializeError.of(_failures(failed, len(reports))) from failed[0].error
    return reports


def _failures(failed: Sequence[ViewReport], views: int) -> list[Problem]:
    """Return the problems of all failed views, each named for its view."""
    head = Problem(
        f"{len(failed)} of {count_text(views, 'feature view')} could not be materialized"
    )
    inner = [
        Problem(f"{report.view}: {p.fact}", p.got, p.allowed, p.fix, p.place)
        for report in failed
        for p in (report.error.problems if report.error else ())
    ]
    return [head, *inner]
