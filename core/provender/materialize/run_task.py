"""`run_task`: runs one task in any process; the task is all that it needs."""

from __future__ import annotations

import atexit
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from provender.catalog.catalog import Catalog
from provender.catalog.versions.history import CatalogHistory
from provender.clock import system_clock
from provender.config import Config, arrived
from provender.errors import ProvenderError, StoreError
from provender.materialize.moving import move_rows
from provender.plugin.contract.engine import ProjectConfig, Task, TaskReport
from provender.stores import Stores
from provender.transforms.loading import Functions

FUNCTION: Final = f"{__name__}:answer"
"""The name of `answer`, by which other processes find it."""


def run_task(task: Task, progress: Callable[[int], None] | None = None) -> TaskReport:
    """Run a task with stores of its own; they stay open for further tasks of the project.

    Args:
        task: The task. Values that come from the environment are read from this process's.
        progress: Called after each write with the number of rows that are written so far.

    Returns:
        The report, with the error if the task failed.
    """
    try:
        project = _projects.of(task.config)
        online = project.stores.online
        before = online.usage()
        report = move_rows(
            task,
            project.catalog(task.catalog_version).generation_of_view(task.view, task.generation),
            project.stores.offline,
            online,
            functions=project.functions,
            batch_rows=project.config.materialization.batch_rows,
            progress=progress or _nobody,
        )
        used = {kind: units - before.get(kind, 0) for kind, units in online.usage().items()}
        return replace(report, used=used)
    except ProvenderError as error:
        return TaskReport(task, 0, error=error)


def answer(text: str, progress: Callable[[int], None]) -> str:
    """Run a task that is JSON text and return its report as JSON text; see `run_task`.

    A failure that nobody foresaw, such as one in a plug-in, is reported as a StoreError; its
    traceback goes to stderr.
    """
    task = Task.from_json(text)
    try:
        return run_task(task, progress).to_json()
    except Exception as error:  # noqa: BLE001 - the report carries it to the process that asked
        traceback.print_exc(file=sys.stderr)
        got = f"{type(error).__name__}: {error}"
        fix = "see the traceback in the output of the process that ran it"
        failure = StoreError("a store failed unexpectedly", got=got, fix=fix)
        return TaskReport(task, 0, error=failure).to_json()


def close_stores() -> None:
    """Close the stores that `run_task` has opened in this process."""
    _projects.close()


class _OpenProject:
    """The stores of a project and what it has registered."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.stores = Stores(config, system_clock)
        self.functions = Functions(config.repo_path, config.on_demand_modules)
        self._catalogs: dict[int, Catalog] = {}

    def catalog(self, version: int) -> Catalog:
        """Return a version of the catalog, reading the newest that was asked for only once."""
        if version not in self._catalogs:
            stores = self.stores
            history = CatalogHistory(
                self.config.project, stores.registry, stores.plugins.source_class
            )
            self._catalogs = {version: history.registered(version)}
        return self._catalogs[version]


class _OpenProjects:
    """The projects whose tasks this process has run."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[bytes, _OpenProject] = {}

    def of(self, config: ProjectConfig) -> _OpenProject:
        import msgspec.json

        name = msgspec.json.encode(config)
        with self._lock:
            if name not in self._open:
                self._open[name] = _OpenProject(arrived(config))
            return self._open[name]

    def close(self) -> None:
        with self._lock:
            projects = list(self._open.values())
            self._open.clear()
        for project in projects:
            project.stores.close()


_projects = _OpenProjects()
atexit.register(close_stores)


def _nobody(rows: int) -> None:
    """Hear of progress, for nobody."""
