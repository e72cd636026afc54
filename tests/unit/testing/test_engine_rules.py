"""The rules of engines find the faults that an engine may have."""

from __future__ import annotations

import os
import pickle
from contextlib import suppress

import pytest

from provender.engines.configuration import SerialConfig
from provender.engines.serial import SerialEngine
from provender.plugin import PluginContext
from provender.testing.engine_suite import EngineSuite
from provender.testing.suites.engine.scripted import GATE, ScriptedWork


class Losing(SerialEngine):
    """It forgets the last task."""

    def run(self, tasks, work):
        return map(work, tasks[:-1])


class Repeating(SerialEngine):
    """It runs each task twice."""

    def run(self, tasks, work):
        for task in tasks:
            work(task)
            yield work(task)


class Stopping(SerialEngine):
    """It stops at the first task that fails."""

    def run(self, tasks, work):
        for task in tasks:
            yield (report := work(task))
            if report.error is not None:
                return


class Pickling(SerialEngine):
    """It pickles what it is handed."""

    def run(self, tasks, work):
        return map(pickle.loads(pickle.dumps(work)), tasks)  # noqa: S301


class Deaf(SerialEngine):
    """It goes on after Ctrl-C."""

    def run(self, tasks, work):
        for task in tasks:
            with suppress(KeyboardInterrupt):
                yield work(task)


class Boasting(SerialEngine):
    """It reports more rows than there are."""

    def run(self, tasks, work):
        for task in tasks:
            report = work(task)
            work.progress(task, report.rows + 1)
            yield report


FAULTS = {
    Losing: "test_each_task_is_done_once",
    Repeating: "test_order_does_not_matter",
    Stopping: "test_a_task_that_fails_leaves_the_reports_of_others",
    Pickling: "test_reports_come_back_as_they_are",
    Deaf: "test_ctrl_c_stops_all_tasks",
    Boasting: "test_progress_is_never_more_than_what_was_written",
}


def hold(kind, rule, folder):
    """Hold an engine to one rule of the suite."""
    os.mkfifo(folder / GATE)
    engine = kind(SerialConfig(), PluginContext("test", folder))
    getattr(EngineSuite(), rule)(engine, ScriptedWork(), folder)


@pytest.mark.parametrize("kind", FAULTS, ids=lambda kind: kind.__name__)
def test_a_fault_is_found(kind, tmp_path):
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        hold(kind, FAULTS[kind], tmp_path)


@pytest.mark.parametrize("rule", FAULTS.values())
def test_an_engine_without_faults_passes(rule, tmp_path):
    hold(SerialEngine, rule, tmp_path)
