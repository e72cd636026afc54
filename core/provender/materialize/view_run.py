"""`ViewRun`: one view's part of a run, split into tasks that an engine runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial

from provender.catalog.view import CatalogView
from provender.config import portable
from provender.errors import ProvenderError, StoreError
from provender.materialize.moving import move_rows
from provender.materialize.record import RunRecord, RunRecords
from provender.materialize.run_task import FUNCTION
from provender.materialize.windows import Stretch
from provender.plugin.contract.engine import Task, TaskReport
from provender.plugin.contract.plan import WHOLE, Partition
from provender.project_context import ProjectContext
from provender.tables.ledger import LedgerBook


class ViewRun:
    """Moves the rows of one view; what is done stays done when something fails.

    Args:
        project: The project.
        catalog_version: The version of the catalog that defines the view.
        view: The view.
        written: Called with the number of rows after each write.

    Attributes:
        used: What online stores of other processes used so far; see `OnlineStore.usage`.
    """

    def __init__(
        self,
        project: ProjectContext,
        catalog_version: int,
        view: CatalogView,
        written: Callable[[int], None],
    ) -> None:
        self._project = project
        self._stores = project.stores
        self._version = catalog_version
        self._view = view
        self._written = written
        self._ledgers = LedgerBook(self._stores.registry)
        self._records = RunRecords(self._stores.registry)
        self._works: list[_ViewWork] = []
        self.used: dict[str, float] = {}

    def unfinished(self) -> RunRecord | None:
        """Return what an earlier run of several tasks left to do, if any.

        Raises:
            ProvenderError: A store failed.
        """
        if self._stores.engine.tasks == 1:
            return None
        found = self._records.unfinished(self._view, self._ledgers.load(self._view))
        if found is None or self._partitions(found.stretch) != found.partitions:
            return None
        return found

    def begin(self, stretch: Stretch, *, incremental: bool) -> RunRecord:
        """Cut a stretch into partitions and return the record of its run.

        Raises:
            ProvenderError: A store failed.
        """
        parts = self._partitions(stretch)
        return self._records.begin(stretch, parts, incremental=incremental)

    def move(self, record: RunRecord) -> None:
        """Move what a record has left to do, and advance the ledger when all of it is done.

        Raises:
            ProvenderError: A task failed. What the others have done is in the record.
        """
        stores, work = self._stores, _ViewWork(self._project, self._view, self._written)
        self._works.append(work)
        stores.online.prepare([self._view.table])
        tasks = [self._task(record.stretch, part) for part in record.left()]
        reports = dict(record.reports())
        failed: list[TaskReport] = []
        for report in stores.engine.run(tasks, work) if tasks else ():
            work.ends(report)
            for kind, units in report.used.items():
                self.used[kind] = self.used.get(kind, 0) + units
            if report.error is not None:
                failed.append(report)
            elif report.task.partition not in reports:
                reports[report.task.partition] = report.newest_created
                record.add(report)
        _check_all_done(tasks, reports, failed)
        created = created_by_all(reports.values())
        self._ledgers.update(self._view, lambda ledger: record.stretch.advance(ledger, created))
        record.end()

    def reports(self) -> list[TaskReport]:
        """Return the report of each task so far; of one without a report, its rows so far."""
        return [report for work in self._works for report in work.reports()]

    def _partitions(self, stretch: Stretch) -> tuple[Partition, ...]:
        wanted = self._stores.engine.tasks
        if wanted == 1:
            return (WHOLE,)
        read = self._view.read()
        return tuple(self._stores.offline.partitions(read, stretch.window, wanted))

    def _task(self, stretch: Stretch, partition: Partition) -> Task:
        return Task(
            self._project.name,
            self._view.name,
            self._version,
            stretch.window,
            partition,
            stretch.oldest,
            stretch.known,
            portable(self._project.config),
            self._view.generation,
        )


class _ViewWork:
    """Runs tasks of one view with the stores that are open in this process."""

    function = FUNCTION

    def __init__(
        self, project: ProjectContext, view: CatalogView, written: Callable[[int], None]
    ) -> None:
        self._view = view
        self._stores = project.stores
        self._functions = project.functions
        self._batch_rows = project.config.materialization.batch_rows
        self._written = written
        self._reports: dict[Partition, TaskReport] = {}

    def __call__(self, task: Task) -> TaskReport:
        return move_rows(
            task,
            self._view,
            self._stores.offline,
            self._stores.online,
            functions=self._functions,
            batch_rows=self._batch_rows,
            progress=partial(self.progress, task),
        )

    def progress(self, task: Task, rows: int) -> None:
        """Report the rows that were not reported yet; a task that is run again begins at 0."""
        known = self._reports.get(task.partition)
        more = rows if known is None else rows - known.rows
        if more > 0:
            self._reports[task.partition] = TaskReport(task, rows, read=rows)
            self._written(more)

    def ends(self, report: TaskReport) -> None:
        """Take the report of a task; of one that was run again, the last one counts."""
        self.progress(report.task, report.rows)
        self._reports[report.task.partition] = report

    def reports(self) -> list[TaskReport]:
        """Return the report of each task that has begun to write."""
        return list(self._reports.values())


def created_by_all(newest: Iterable[int | None]) -> int | None:
    """Return the created timestamp (µs) up to which each partition has read its rows.

    Partitions are read at different moments. Rows that came in between may be missing from those
    that were read first, so that the least of the newest timestamps counts.

    Args:
        newest: The newest created timestamp among the rows of each partition, if any.
    """
    found = list(newest)
    known = [instant for instant in found if instant is not None]
    return min(known) if len(known) == len(found) and known else None


def _check_all_done(
    tasks: Sequence[Task], done: Iterable[Partition], failed: Sequence[TaskReport]
) -> None:
    """Check that each task has a report without an error.

    Raises:
        ProvenderError: With the problems of those that failed, each named for its partition.
    """
    reported = {*done, *(report.task.partition for report in failed)}
    errors = [(report.task, report.error) for report in failed if report.error is not None]
    errors += [
        (
            task,
            StoreError("the engine returned no report for it", fix="run the materialization again"),
        )
        for task in tasks
        if task.partition not in reported
    ]
    if errors:
        raise _named(errors)


def _named(errors: Sequence[tuple[Task, ProvenderError]]) -> ProvenderError:
    """Return errors as one; where there are partitions, each problem says which."""
    if errors[0][0].partition == WHOLE:
        return errors[0][1]
    problems = [
        replace(problem, fact=f"{task.partition}: {problem.fact}")
        for task, error in errors
        for problem in error.problems
    ]
    combined = type(errors[0][1]).of(problems)
    combined.__cause__ = errors[0][1]
    return combined
