"""`RunDocuments`: the runs in the background, kept in the registry.

Every worker and every machine that serves the project finds them there, also when the process that
did a run is gone.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from datetime import datetime

import msgspec

from provender.clock import Clock, to_us
from provender.errors import Conflict
from provender.plugin.contract.registry import Registry
from provender.server.http.errors import NoSuchRun
from provender.wire.answers import Run

_ID = re.compile(r"[0-9a-f]{16}-[0-9a-f]{16}")
_MOST = 200
"""Runs that are kept; the oldest go."""
_SILENT_US = 120 * 1_000_000
"""After such a silence, the process that did a run is taken for gone."""


class RunDocuments:
    """Reads and writes runs.

    Args:
        project: The project's name.
        registry: Gives the registry, which is opened when it is first needed.
        clock: The present.
    """

    def __init__(self, project: str, registry: Callable[[], Registry], clock: Clock) -> None:
        self._prefix = f"{project}/run/"
        self._registry = registry
        self._clock = clock
        self._versions: dict[str, int] = {}

    def new_id(self) -> str:
        """Return the id of a new run; ids sort by the time when they were made."""
        return f"{to_us(self._clock()):016x}-{secrets.token_hex(8)}"

    def present(self) -> str:
        """Return the present as runs tell it."""
        return self._clock().isoformat().replace("+00:00", "Z")

    def save(self, run: Run) -> None:
        """Write a run of this process as it stands.

        Raises:
            RegistryError: The registry cannot be written.
        """
        run.updated = self.present()
        name, payload = self._prefix + run.id, msgspec.json.encode(run)
        version = self._versions.get(run.id, 0)
        self._versions[run.id] = self._registry().replace(name, payload, version)

    def forget_version(self, run: Run) -> None:
        """Note that a run is over, and will not be written again."""
        self._versions.pop(run.id, None)

    def load(self, run_id: str) -> Run:
        """Return a run.

        Raises:
            NoSuchRun: There is none of that id, or not any more.
            RegistryError: The registry cannot be read.
        """
        found = self._registry().read(self._prefix + run_id) if _ID.fullmatch(run_id) else None
        if found is None:
            fact = "there is no run with this id"
            raise NoSuchRun(fact, got=run_id[:64], fix=f"the newest {_MOST} runs are kept")
        run = msgspec.json.decode(found.payload, type=Run)
        silent = to_us(self._clock()) - to_us(datetime.fromisoformat(run.updated))
        if run.state in ("queued", "running") and silent > _SILENT_US:
            run.state = "lost"
        return run

    def prune(self) -> None:
        """Remove the oldest runs, so that a fixed number of them is kept.

        Raises:
            RegistryError: The registry cannot be read or written.
        """
        registry = self._registry()
        for name in registry.names(self._prefix)[:-_MOST]:
            found = registry.read(name)
            if found is None:
                continue
            try:
                registry.delete(name, found.version)
            except Conflict:  # another worker was faster
                continue
