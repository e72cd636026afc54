"""`Engine`: where the tasks of a materialization run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib import import_module
from typing import Any, Protocol

from provender import errors
from provender.errors import Problem, ProvenderError, StoreError
from provender.plugin.contract.plan import WHOLE, Partition, Window


@dataclass(frozen=True, slots=True)
class ProjectConfig:
    """A project's configuration as plain data that can be sent to another machine.

    Attributes:
        file: The absolute path of feature_store.yaml; relative paths start in its folder.
        settings: What the file says. Values from the environment are written as ``${NAME}``: they
            are read from the environment of the process that runs the task.
    """

    file: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Task:
    """A part of a materialization, as plain data with a JSON form.

    Attributes:
        project: The project.
        view: The feature view whose rows are loaded.
        catalog_version: The version of the catalog that defines the view.
        window: The rows to read.
        partition: The keys to read.
        oldest: Rows older than this event timestamp (µs) are not written; None: all are.
        known: Rows with event timestamps in these intervals (first and last instant in µs, both
            included; None: from the beginning) may be online already: they are looked up, and only
            those are written that differ.
        config: The project's configuration.
        generation: That of the view's online table to which rows are written; None: the one that
            is read.
    """

    project: str
    view: str
    catalog_version: int
    window: Window
    partition: Partition = WHOLE
    oldest: int | None = None
    known: tuple[tuple[int | None, int], ...] = ()
    config: ProjectConfig = field(default=ProjectConfig(), hash=False, repr=False)
    generation: int | None = None

    def __str__(self) -> str:
        part = "" if self.partition == WHOLE else f", {self.partition}"
        return f"view {self.view!r}{part}"

    def to_json(self) -> str:
        """Return the task as JSON text."""
        import msgspec.json

        return msgspec.json.encode(self).decode()

    @classmethod
    def from_json(cls, text: str) -> Task:
        """Return the task that `to_json` wrote."""
        import msgspec.json

        return msgspec.json.decode(text, type=cls)


@dataclass(frozen=True, slots=True)
class NewerOnline:
    """An online row for whose key the source has no row that is as new.

    Attributes:
        entity: The values of the join keys as text.
        online: The event timestamp of the online row and its created timestamp, if any (µs).
        offline: Those of the newest row of the source.
    """

    entity: Mapping[str, str] = field(hash=False)
    online: tuple[int, int | None]
    offline: tuple[int, int | None]


@dataclass(frozen=True, slots=True)
class TaskReport:
    """The result of a task.

    A task that was run again, for example after its worker died, has the report of its last run.

    Attributes:
        task: The task.
        rows: How many rows were written online.
        newest_created: The latest created timestamp of the rows that were read in µs, if any.
        error: Why the task failed; None when it did not.
        used: What an online store of another process used meanwhile; see `OnlineStore.usage`.
        read: How many rows were read and not too old: one for each key. When the task did not
            fail, that is the sum of `rows`, `equal` and `kept_back`.
        equal: How many rows were not written because they are online already.
        kept_back: How many rows were not written because the online row of their key is newer.
        newer_online: An example of a key whose online row is newer than all of its rows in the
            source, if one was seen.
    """

    task: Task
    rows: int
    newest_created: int | None = None
    error: ProvenderError | None = None
    used: Mapping[str, float] = field(default_factory=dict, hash=False)
    read: int = 0
    equal: int = 0
    kept_back: int = 0
    newer_online: NewerOnline | None = None

    @property
    def shard(self) -> Task:
        """The task, under the name that it had before."""
        return self.task

    def to_json(self) -> str:
        """Return the report as JSON text, without the task."""
        import msgspec.json

        error = self.error and {
            "type": type(self.error).__name__,
            "problems": [asdict(problem) for problem in self.error.problems],
        }
        values = {
            "rows": self.rows,
            "newest_created": self.newest_created,
            "error": error,
            "used": self.used,
            "read": self.read,
            "equal": self.equal,
            "kept_back": self.kept_back,
            "newer_online": self.newer_online,
        }
        return msgspec.json.encode(values).decode()

    @classmethod
    def from_json(cls, task: Task, text: str) -> TaskReport:
        """Return the report of `task` that `to_json` wrote."""
        import msgspec.json

        values = msgspec.json.decode(text)
        error = values["error"] and _error(values["error"])
        return cls(
            task,
            values["rows"],
            values["newest_created"],
            error,
            values["used"],
            values.get("read", values["rows"]),  # a process of an earlier version counts only those
            values.get("equal", 0),
            values.get("kept_back", 0),
            msgspec.convert(values.get("newer_online"), NewerOnline | None),
        )


def _error(values: Mapping[str, Any]) -> ProvenderError:
    """Return an error as its own class, or as a StoreError where this process has no such class."""
    kind: Any = getattr(errors, values["type"], None)
    known = isinstance(kind, type) and issubclass(kind, ProvenderError)
    problems = [Problem(**problem) for problem in values["problems"]]
    return (kind if known else StoreError).of(problems)


class Work(Protocol):
    """How an engine runs a task, here or in another process.

    Attributes:
        function: The function that runs a task in any process, as ``module:name``: it takes the
            task as JSON text and a function that it calls with the number of rows written so far,
            and returns the report as JSON text. See `run_json`.
    """

    function: str

    def __call__(self, task: Task) -> TaskReport:
        """Run a task in this process, with the stores that are open in it.

        A task that fails gives a report with its error.
        """

    def progress(self, task: Task, rows: int) -> None:
        """Report how many rows a task that runs elsewhere has written so far.

        An engine calls it in the thread in which its `run` is iterated. What it raises, such as
        KeyboardInterrupt, stops the run.
        """


class Engine(ABC):
    """Runs tasks: one after another in this process, in several processes, or on a cluster.

    An engine that runs tasks elsewhere sends ``task.to_json()`` and the name ``work.function``
    there, and calls `run_json`. Nothing else has to be sent, and nothing has to be pickled.

    Attributes:
        tasks: How many tasks a view should be split into, if its offline store can split it.
    """

    tasks: int = 1

    @abstractmethod
    def run(self, tasks: Sequence[Task], work: Work) -> Iterator[TaskReport]:
        """Run every task and give the reports as they come, in any order.

        A task that fails gives a report with its error and stops no other task. A task may be run
        again, for example after its worker died: rows may be written several times, and the
        newest of a key wins. An iterator that is closed early stops the tasks that are running.
        """

    def close(self) -> None:
        """Release what the engine holds; closing twice is allowed."""


def run_json(function: str, task: str, progress: Callable[[int], None] | None = None) -> str:
    """Run a task that came as JSON text in this process, and return its report as JSON text.

    Args:
        function: The `Work.function`.
        task: The task.
        progress: Called with the number of rows written so far; None: it is not reported.
    """
    module, _, name = function.partition(":")
    report: str = getattr(import_module(module), name)(task, progress or _nobody)
    return report


def _nobody(rows: int) -> None:
    """Hear of progress, for nobody."""
