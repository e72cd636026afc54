"""The materialization ledger: what of a view was already loaded into the online store.

One document per online table. It is advanced only after the rows were written, so that a run that
was stopped is done again, and rows are never skipped.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from provender.catalog.view import CatalogView
from provender.errors import RegistryError
from provender.plugin.contract.online_store import OnlineTable
from provender.plugin.contract.registry import Document, Registry, update_document

Interval = tuple[int | None, int]
"""Event timestamps from the first to the second instant (µs), both included; None: from the
beginning."""
Pushed = tuple[int, int]
"""The event timestamp (µs) of the oldest row that was pushed and not yet moved, and the version of
the ledger that this was noted on, by which a later note is told from it."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """What was moved, as of one version of the document.

    Attributes:
        reading: Stands for how the view was read; see `reading_of`. What was moved under another
            one does not count.
        covered: Disjoint intervals in ascending order whose rows were moved.
        created_seen: Rows of `covered` that were created before this instant (µs) were moved;
            None when no row with a created timestamp was seen yet.
        pushed: The rows that were pushed offline and have to be moved even where they are late.
        version: The document's version.
        online_only: Whether rows were ever written online and not to a source.
    """

    reading: str
    covered: tuple[Interval, ...] = ()
    created_seen: int | None = None
    version: int = 0
    pushed: Pushed | None = None
    online_only: bool = False

    def reach(self, instant: int | None) -> int | None:
        """Return the end of the interval that holds `instant` (None: the beginning), if any."""
        for start, end in self.covered:
            begun = start is None or (instant is not None and start <= instant)
            if begun and (instant is None or instant <= end):
                return end
        return None

    def with_interval(self, interval: Interval) -> Ledger:
        """Return the ledger with one more interval covered."""
        return replace(self, covered=merged([*self.covered, interval]))

    def without_before(self, oldest: int | None) -> Ledger:
        """Return the ledger with nothing covered before `oldest` (µs); None: as it is."""
        if oldest is None:
            return self
        later = [(max(oldest, s or oldest), end) for s, end in self.covered if end >= oldest]
        return replace(self, covered=tuple(later))

    def with_unread(self, oldest: int | None) -> Ledger:
        """Return the ledger with rows from `oldest` (µs; None: all) on to be moved again."""
        if oldest is None:
            return replace(self, covered=(), created_seen=None)
        return self.with_pushed(oldest)

    def with_pushed(self, oldest: int) -> Ledger:
        """Return the ledger with rows from `oldest` (µs) on to be moved, whatever is covered."""
        before = oldest if self.pushed is None else self.pushed[0]
        return replace(self, pushed=(min(oldest, before), self.version))


def merged(intervals: Sequence[Interval]) -> tuple[Interval, ...]:
    """Return the union of `intervals` as disjoint intervals in ascending order."""
    union: list[Interval] = []
    for start, end in sorted(intervals, key=lambda i: (i[0] is not None, i[0] or 0, i[1])):
        if union and start is not None and start > union[-1][1]:
            union.append((start, end))
        elif union:
            union[-1] = (union[-1][0], max(union[-1][1], end))
        else:
            union.append((start, end))
    return tuple(union)


def reading_of(view: CatalogView) -> str:
    """Return what stands for the rows that a view reads: its table, source, keys and features.

    Whatever changes it (a feature is added, the source moves) makes everything be moved again.
    """
    import msgspec.json

    source = view.view.source.stored.to_document()
    for label in ("description", "tags", "owner", "name"):
        source.pop(label, None)
    keys = sorted([key.name, str(key.type)] for key in view.keys)
    features = sorted(view.layout.to_document())
    parts: list[Any] = [view.generation, source, keys, features]
    text = msgspec.json.encode(parts, order="sorted")
    return hashlib.blake2b(text, digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class LastRun:
    """The last materialization of a view.

    Attributes:
        until: The last event timestamp that it covers, in µs.
        ended: When it ended, in µs; None where rows were pushed offline since, which the
            ledger notes in the same document.
    """

    until: int
    ended: int | None


class LedgerBook:
    """The ledgers of online tables in a registry."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def load(self, view: CatalogView) -> Ledger:
        """Return a view's ledger.

        Nothing is covered when the view is read in another way than it was. The same when its
        ttl has grown: rows may have been too old, and stores may let the others expire too early.

        Raises:
            RegistryError: The registry cannot be read or the document is damaged.
        """
        found = self._registry.read(table_document("ledger", view.table))
        return _decode(found, view, reading_of(view))

    def last_run(self, view: CatalogView) -> LastRun | None:
        """Return the last run of a view as it is read now, None when there was none.

        Raises:
            RegistryError: The registry cannot be read or the document is damaged.
        """
        found = self._registry.read(table_document("ledger", view.table))
        ledger = _decode(found, view, reading_of(view))
        if found is None or not ledger.covered:
            return None
        noted_since = ledger.pushed is not None and ledger.pushed[1] + 1 == found.version
        return LastRun(ledger.covered[-1][1], None if noted_since else found.written_us)

    def update(self, view: CatalogView, change: Callable[[Ledger], Ledger]) -> None:
        """Replace a view's ledger by what `change` makes of it, whatever others record meanwhile.

        Raises:
            RegistryError: The registry cannot be read or written, or the document is damaged.
        """
        reading = reading_of(view)

        def changed(found: Document | None) -> bytes:
            return _encode(change(_decode(found, view, reading)), view.view.ttl_us)

        update_document(self._registry, table_document("ledger", view.table), changed)

    def note_pushed(self, view: CatalogView, oldest: int) -> None:
        """Note that rows were just pushed into the offline store, none older than `oldest` (µs).

        The next incremental run moves them, however late they are. A run that is under way now
        may have read the source before they came: it leaves the note.

        Raises:
            RegistryError: The registry cannot be read or written.
        """
        self.update(view, lambda ledger: ledger.with_pushed(oldest))

    def note_online_only(self, view: CatalogView) -> None:
        """Note that rows are written online that are in no source.

        Raises:
            RegistryError: The registry cannot be read or written.
        """
        if not self.load(view).online_only:
            self.update(view, lambda ledger: replace(ledger, online_only=True))

    def note_unread(self, view: CatalogView, oldest: int | None) -> None:
        """Note that rows from `oldest` (µs; None: all) on may be missing in a view's table.

        Raises:
            RegistryError: The registry cannot be read or written.
        """
        self.update(view, lambda ledger: ledger.with_unread(oldest))


