"""Tasks that do what a script says, and note it in files: what the engine suite runs.

Any process can run them, by the name `FUNCTION`, as it runs the tasks of a materialization.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final, NoReturn

from provender.errors import StoreError
from provender.plugin import NewerOnline, Partition, ProjectConfig, Task, TaskReport, Window

FUNCTION: Final = f"{__name__}:answer"
GATE: Final = "gate"
"""The name of the pipe at which a task may wait."""
CREATED: Final = 1_700_000_000_000_000
"""The newest created timestamp of every report, in µs."""


def scripted(folder: Path, number: int, count: int = 1, **script: Any) -> Task:
    """Return a task.

    Args:
        folder: Where it notes what it does.
        number: Its number among the partitions, from 0.
        count: How many partitions there are.
        script: ``rows``: how many it writes; ``fails``: it reports an error; ``dies``: how often
            its process is killed; ``waits``: it waits at the gate after its first row.
    """
    config = ProjectConfig(str(folder / "feature_store.yaml"), script)
    return Task("suite", "scripted", 1, Window(), Partition(number, count), config=config)


def answer(text: str, progress: Callable[[int], None]) -> str:
    """Run a task that is JSON text and return its report as JSON text."""
    return run_script(Task.from_json(text), progress).to_json()


def run_script(task: Task, progress: Callable[[int], None]) -> TaskReport:
    """Do what the script of a task says."""
    script, folder = task.config.settings, Path(task.config.file).parent
    _note(folder, "begun", task)
    if len(noted(folder, "begun", task)) <= script.get("dies", 0):
        os.kill(os.getpid(), signal.SIGKILL)
    rows = script.get("rows", 2)
    for written in range(1, rows + 1):
        progress(written)
        if written == 1 and script.get("waits"):
            with (folder / GATE).open("rb") as gate:
                gate.read(1)
    if script.get("fails"):
        error = StoreError("the task failed on purpose", got="a script", fix="write another one")
        return TaskReport(task, rows, CREATED, error)
    _note(folder, "done", task)
    return scripted_report(task, rows)


def scripted_report(task: Task, rows: int) -> TaskReport:
    """Return the report of a task that wrote so many rows and did not fail."""
    newer = NewerOnline(
        {"key": str(task.partition.number)}, (CREATED + 1, CREATED), (CREATED, None)
    )
    return TaskReport(task, rows, CREATED, read=rows + 5, equal=3, kept_back=2, newer_online=newer)


def noted(folder: Path, what: str, task: Task) -> list[int]:
    """Return the ids of the processes in which a task was ``begun`` or ``done``."""
    file = folder / f"{what}-{task.partition.number}"
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def _note(folder: Path, what: str, task: Task) -> None:
    with (folder / f"{what}-{task.partition.number}").open("a") as file:
        file.write(f"{os.getpid()}\n")


class ScriptedWork:
    """The `Work` of scripted tasks; it refuses to be pickled.

    Attributes:
        function: The name of `answer`.
        heard: The progress that was reported: tasks, and their rows so far.
        hears: Called for each.
    """

    function = FUNCTION

    def __init__(self) -> None:
        self.heard: list[tuple[Task, int]] = []
        self.hears: Callable[[Task, int], object] = lambda task, rows: None

    def __call__(self, task: Task) -> TaskReport:
        """Run a task in this process."""
        return run_script(task, partial(self.progress, task))

    def progress(self, task: Task, rows: int) -> None:
        """Hear of progress."""
        self.heard.append((task, rows))
        self.hears(task, rows)

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise AssertionError("only JSON text and the names of functions go to other processes")
