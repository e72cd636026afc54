"""`SerialEngine`: runs tasks one after another, in this process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from provender.engines.configuration import SerialConfig
from provender.plugin.contract.engine import Engine, Task, TaskReport, Work
from provender.plugin.contract.info import PluginContext


class SerialEngine(Engine):
    """The default engine: one task at a time, so that memory is bounded by one batch.

    Args:
        config: The settings.
        context: The project.
    """

    def __init__(self, config: SerialConfig, context: PluginContext) -> None:
        self.tasks = config.tasks

    def run(self, tasks: Sequence[Task], work: Work) -> Iterator[TaskReport]:
        """Run every task and give the reports in the order of the tasks."""
        return map(work, tasks)