def forget_tables(registry: Registry, tables: Sequence[OnlineTable]) -> None:
    """Remove what is recorded of online tables: they are dropped.

    Raises:
        RegistryError: The registry cannot be read or written.
    """
    for project in {table.project for table in tables}:
        for part in ("ledger", "tasks", "removed"):
            gone = {table_document(part, table) for table in tables}
            for name in gone.intersection(registry.names(f"{project}/{part}/")):
                update_document(registry, name, lambda _: None)


def table_document(part: str, table: OnlineTable) -> str:
    """Return the name of a document about an online table, such as its ledger."""
    generation = f".{table.generation}" if table.generation else ""
    return f"{table.project}/{part}/{table.view}{generation}"


def _decode(found: Document | None, view: CatalogView, reading: str) -> Ledger:
    """Return the ledger that a document holds, as far as it counts for the view."""
    import msgspec.json

    if found is None:
        return Ledger(reading)
    try:
        stored = msgspec.json.decode(found.payload)
        if stored["reading"] != reading:
            only = stored.get("online_only", False)
            return Ledger(reading, version=found.version, online_only=only)
        covered = tuple((start, end) for start, end in stored["covered"])
        pushed = stored.get("pushed") and (stored["pushed"][0], stored["pushed"][1])
        only = stored.get("online_only", False)
        if _has_grown(stored.get("ttl"), view.view.ttl_us):
            return Ledger(reading, version=found.version, pushed=pushed, online_only=only)
        return Ledger(reading, covered, stored["created_seen"], found.version, pushed, only)
    except (msgspec.DecodeError, KeyError, TypeError, ValueError) as error:
        raise RegistryError(
            f"the ledger of view {view.name!r} is damaged", got=str(error)
        ) from error


def _has_grown(before: int | None, ttl: int | None) -> bool:
    return before is not None and (ttl is None or ttl > before)


def _encode(ledger: Ledger, ttl: int | None) -> bytes:
    """Return the document of a ledger.

    Args:
        ledger: The ledger.
        ttl: The view's time to live (µs), with which rows are written now.
    """
    import msgspec.json

    payload = {
        "reading": ledger.reading,
        "covered": ledger.covered,
        "created_seen": ledger.created_seen,
        "pushed": ledger.pushed,
        "online_only": ledger.online_only,
        "ttl": ttl,
    }
    return msgspec.json.encode(payload)
