"""`StoryProject`: the project that a story plays in, and how its steps are taken there."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from provender.errors import ProvenderError
from provender.store import FeatureStore
from provender.testing.faults.plugin import FaultyStores
from provender.testing.stateful.crash_runner import CrashSite
from provender.testing.stateful.crash_worker import order
from provender.testing.stateful.faults import PlannedFault
from provender.testing.stateful.reads import StoryClock, left_over, stored_rows
from provender.testing.stateful.scenario import VIEW, Definition, Scenario, StoryRow, StorySubject
from provender.testing.stateful.steps import Append, Step
from provender.testing.stateful.strategies import SECOND, DrawnRow


class StoryProject:
    """A project in a directory of its own, open, with one view registered.

    Args:
        subject: The provider.
        crash_site: Where steps are taken that kill their process.
        settings: What the story begins with; see `strategies.configurations`.

    Attributes:
        clock: The present of the story.
        shape: What the story is about.
        store: The feature store; another after each crash.
        reader: An online read that was prepared when the store was opened.
    """

    def __init__(
        self, subject: StorySubject, crash_site: CrashSite, settings: Mapping[str, Any]
    ) -> None:
        self._subject = subject
        self._crash_site = crash_site
        self._root = Path(tempfile.mkdtemp(prefix="provender-story-"))
        project = self._root.name.replace("-", "_")
        self._configure(project, settings)
        self._serial = 0
        self.clock = StoryClock(subject.start + settings["now"])
        source = subject.source(project, "created" if settings["created"] else None)
        self.shape = Scenario(source, settings["parts"], settings["lookback"])

    def _configure(self, project: str, settings: Mapping[str, Any]) -> None:
        lookback = f"{settings['lookback'] // SECOND}s"
        materialization = {"lookback": lookback, "batch_rows": settings["batch_rows"]}
        # a rebuild waits until those who write know of it, and here nobody else writes
        registry = {**self._subject.config.get("registry", {}), "write_cache_ttl_seconds": 0}
        config = {**self._subject.config, "project": project, "registry": registry}
        config["materialization"] = materialization
        (self._root / "feature_store.yaml").write_text(json.dumps(config))

    def set_up(self, definition: Definition, drawn: Sequence[DrawnRow]) -> list[StoryRow]:
        """Fill the source, register the view, open everything; return the rows."""
        self._open()
        rows = self.rows(drawn)
        Append(rows).run(self.store, self.shape)
        self.store.apply(self.shape.definitions(definition))
        self.prepare()
        return [*rows]

    def _open(self) -> None:
        self._faults = FaultyStores()
        self.store = self._faults.around(FeatureStore(self._root, clock=self.clock))

    def prepare(self) -> None:
        """Prepare the online read of the feature that the view always has."""
        self.reader = self.store.prepare([f"{VIEW}:v"])

    def rows(self, drawn: Sequence[DrawnRow]) -> tuple[StoryRow, ...]:
        """Return rows with serial numbers, which tell them apart, at instants of this story."""
        start, now, keys = self._subject.start, self.clock.now, self.shape.keys
        numbered = enumerate(drawn, start=self._serial + 1)
        self._serial += len(drawn)
        return tuple(row.at(keys, start, now, serial) for serial, row in numbered)

    def left_over(self) -> list[str]:
        """Return what there is of tables of the view that nobody reads."""
        read = self.store.refresh().view(VIEW).table.name
        tables = self._subject.tables(self._root) if self._subject.tables else ()
        return left_over(self.store) + [f"table {name}" for name in tables if name != read]

    def replace(self, rows: Sequence[StoryRow]) -> None:
        """Mend the source: from now on it has these rows."""
        if self._subject.empty is not None:
            self._subject.empty(self._root, self.shape.source)
            Append(tuple(rows)).run(self.store, self.shape)

    def next_serial(self) -> int:
        """Return the number of a row that is mended."""
        self._serial += 1
        return self._serial

    def stored_rows(self, definition: Definition) -> list[dict[str, Any]]:
        """Return what is stored online, as the oracle of the ledger takes it."""
        return stored_rows(self.store, self.clock, self.shape, definition)

    @property
    def generation(self) -> int:
        """The generation of the online table that is read."""
        return self.store.refresh().view(VIEW).generation

    def can(self, capability: str) -> bool:
        """Return whether the online store claims a capability."""
        return capability in self.store.stores.plugins.store_type("online").capabilities

    def take(self, step: Step, trouble: PlannedFault | None) -> bool:
        """Take a step, and once more if the trouble says so; whether it was done at last."""
        if trouble is None:
            step.run(self.store, self.shape)
            return True
        done = self._die_over(step, trouble) if trouble.deadly else self._try(step, trouble)
        if not done and trouble.rerun:
            step.run(self.store, self.shape)
            return True
        return done

    def _try(self, step: Step, trouble: PlannedFault) -> bool:
        """Take a step with a fault in its way."""
        self._faults.follow(trouble.scripts())
        try:
            step.run(self.store, self.shape)
        except ProvenderError:
            return False
        finally:
            self._faults.follow({})
        return True

    def _die_over(self, step: Step, trouble: PlannedFault) -> bool:
        """Take a step in a process that is killed; then the store is opened anew."""
        told = order(self._root, self.clock.now, self.shape, step, trouble)
        done = self._crash_site.survives(told)
        if not done:
            self.store.close()
            self._open()
            self.prepare()
        return done

    def clear(self) -> None:
        """Remove the project."""
        self.store.teardown()
        self.store.close()
        shutil.rmtree(self._root)
