"""Rows that are online and not in the source: they were pushed, or the source was mended since."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from provender.catalog.view import CatalogView
from provender.clock import to_us
from provender.definitions import PushSource
from provender.errors import Problem, count_text
from provender.online.keys import KeyCodec
from provender.plugin.contract.online_store import OnlineRow, OnlineStore, OnlineTable
from provender.plugin.kit.readers import reading
from provender.project_context import ProjectContext
from provender.tables.ledger import LedgerBook


@dataclass(frozen=True, slots=True)
class OnlyOnline:
    """What is online in one table and not in the one that is to replace it.

    Attributes:
        rows: How many rows; None: the store cannot list its keys, so that nobody can tell.
        example: The join keys of one of them.
    """

    rows: int | None
    example: dict[str, Any] | None = None


class Comparison:
    """Compares tables that are read with those that are to replace them.

    Args:
        project: The project.
    """

    def __init__(self, project: ProjectContext) -> None:
        self._project = project
        self._online = project.stores.online
        self._ledgers = LedgerBook(project.stores.registry)

    @property
    def can_list(self) -> bool:
        """Whether the online store can list its keys."""
        return "keys" in self._project.stores.plugins.store_type("online").capabilities

    def may_hold_pushed(self, view: CatalogView) -> bool:
        """Return whether rows may have been written to a view's table that are in no source.

        Raises:
            RegistryError: The registry cannot be read.
        """
        return isinstance(view.view.source, PushSource) or self._ledgers.load(view).online_only

    def count(self, before: CatalogView, after: CatalogView) -> OnlyOnline:
        """Count the rows that only the table that is read has, or has newer.

        Args:
            before: The view with that table.
            after: The view with the table that is to replace it.

        Raises:
            StoreError: The store failed.
        """
        if not self.can_list or _keys(before) != _keys(after):
            return OnlyOnline(0 if self._online.count(before.table) == 0 else None)
        rows, example = 0, None
        with reading(self._lacking(before, after)) as portions:
            for lacking in portions:
                rows += len(lacking)
                if example is None and lacking:
                    keys = KeyCodec([(k.name, k.type) for k in before.keys])
                    example = keys.decode(lacking[0][0])
        return OnlyOnline(rows, example)

    def copy(self, before: CatalogView, after: CatalogView) -> int:
        """Copy the rows that `count` counts to the other table, and return how many.

        Raises:
            StoreError: The store failed, or cannot list its keys.
        """
        copied = 0
        with reading(self._lacking(before, after)) as portions:
            for lacking in filter(None, portions):
                self._online.write(after.table, lacking)
                copied += len(lacking)
        if copied and self._ledgers.load(before).online_only:
            self._ledgers.note_online_only(after)
        return copied

    def _lacking(self, before: CatalogView, after: CatalogView) -> Iterator[list[OnlineRow]]:
        """Yield the rows that one table lacks or has only older, unless they are past their ttl."""
        ttl = after.view.ttl_us
        oldest = None if ttl is None else to_us(self._project.clock()) - ttl
        return only_online(self._online, before.table, after.table, oldest)


def _keys(view: CatalogView) -> list[tuple[str, str]]:
    return sorted((key.name, str(key.type)) for key in view.keys)


def only_online(
    online: OnlineStore, before: OnlineTable, after: OnlineTable, oldest: int | None
) -> Iterator[list[OnlineRow]]:
    """Yield the rows of one table that another one lacks, or has only older, in portions.

    Whoever writes to both writes to the other one first, so that what is being written is not
    taken for a row that is lacking.

    Raises:
        StoreError: The store failed, or cannot list its keys.
    """
    with reading(online.keys(before)) as portions:
        for keys in portions:
            rows = [row for row in online.read(before, keys) if row is not None]
            if oldest is not None:
                rows = [row for row in rows if row[1] >= oldest]
            there = online.read(after, [row[0] for row in rows])
            yield [
                row
                for row, other in zip(rows, there, strict=True)
                if other is None or (other[1], other[2]) < (row[1], row[2])
            ]


def loss(view: str, found: OnlyOnline, verb: str = "rebuild(…", *, keep: bool = True) -> Problem:
    """Return the problem that rows would be lost to which nobody agreed.

    Args:
        view: The view.
        found: The rows.
        verb: The call to repeat with consent.
        keep: Whether it can keep them.
    """
    if found.rows is None:
        got = "an unknown number of rows: the online store cannot list its keys"
    else:
        got = count_text(found.rows, "row")
        got += f", such as that of {found.example}" if found.example else ""
    kept = f"to keep them: {verb}, keep_pushed=True), or --keep-pushed; " if keep else ""
    return Problem(
        f"online rows of feature view {view!r} that are not in its source would be lost",
        got=got,
        fix=f"{kept}to accept the loss: {verb}, allow_data_loss=[{view!r}]), or --yes",
    )
