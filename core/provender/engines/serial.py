"""`SerialEngine`: runs shards one after another, in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from provender.plugin.contract.engine import Engine, Shard, ShardReport


class SerialEngine(Engine):
    """The engine of the core: one shard at a time, so that memory is bounded by one batch."""

    def run(
        self, shards: Sequence[Shard], work: Callable[[Shard], ShardReport]
    ) -> Iterator[ShardReport]:
        """Run `work` for each shard and give the reports as they come."""
        return map(work, shards)
