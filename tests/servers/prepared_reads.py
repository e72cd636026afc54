"""Reads the same entities over and over while their view is filled anew, and judges the answers.

``python -m servers.prepared_reads REPOSITORY`` does so through a prepared reader: it prints
``ready``, reads until its input ends and it has seen the new rows, and prints what it saw as JSON.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from provender import FeatureStore

PAUSE = 0.02
"""Seconds between two reads."""
REFERENCE = "stats:v"
ENTITIES = {"driver_id": list(range(8))}
"""Entities that have the value 1 in the old generation and 2 in the next one."""


@dataclass
class Watcher:
    """Sees the answers of one reader, one after the other.

    Attributes:
        reads: How many answers it has seen.
        seen: The values, each once, in the order in which they were first seen.
        wrong: What must not have been seen.
    """

    reads: int = 0
    seen: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def is_done(self) -> bool:
        """Whether the new rows were seen, or what must not have been."""
        return self.seen[-1:] == [2] or bool(self.wrong)

    def see(self, values: Sequence[float | None], statuses: Sequence[str]) -> None:
        """Look at an answer: whole, of one generation, and never again of the one before."""
        self.reads += 1
        found = set(values)
        if set(statuses) != {"PRESENT"} or len(found) != 1 or not found <= {1, 2}:
            self.wrong.append(f"answer {self.reads}: {values} {statuses}")
            return
        (value,) = found
        if value not in self.seen:
            self.seen.append(value)
        elif value != self.seen[-1]:
            self.wrong.append(f"answer {self.reads}: {value} after {self.seen[-1]}")


def main() -> None:
    """Read until there is no more input, and nothing more to see."""
    ended, watcher = threading.Event(), Watcher()

    def listen() -> None:
        sys.stdin.read()
        ended.set()

    with FeatureStore(Path(sys.argv[1])) as store:
        reader = store.prepare([REFERENCE])
        print("ready", flush=True)
        threading.Thread(target=listen).start()
        while not (ended.wait(PAUSE) and watcher.is_done):
            found = reader.read(ENTITIES).to_dict(include_statuses=True)
            watcher.see(found["v"], found["v__status"])
        print(json.dumps([watcher.reads, watcher.seen, watcher.wrong]))


if __name__ == "__main__":
    main()
