"""Repairs of views: every table that the catalog names for a view, until it names no other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from provender.catalog.view import CatalogView
from provender.clock import parse_instant, to_us
from provender.errors import NotFound
from provender.plugin.contract.online_store import OnlineTable
from provender.project_context import ProjectContext
from provender.repair.entities import decoded_keys, encoded_keys, keys_of, views_of
from provender.repair.table_repair import Counts, TableRepair
from provender.tables.dropping import retire
from provender.tables.ledger import LedgerBook
from provender.tables.removed import note_removed
from provender.tabular.given_rows import given_rows
from provender.types import FeatureType

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class RepairReport:
    """What a repair did with the rows of one view; each entity counts once.

    Attributes:
        view: The feature view.
        entities: How many entities were looked at.
        equal: Those whose row was equal already, or is in neither store.
        written: Those whose row was missing online, was older, or had other values.
        replaced: Those whose row was replaced by an older one.
        deleted: Those whose row was deleted: the offline store has none.
        kept: Those for which a newer row came while they were repaired; it stays.
    """

    view: str
    entities: int
    equal: int = 0
    written: int = 0
    replaced: int = 0
    deleted: int = 0
    kept: int = 0


def repair(
    project: ProjectContext,
    entities: Any,
    views: Sequence[str] | None,
    end: date | str | None,
) -> list[RepairReport]:
    """Make the online rows of some entities equal to the offline store's.

    Args:
        project: The project.
        entities: Their join keys, in any form in which rows can be pushed.
        views: The feature views; None: all that are online and whose join keys are all given.
        end: The last event timestamp that counts; None, or one in the future: now.

    Raises:
        NotFound: A view is not registered; nothing was changed.
        RequestError: The entities do not fit the views, or the project is open as of an earlier
            version; nothing was changed.
        SourceError: The rows of a view cannot be read; those of views before it may be repaired.
        StoreError: A store failed, and some rows may be repaired: it is safe to repair them again.
            Or the online store cannot delete rows; nothing was changed.
    """
    last = None if end is None else to_us(parse_instant(end, name="end_date"))
    return _Repair(project, last).views(entities, views)


def repair_table(project: ProjectContext, view: CatalogView, keys: Sequence[bytes]) -> None:
    """Make rows of a table that is being filled equal to the offline store's.

    Args:
        project: The project.
        view: The view as it is being filled.
        keys: The keys, as they are stored online.

    Raises:
        SourceError: The rows cannot be read.
        StoreError: A store failed.
    """
    TableRepair(project, view, None).repair(decoded_keys(view, keys))


class _Repair:
    """Repairs views under the catalog as it is by the end of it."""

    def __init__(self, project: ProjectContext, end: int | None) -> None:
        project.check_writable()
        self._project = project
        self._snapshot = project.catalog_to_write()
        past = end is not None and end < to_us(project.clock())
        self._end = end if past else None
        self._ledgers = LedgerBook(project.stores.registry)

    def views(self, entities: Any, names: Sequence[str] | None) -> list[RepairReport]:
        rows = given_rows(entities)
        views = views_of(self._snapshot.catalog, rows, names)
        keys = keys_of(views, rows)
        for view in views:
            self._project.stores.online.delete(view.table, [])  # raises where it cannot delete
        return [self._view(view, keys[view.name]) for view in views]

    def _view(self, view: CatalogView, keys: pa.Table) -> RepairReport:
        """Repair rows of a view; the report is that of the table that was read at first."""
        counts: dict[str, Counts] = {}
        tables: list[OnlineTable] = []
        while left := [one for one in self._named(view) if one.table not in tables]:
            for one in left:
                tables.append(one.table)
                counts[one.table.name] = self._table(one, keys)
        known = {one.table.name for one in self._generations(view.name)}
        if unnamed := [table for table in tables if table.name not in known]:
            retire(self._project, unnamed)  # it may have been prepared after it was dropped
        return RepairReport(view.name, keys.num_rows, **counts.get(view.table.name, Counts()))

    def _named(self, view: CatalogView) -> list[CatalogView]:
        """Return the generations of a view that have tables, where its keys are the same.

        What was written under a catalog that is not recent by now may have to be written again.
        """
        if not self._project.is_recent(self._snapshot):
            self._snapshot = self._project.catalog_to_write()
        found = self._generations(view.name)
        return [one for one in found if one.view.online and _key_types(one) == _key_types(view)]

    def _generations(self, name: str) -> list[CatalogView]:
        """Return a view as it is read, as it is being filled, and as some may still read it."""
        catalog, now = self._snapshot.catalog, to_us(self._project.clock())
        try:
            found = [catalog.view(name)]
        except NotFound:
            return []
        others = (catalog.view_being_filled(name), catalog.view_before(name, now))
        return [*found, *(other for other in others if other is not None)]

    def _table(self, view: CatalogView, keys: pa.Table) -> Counts:
        """Repair rows of one table.

        Whoever fills it now may write what was read of them before: the note has the rows of the
        table that is read copied to it at last. That one is repaired first.

        Rows after the end are taken back, though they may be covered by the ledger: also by one of
        now, if the clock was set back. The next run is made to read them again. It is noted twice,
        since a run that began before may take the first note.
        """
        if self._snapshot.catalog.is_being_filled(view.table):
            note_removed(self._project.stores.registry, view.table, encoded_keys(view, keys))
        work = TableRepair(self._project, view, self._end)
        later = (to_us(self._project.clock()) if self._end is None else self._end) + 1
        if not any(last >= later for _, last in self._ledgers.load(view).covered):
            return work.repair(keys)
        self._ledgers.note_unread(view, later)
        try:
            return work.repair(keys)
        finally:
            self._ledgers.note_unread(view, later)


def _key_types(view: CatalogView) -> list[tuple[str, FeatureType]]:
    return sorted((key.name, key.type) for key in view.keys)
