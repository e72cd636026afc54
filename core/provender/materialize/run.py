"""`Materializer`: loads the newest rows of views from the offline into the online store."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
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
from provender.materialize.ledger import LedgerBook
from provender.materialize.observer import MaterializeObserver, ViewReport, newer_online_warning
from provender.materialize.record import RunRecord
from provender.materialize.view_run import ViewRun
from provender.materialize.windows import Stretch, stretch_between, stretch_since_last
from provender.plugin.contract.hookspecs import MaterializeRun
from provender.project_context import ProjectContext
from provender.sweeping import sweep_after_writes


class Materializer:
    """Runs materializations of a project, under the catalog as it is now.

    Args:
        project: The project.
        observer: Called with the progress.

    Raises:
        RequestError: The project is open as of an earlier version.
    """

    def __init__(self, project: ProjectContext, observer: MaterializeObserver) -> None:
        project.check_writable()
        self._observer = observer
        self._project = project
        self._stores = project.stores
        self._clock = project.clock
        self._catalog = project.refresh()
        self._ledgers = LedgerBook(project.name, self._stores.registry)
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

        def stretch(view: CatalogView) -> Stretch:
            return stretch_since_last(view, self._ledgers.load(view), end, self._lookback)

        return self._run(names, None, end, stretch)

    def _run(
        self,
        names: Sequence[str] | None,
        start: int | None,
        end: int,
        stretch: Callable[[CatalogView], Stretch],
    ) -> list[ViewReport]:
        views = self._catalog.online_views(names)
        self._stores.check_engine()  # before a view begins, since no view could be moved
        begins = None if start is None else from_us(start)
        self._observer.run_begins(
            [v.name for v in views],
            begins,
            from_us(end),
            self._stores.plugins.store_type("online").name,
        )
        reports = [self._view(view, start, end, stretch) for view in views]
        failed = [report for report in reports if report.error]
        if failed:
            raise MaterializeError.of(_failures(failed, len(reports))) from failed[0].error
        return reports

    def _view(
        self,
        view: CatalogView,
        start: int | None,
        end: int,
        stretch: Callable[[CatalogView], Stretch],
    ) -> ViewReport:
        """Move one view; an error is reported, so that the other views go on."""
        written = partial(self._observer.rows_written, view.name)
        run = ViewRun(self._project, self._catalog.version, view, written)
        begin, error = None, None
        try:
            for number, part in enumerate(_parts(run, start, end, partial(stretch, view))):
                if number == 0:
                    begin = part.stretch.window.start
                    self._begins(view, begin, end)
                run.move(part)
        except ProvenderError as failure:
            error = failure
        reports = run.reports()
        counts = {
            name: sum(getattr(report, name) for report in reports)
            for name in ("rows", "read", "equal", "kept_back")
        }
        if error is None:
            sweep_after_writes(self._project, view, counts["rows"], end)
        moved = MaterializeRun(view.project, view.name, begin, end, error=error, **counts)
        self._stores.hook.provender_after_materialize(run=moved)
        report = ViewReport(
            view.name,
            None if begin is None else from_us(begin),
            from_us(end),
            error=error,
            used=run.used,
            warning=newer_online_warning(view.name, reports),
            **counts,
        )
        self._observer.view_ends(report)
        return report

    def _begins(self, view: CatalogView, start: int | None, end: int) -> None:
        run = MaterializeRun(view.project, view.name, start, end)
        self._stores.hook.provender_before_materialize(run=run)
        begins = None if start is None else from_us(start)
        self._observer.view_begins(view.name, begins, from_us(end), None)


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
