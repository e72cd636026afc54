"""`ProcessesEngine`: runs tasks in several processes of this machine."""

from __future__ import annotations

import os
import threading
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection, wait

from provender.engines.configuration import ProcessesConfig
from provender.engines.worker import PROGRESS, REPORT
from provender.engines.worker_process import WorkerProcess
from provender.errors import StoreError
from provender.plugin.contract.engine import Engine, Task, TaskReport, Work
from provender.plugin.contract.info import PluginContext

_ATTEMPTS = 2
"""How many workers may die of a task before it has failed."""


class ProcessesEngine(Engine):
    """Runs tasks in worker processes, each with stores of its own.

    The processes are started with the first tasks and stay for further ones until the engine is
    closed. A worker that dies is replaced and its task run again, once.

    Args:
        config: The settings.
        context: The project.
    """

    def __init__(self, config: ProcessesConfig, context: PluginContext) -> None:
        self._most = config.workers or _processors()
        self.tasks = config.tasks or self._most
        self._idle: list[WorkerProcess] = []
        self._lock = threading.Lock()

    def run(self, tasks: Sequence[Task], work: Work) -> Iterator[TaskReport]:
        """Run every task and give the reports as they come."""
        waiting, deaths, rows = deque(tasks), Counter[Task](), Counter[Task]()
        busy: dict[Connection, tuple[WorkerProcess, Task]] = {}
        try:
            while waiting or busy:
                while waiting and len(busy) < self._most:
                    worker = self._worker()
                    busy[worker.connection] = worker, waiting.popleft()
                    worker.order(work.function, busy[worker.connection][1].to_json())
                for connection in wait(list(busy)):
                    worker, task = busy[connection]  # type: ignore[index]
                    message = worker.hear()
                    if message is not None and message.startswith(PROGRESS):
                        rows[task] = int(message.removeprefix(PROGRESS))
                        work.progress(task, rows[task])
                        continue
                    del busy[connection]  # type: ignore[arg-type]
                    if message is not None:
                        self._give_back(worker)
                        yield TaskReport.from_json(task, message.removeprefix(REPORT).decode())
                        continue
                    end, deaths[task] = worker.ended(), deaths[task] + 1
                    if deaths[task] < _ATTEMPTS:
                        waiting.appendleft(task)
                    else:
                        yield TaskReport(task, rows[task], error=_death(end))
        finally:
            _end([worker for worker, _ in busy.values()])

    def close(self) -> None:
        """End the workers."""
        with self._lock:
            workers, self._idle = self._idle, []
        _end(workers)

    def _worker(self) -> WorkerProcess:
        with self._lock:
            while self._idle:
                worker = self._idle.pop()
                if worker.alive():
                    return worker
                worker.ended()
        return WorkerProcess()

    def _give_back(self, worker: WorkerProcess) -> None:
        with self._lock:
            self._idle.append(worker)


def _end(workers: Sequence[WorkerProcess]) -> None:
    """End workers, all at the same time, and wait for them."""
    for worker in workers:
        worker.dismiss()
    for worker in workers:
        worker.ended()


def _death(end: str) -> StoreError:
    return StoreError(
        f"{_ATTEMPTS} worker processes ended while they ran it",
        got=end,
        fix="if memory ran out, use fewer workers, more tasks or a smaller "
        "materialization.batch_rows; see also the output of the process",
    )


def _processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
