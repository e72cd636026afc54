"""`Materializer`: moves the newest rows of views from the offline to the online store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from provender.catalog.catalog import Catalog
from provender.catalog.view import CatalogView
from provender.clock import Clock, from_us, to_us
from provender.errors import (
    Conflict,
    MaterializeError,
    Problem,
    ProvenderError,
    RequestError,
    count_text,
)
from provender.materialize.ledger import LedgerBook
from provender.materialize.observer import MaterializeObserver, ViewReport
from provender.materialize.shard import move_shard
from provender.materialize.windows import Stretch, stretch_between, stretch_since_last
from provender.names import check_given_names
from provender.plugin.contract.engine import Engine, Shard
from provender.plugin.contract.hookspecs import MaterializeRun
from provender.plugin.contract.offline_store import OfflineStore
from provender.plugin.contract.online_store import OnlineStore


@dataclass(frozen=True)
class Materializer:
    """Everything that a materialization needs.

    Attributes:
        catalog: The definitions.
        offline: Where rows come from.
        online: Where they go.
        store: The online store's type, for messages.
        ledgers: What was moved already.
        engine: Where shards run.
        clock: The present, beyond which nothing is moved.
        batch_rows: The most rows that are encoded and written at once.
        lookback: The overlap that incremental runs read again, in µs.
        hook: The relay of the plug-ins' hooks.
        observer: Who watches.
    """

    catalog: Catalog
    offline: OfflineStore
    online: OnlineStore
    store: str
    ledgers: LedgerBook
    engine: Engine
    clock: Clock
    batch_rows: int
    lookback: int
    hook: Any
    observer: MaterializeObserver

    def between(self, start: int, end: int, names: Sequence[str] | None) -> list[ViewReport]:
        """Move the newest rows with event timestamps from `start` to `end` (µs), both included.

        Raises:
            RequestError: `start` lies after `end`.
            NotFound: A name is not a registered view.
            MaterializeError: Some views failed; the others were moved.
        """
        end = min(end, to_us(self.clock()))
        if start > end:
            raise RequestError(
                "there is nothing between the start and the end of this materialization",
                got=f"{from_us(start).isoformat()} to {from_us(end).isoformat()}",
                allowed="a start before the end, and not in the future",
            )

        def stretch(view: CatalogView) -> Stretch:
            return stretch_between(view, self.ledgers.load(view), start, end)

        return self._run(names, start, end, stretch)

    def since_last(self, end: int, names: Sequence[str] | None) -> list[ViewReport]:
        """Move what is not yet online up to `end` (µs), late rows included.

        Raises:
            NotFound: A name is not a registered view.
            MaterializeError: Some views failed; the others were moved.
        """
        end = min(end, to_us(self.clock()))

        def stretch(view: CatalogView) -> Stretch:
            return stretch_since_last(view, self.ledgers.load(view), end, self.lookback)

        return self._run(names, None, end, stretch)

    def _run(
        self,
        names: Sequence[str] | None,
        start: int | None,
        end: int,
        stretch: Callable[[CatalogView], Stretch],
    ) -> list[ViewReport]:
        views = self._views(names)
        begins = None if start is None else from_us(start)
        self.observer.run_begins([v.name for v in views], begins, from_us(end), self.store)
        reports = [self._view(view, end, stretch) for view in views]
        failed = [report for report in reports if report.error]
        if failed:
            raise MaterializeError.of(_failures(failed, len(reports))) from failed[0].error
        return reports

    def _views(self, names: Sequence[str] | None) -> list[CatalogView]:
        if names is None:
            views = map(self.catalog.view, self.catalog.view_names)
            return [view for view in views if view.view.online]
        check_given_names("feature view", names)
        chosen = [self.catalog.view(name) for name in dict.fromkeys(names)]
        for view in chosen:
            if not view.view.online:
                fix = "define it with online=True and apply"
                raise RequestError(f"feature view {view.name!r} is not online", fix=fix)
        return chosen

    def _view(
        self, view: CatalogView, end: int, stretch: Callable[[CatalogView], Stretch]
    ) -> ViewReport:
        """Move one view; an error is reported, so that the other views go on."""
        start, rows, error = None, 0, None
        try:
            part = stretch(view)
            start = part.window.start
            self._tell_begin(view, start, end)
            rows = self._move(part)
        except ProvenderError as failure:
            error = failure
        run = MaterializeRun(view.project, view.name, start, end, rows, error)
        self.hook.provender_after_materialize(run=run)
        begins = None if start is None else from_us(start)
        report = ViewReport(view.name, begins, from_us(end), rows, error)
        self.observer.view_ends(report)
        return report

    def _tell_begin(self, view: CatalogView, start: int | None, end: int) -> None:
        run = MaterializeRun(view.project, view.name, start, end)
        self.hook.provender_before_materialize(run=run)
        begins = None if start is None else from_us(start)
        self.observer.view_begins(view.name, begins, from_us(end), None)

    def _move(self, part: Stretch) -> int:
        view = part.view
        shard = Shard(view.project, view.name, self.catalog.version, part.window)
        work = partial(
            move_shard,
            view=view,
            offline=self.offline,
            online=self.online,
            batch_rows=self.batch_rows,
            oldest=part.oldest,
            reached=part.reached,
            written=partial(self.observer.rows_written, view.name),
        )
        self.online.prepare([view.table])
        reports = list(self.engine.run([shard], work))
        created = [r.newest_created for r in reports if r.newest_created is not None]
        self._advance(part, max(created, default=None))
        return sum(report.rows for report in reports)

    def _advance(self, part: Stretch, created: int | None) -> None:
        """Record the stretch, on top of what others recorded meanwhile."""
        while True:
            ledger = self.ledgers.load(part.view)
            try:
                self.ledgers.save(part.view, part.advance(ledger, created))
            except Conflict:
                continue
            return


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
