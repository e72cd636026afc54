"""Rules of the engine suite: every task is run once and reported, whatever happens to others."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

import pytest

from provender.plugin import Engine, Role, Task, TaskReport
from provender.testing.suites.capabilities import needs
from provender.testing.suites.engine.scripted import (
    GATE,
    ScriptedWork,
    noted,
    scripted,
    scripted_report,
)
from provender.testing.suites.store_suite import StoreSuite, expect, expect_equal


class EngineRuns(StoreSuite):
    """An engine, and tasks that note what they do in a folder."""

    role: ClassVar[Role] = "engine"
    provider: ClassVar[str] = "local"

    @pytest.fixture
    def engine(self, open_store: Callable[[], Engine]) -> Engine:
        """The engine."""
        return open_store()

    @pytest.fixture
    def work(self) -> ScriptedWork:
        """How the tasks are run."""
        return ScriptedWork()

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        """Where the tasks note what they do; all processes of the engine can write there."""
        folder = tmp_path / "notes"
        folder.mkdir()
        os.mkfifo(folder / GATE)
        return folder


def expect_reported(reports: Sequence[TaskReport], tasks: Sequence[Task]) -> None:
    """Fail unless there is exactly one report for each task.

    Raises:
        AssertionError: There is not.
    """
    got = sorted(report.task.partition.number for report in reports)
    expect_equal(got, [task.partition.number for task in tasks], "each task has one report")


def expect_done(folder: Path, tasks: Sequence[Task]) -> None:
    """Fail unless each task was done exactly once.

    Raises:
        AssertionError: One was not.
    """
    times = [len(noted(folder, "done", task)) for task in tasks]
    expect_equal(times, [1] * len(tasks), "each task is done once")


class EngineRunRules(EngineRuns):
    """Tasks are run once, in any order, and their reports come back as they are."""

    def test_each_task_is_done_once(self, engine: Engine, work: ScriptedWork, folder: Path) -> None:
        """More tasks than an engine runs at a time."""
        tasks = [scripted(folder, number, 9, rows=number) for number in range(9)]
        reports = list(engine.run(tasks, work))
        expect_reported(reports, tasks)
        expect_done(folder, tasks)

    def test_reports_come_back_as_they_are(
        self, engine: Engine, work: ScriptedWork, folder: Path
    ) -> None:
        """With the task, all counts, the newest created timestamp and the example."""
        task = scripted(folder, 2, 3, rows=5)
        (report,) = engine.run([task], work)
        expect_equal(report, scripted_report(task, 5), "the report is the task's")

    def test_order_does_not_matter(self, engine: Engine, work: ScriptedWork, folder: Path) -> None:
        """The last first, then the others in any order."""
        tasks = [scripted(folder, number, 6) for number in range(6)]
        shuffled = tasks[::-1]
        random.Random(7).shuffle(shuffled)  # noqa: S311 - any order will do
        expect_reported(list(engine.run(shuffled, work)), tasks)
        expect_done(folder, tasks)

    def test_a_run_without_tasks_ends_at_once(self, engine: Engine, work: ScriptedWork) -> None:
        """There is nothing to report."""
        expect_equal(list(engine.run([], work)), [], "there are no reports")

    def test_an_engine_runs_many_times(
        self, engine: Engine, work: ScriptedWork, folder: Path
    ) -> None:
        """One view after the other."""
        for number in range(3):
            task = scripted(folder, number, 3)
            expect_reported(list(engine.run([task], work)), [task])

    def test_a_task_that_fails_leaves_the_reports_of_others(
        self, engine: Engine, work: ScriptedWork, folder: Path
    ) -> None:
        """Those before it and those after it; its own report has the whole error."""
        tasks = [scripted(folder, number, 5, fails=number == 1) for number in range(5)]
        reports = list(engine.run(tasks, work))
        expect_reported(reports, tasks)
        expect_done(folder, [task for task in tasks if task.partition.number != 1])
        errors = {r.task.partition.number: r.error for r in reports if r.error is not None}
        expect_equal(list(errors), [1], "only the task that failed has an error")
        problem = errors[1].problems[0]
        expect_equal(problem.fact, "the task failed on purpose", "the error is the task's")
        expect_equal(problem.fix, "write another one", "it comes with its fix")

    def test_an_engine_says_into_how_many_tasks_a_view_is_cut(self, engine: Engine) -> None:
        """At least one."""
        expect(engine.tasks >= 1, "an engine wants at least one task", engine.tasks)

    def test_closing_twice(self, engine: Engine, work: ScriptedWork, folder: Path) -> None:
        """Also an engine that has run tasks."""
        list(engine.run([scripted(folder, 0)], work))
        engine.close()
        engine.close()


class EngineProgressRules(EngineRuns):
    """The observer hears of rows while they are written, and can stop the run."""

    def test_progress_is_never_more_than_what_was_written(
        self, engine: Engine, work: ScriptedWork, folder: Path
    ) -> None:
        """It counts the rows of a task from its beginning."""
        tasks = [scripted(folder, number, 3, rows=number + 2) for number in range(3)]
        reports = {report.task: report.rows for report in engine.run(tasks, work)}
        wrong = [(task, rows) for task, rows in work.heard if not 0 < rows <= reports[task]]
        expect_equal(wrong, [], "progress is between 1 row and all of them")

    @needs("progress")
    def test_progress_is_heard_while_the_task_is_running(
        self, engine: Engine, work: ScriptedWork, folder: Path
    ) -> None:
        """The task waits until its first row was heard of."""
        gate = os.open(folder / GATE, os.O_RDWR)
        try:
            work.hears = lambda task, rows: rows == 1 and os.write(gate, b".")
            task = scripted(folder, 0, waits=True)
            expect_reported(list(engine.run([task], work)), [task])
        finally:
            os.close(gate)

    @needs("progress")
    def test_ctrl_c_stops_all_tasks(self, engine: Engine, work: ScriptedWork, folder: Path) -> None:
        """None of them is still waiting at the gate when the engine is closed."""

        def interrupt(task: Task, rows: int) -> None:
            raise KeyboardInterrupt

        work.hears = interrupt
        tasks = [scripted(folder, number, 4, waits=True) for number in range(4)]
        with pytest.raises(KeyboardInterrupt):
            list(engine.run(tasks, work))
        engine.close()
        expect(not _someone_waits(folder), "no task runs after Ctrl-C")
        done = [len(noted(folder, "done", task)) for task in tasks]
        expect_equal(done, [0] * 4, "no task was done after Ctrl-C")

    def test_a_run_that_is_left_early_can_be_followed_by_another(
        self, engine: Engine, work: ScriptedWork, folder: Path
    ) -> None:
        """The first report is taken, the rest is not."""
        reports = iter(engine.run([scripted(folder, n, 5) for n in range(5)], work))
        next(reports)
        del reports
        task = scripted(folder, 9, 10)
        expect_reported(list(engine.run([task], work)), [task])
        expect_done(folder, [task])


class EngineDeathRules(EngineRuns):
    """A worker that dies is replaced, or what it did is reported as failed."""

    @needs("workers")
    def test_a_worker_that_is_killed_is_replaced_or_reported(
        self, engine: Engine, work: ScriptedWork, folder: Path
    ) -> None:
        """Its process is killed once; the other tasks are done all the same."""
        tasks = [scripted(folder, number, 4, dies=number == 2) for number in range(4)]
        reports = list(engine.run(tasks, work))
        expect_reported(reports, tasks)
        expect_done(folder, [report.task for report in reports if report.error is None])
        failed = [report.task.partition.number for report in reports if report.error is not None]
        expect(failed in ([], [2]), "at most the task whose worker died has failed", failed)
        once = [scripted_report(report.task, 2) for report in reports if report.error is None]
        got = [report for report in reports if report.error is None]
        expect_equal(got, once, "a task that was run again counts once")

    @needs("workers")
    def test_a_task_that_kills_every_worker_is_reported(
        self, engine: Engine, work: ScriptedWork, folder: Path
    ) -> None:
        """The run ends, with the reports of the others, and the engine is still of use."""
        tasks = [scripted(folder, number, 4, dies=99 * (number == 0)) for number in range(4)]
        reports = list(engine.run(tasks, work))
        expect_reported(reports, tasks)
        failed = [report.task.partition.number for report in reports if report.error is not None]
        expect_equal(failed, [0], "the task that cannot be done is reported with an error")
        another = scripted(folder, 5, 6)
        expect_reported(list(engine.run([another], work)), [another])
        expect_done(folder, [*tasks[1:], another])

    @needs("workers")
    def test_tasks_do_not_run_in_the_process_that_asks(
        self, engine: Engine, work: ScriptedWork, folder: Path
    ) -> None:
        """So that it lives on when one of them dies."""
        task = scripted(folder, 0)
        list(engine.run([task], work))
        expect(os.getpid() not in noted(folder, "done", task), "the task ran in a worker")


def _someone_waits(folder: Path) -> bool:
    """Return whether a process has opened the gate to read from it."""
    try:
        os.close(os.open(folder / GATE, os.O_WRONLY | os.O_NONBLOCK))
    except OSError:
        return False
    return True
