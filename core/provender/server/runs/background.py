"""`Runs`: work on the online store in the background, one after another in each worker."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Literal

from provender.errors import MaterializeError, ProvenderError
from provender.filling.rebuild import RebuiltView
from provender.materialize import MaterializeObserver, ViewReport
from provender.server.http.errors import TooManyRuns, is_told
from provender.server.runs.documents import RunDocuments
from provender.server.runtime.thread_pool import Threads
from provender.store import FeatureStore
from provender.wire.answers import ProblemAnswer, Run, RunView

_log = logging.getLogger("provender.server")
_MOST_WAITING = 16
_HEARTBEAT_SECONDS = 30.0
Kind = Literal["materialize", "materialize-incremental", "rebuild"]
Work = Callable[[FeatureStore, MaterializeObserver], Sequence[ViewReport] | Sequence[RebuiltView]]
"""What a run does; it reports its progress to the observer, view by view."""


class Stopped(Exception):  # noqa: N818 - no error: the server was told to stop
    """A run was given up between two batches."""


class _Watch(MaterializeObserver):
    """Keeps a run as it stands, and stops it between batches when the server stops."""

    def __init__(self, run: Run, runs: Runs) -> None:
        self._run = run
        self._runs = runs

    def view_begins(
        self, view: str, start: datetime | None, end: datetime, rows: int | None
    ) -> None:
        self._runs.stop_if_told()

    def rows_written(self, view: str, count: int) -> None:
        self._run.rows += count
        self._runs.stop_if_told()

    def view_ends(self, report: ViewReport) -> None:
        if report.warning is not None:
            _log.warning("run %s: %s", self._run.id, ProvenderError.of([report.warning]))
        self._run.views.append(_view_answer(report))
        self._run.rows = sum(view.rows for view in self._run.views)


def _view_answer(report: ViewReport) -> RunView:
    warning = report.warning
    return RunView(
        report.view,
        report.rows,
        None if report.error is None else report.error.problems[0].fact,
        report.read,
        report.equal,
        report.kept_back,
        None if warning is None else ProblemAnswer(warning.fact, warning.got, fix=warning.fix),
    )


def _problems(error: ProvenderError) -> list[ProblemAnswer]:
    """Return what an answer says; of a failure of the server, without addresses and paths."""
    if is_told(error):
        return [ProblemAnswer(p.fact, p.got, p.allowed, p.fix) for p in error.problems]
    return [ProblemAnswer(problem.fact, fix=problem.fix) for problem in error.problems]


class Runs:
    """Starts work on the online store and reports its state.

    Args:
        store: The feature store.
        documents: Where runs are kept.
        housekeeping: Where the registry is waited for.
    """

    def __init__(self, store: FeatureStore, documents: RunDocuments, housekeeping: Threads) -> None:
        self._store = store
        self._documents = documents
        self._housekeeping = housekeeping
        self._thread = Threads(1, _MOST_WAITING)
        self._tasks: set[asyncio.Task[None]] = set()
        self._saving = asyncio.Lock()
        self._stopping = False

    async def start(self, kind: Kind, views: Sequence[str] | None, work: Work) -> Run:
        """Begin a run, and return it as it stands: queued.

        Args:
            kind: What was asked for.
            views: The feature views; None: all that are online.
            work: What is done in a thread, when the runs before it are over.

        Raises:
            RequestError: The views do not fit.
            NotFound: A view is not registered.
            TooManyRuns: Enough runs wait already.
            RegistryError: The registry cannot be read or written.
        """
        if len(self._tasks) > _MOST_WAITING:
            raise TooManyRuns("too many runs are waiting", got=str(len(self._tasks)))
        run = Run(self._documents.new_id(), "queued", kind, self._documents.present(), "")
        await self._housekeeping.run(self._record, run, views)
        task = asyncio.create_task(self._do(run, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return run

    async def find(self, run_id: str) -> Run:
        """Return a run of any worker.

        Raises:
            NoSuchRun: There is none of that id.
            RegistryError: The registry cannot be read.
        """
        return await self._housekeeping.run(self._documents.load, run_id)

    async def stop(self, seconds: float) -> None:
        """Stop what is under way at its next batch, and wait for that for some seconds."""
        self._stopping = True
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        self._thread.close()

    def stop_if_told(self) -> None:
        """Raise when the server stops.

        Raises:
            Stopped: It does.
        """
        if self._stopping:
            raise Stopped

    def _record(self, run: Run, views: Sequence[str] | None) -> None:
        catalog = self._store.refresh()
        catalog.online_views(views or ())
        self._documents.save(run)
        self._documents.prune()

    async def _do(self, run: Run, work: Work) -> None:
        beat = asyncio.create_task(self._beat(run))
        try:
            await self._thread.run(self._work, run, work)
        except MaterializeError as error:
            self._end(run, "failed", _problems(error))
        except ProvenderError as error:
            _log.warning("run %s failed: %s", run.id, error)
            self._end(run, "failed", _problems(error))
        except Stopped:
            self._end(run, "stopped", [ProblemAnswer("the server was stopped")])
        except Exception:  # noqa: BLE001 - a plug-in's fault ends the run, not the server
            _log.exception("run %s failed unexpectedly", run.id)
            self._end(run, "failed", [ProblemAnswer("it failed unexpectedly")])
        else:
            self._end(run, "succeeded", ())
        finally:
            beat.cancel()
            await asyncio.gather(beat, return_exceptions=True)
        await self._save(run)
        self._documents.forget_version(run)

    def _work(self, run: Run, work: Work) -> None:
        self.stop_if_told()
        run.state = "running"
        done = work(self._store, _Watch(run, self))
        rebuilt = {one.view: one for one in done if isinstance(one, RebuiltView)}
        for view in run.views:
            if found := rebuilt.get(view.view):
                view.generation, view.kept = found.generation, found.kept
                view.dropped = found.dropped

    def _end(
        self,
        run: Run,
        state: Literal["succeeded", "failed", "stopped"],
        problems: Sequence[ProblemAnswer],
    ) -> None:
        run.state = state
        run.problems = list(problems)

    async def _beat(self, run: Run) -> None:
        """Keep the document fresh, so that others know that somebody still does the run."""
        pause = 1.0
        while True:
            await asyncio.sleep(pause)
            pause = min(2 * pause, _HEARTBEAT_SECONDS)
            await asyncio.shield(self._save(run))

    async def _save(self, run: Run) -> None:
        try:
            async with self._saving:
                await self._housekeeping.run(self._documents.save, run)
        except ProvenderError as error:
            _log.warning("the state of run %s cannot be saved: %s", run.id, error)
