"""What of a run that is split into tasks is done, so that a rerun does only the rest.

One document per online table without history, from the first task of a run that is done to its end.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields
from typing import Any

from provender.catalog.view import CatalogView
from provender.errors import Conflict
from provender.materialize.windows import Stretch
from provender.plugin.contract.engine import TaskReport
from provender.plugin.contract.plan import Partition, Window
from provender.plugin.contract.registry import Registry
from provender.tables.ledger import Interval, Ledger, table_document


@dataclass(slots=True)
class _Done:
    """A task that is done: the position of its partition, and the newest created timestamp."""

    position: int
    newest_created: int | None


@dataclass(slots=True)
class _Document:
    """The document: a `Stretch` without its view, how it is cut, and what is done."""

    incremental: bool
    window: Window
    covers: Interval
    ledger: Ledger
    complete: bool
    caught_up: bool
    oldest: int | None
    known: tuple[Interval, ...]
    partitions: tuple[Partition, ...]
    done: list[_Done] = field(default_factory=list)
    ttl: int | None = None


class RunRecord:
    """The record of one view's run; it is written only when the run has several tasks.

    Where another run of the view has taken the document over, this one records no more.

    Args:
        stretch: What the run moves.
        partitions: How it is cut.
        incremental: Whether it moves what is new, rather than what lies between two instants.
        book: Where the record is kept.
        version: The version of the document that it replaces; 0: there is none.
        done: The tasks that an earlier run has done.
    """

    def __init__(
        self,
        stretch: Stretch,
        partitions: Sequence[Partition],
        incremental: bool,
        book: RunRecords,
        version: int = 0,
        done: Sequence[_Done] = (),
    ) -> None:
        self.stretch = stretch
        self.partitions = tuple(partitions)
        self.incremental = incremental
        self._book = book
        self._done = list(done)
        self._version: int | None = version

    def reports(self) -> list[tuple[Partition, int | None]]:
        """Return the partitions that are done, each with its newest created timestamp (µs)."""
        return [(self.partitions[one.position], one.newest_created) for one in self._done]

    def left(self) -> list[Partition]:
        """Return the partitions that are not done."""
        done = {one.position for one in self._done}
        return [part for n, part in enumerate(self.partitions) if n not in done]

    def add(self, report: TaskReport) -> None:
        """Record that a task is done.

        Raises:
            RegistryError: The registry cannot be written.
        """
        position = self.partitions.index(report.task.partition)
        self._done.append(_Done(position, report.newest_created))
        if len(self.partitions) > 1 and self._version is not None:
            values = {f.name: getattr(self.stretch, f.name) for f in fields(Stretch)}
            view = values.pop("view")
            document = _Document(self.incremental, **values, partitions=self.partitions)
            document.done, document.ttl = self._done, view.view.ttl_us
            self._version = self._book.save(view, document, self._version)

    def end(self) -> None:
        """Remove the record: the run is over and the ledger knows of it.

        Raises:
            RegistryError: The registry cannot be written.
        """
        if self._version:
            self._book.remove(self.stretch.view, self._version)
            self._version = None


class RunRecords:
    """The records of views' runs in a registry."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def begin(
        self, stretch: Stretch, partitions: Sequence[Partition], *, incremental: bool
    ) -> RunRecord:
        """Return the record of a run that begins; the first task that is done writes it.

        Raises:
            RegistryError: The registry cannot be read.
        """
        found = None
        if len(partitions) > 1:
            found = self._registry.read(_name(stretch.view))
        version = 0 if found is None else found.version
        return RunRecord(stretch, partitions, incremental, self, version)

    def unfinished(self, view: CatalogView, ledger: Ledger) -> RunRecord | None:
        """Return the record of a run of the view that did not come to its end, if any.

        One that was begun before other runs moved rows of the view, or under another time to live,
        is of no more use.

        Raises:
            RegistryError: The registry cannot be read.
        """
        import msgspec.json

        found = self._registry.read(_name(view))
        if found is None:
            return None
        try:
            document = msgspec.json.decode(found.payload, type=_Document)
        except msgspec.DecodeError:
            return None  # the run is done anew, which is always right
        before = document.ledger
        then = (before.reading, before.covered, document.ttl)
        if then != (ledger.reading, ledger.covered, view.view.ttl_us):
            return None
        names = [f.name for f in fields(Stretch) if f.name != "view"]
        values: dict[str, Any] = {name: getattr(document, name) for name in names}
        return RunRecord(
            Stretch(view=view, **values),
            document.partitions,
            document.incremental,
            self,
            found.version,
            document.done,
        )

    def save(self, view: CatalogView, document: _Document, version: int) -> int | None:
        """Write a view's document over a version of it; None: another run has taken it over."""
        import msgspec.json

        payload = msgspec.json.encode(document)
        try:
            return self._registry.replace(_name(view), payload, version)
        except Conflict:
            return None

    def remove(self, view: CatalogView, version: int) -> None:
        """Remove a version of a view's document, unless another run has taken it over."""
        with suppress(Conflict):
            self._registry.delete(_name(view), version)


def _name(view: CatalogView) -> str:
    return table_document("tasks", view.table)
