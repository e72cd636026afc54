"""`Engine`: where the shards of a materialization run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from provender.plugin.contract.plan import Window


@dataclass(frozen=True, slots=True)
class Shard:
    """A part of a materialization, as plain data that can travel to another machine.

    Attributes:
        project: The project.
        view: The feature view whose rows are moved.
        catalog_version: The version of the catalog that defines the view.
        window: The rows to move.
    """

    project: str
    view: str
    catalog_version: int
    window: Window


@dataclass(frozen=True, slots=True)
class ShardReport:
    """What came of a shard.

    Attributes:
        shard: The shard.
        rows: How many rows were written online.
        newest_created: The latest created timestamp of the rows that were read in µs, if any.
    """

    shard: Shard
    rows: int
    newest_created: int | None


class Engine(ABC):
    """Runs shards: here one after another, in a plug-in on a cluster."""

    @abstractmethod
    def run(
        self, shards: Sequence[Shard], work: Callable[[Shard], ShardReport]
    ) -> Iterator[ShardReport]:
        """Run `work` for each shard and give the reports as they come.

        A shard that fails raises; the reports given before hold.
        """

    def close(self) -> None:
        """Release what the engine holds; closing twice is allowed."""
