"""Rows that are online and not in the source: they were pushed, or the source was mended since."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from provender.catalog.view import CatalogView
from provender.definitions import PushSource
from provender.errors import Problem, count_text
from provender.online.keys import KeyCodec
from provender.plugin.contract.online_store import OnlineRow, OnlineStore, OnlineTable
from provender.tables.ledger import Ledger


def may_hold_pushed(view: CatalogView, ledger: Ledger) -> bool:
    """Return whether rows may have been written to a view's table that are in no source."""
    return isinstance(view.view.source, PushSource) or ledger.online_only


@dataclass(frozen=True, slots=True)
class OnlyOnline:
    """What is online in one table and not in the one that is to replace it.

    Attributes:
        rows: How many rows; None: the store cannot list its keys, so that nobody can tell.
        example: The join keys of one of them.
    """

    rows: int | None
    example: dict[str, Any] | None = None


def count_only_online(
    online: OnlineStore,
    before: CatalogView,
    after: CatalogView,
    *,
    can_list: bool,
    oldest: int | None,
) -> OnlyOnline:
    """Count the rows that are online and that the new table of a view lacks.

    Args:
        online: The store.
        before: The view with the table that is read.
        after: The view with the table that is to replace it.
        can_list: Whether the store can list its keys, and the keys of both tables are the same.
        oldest: Rows before this event timestamp (µs) do not count: they are past their ttl.

    Raises:
        StoreError: The store failed.
    """
    if not can_list:
        rows = online.count(before.table)
        return OnlyOnline(0 if rows == 0 else None)
    rows, example = 0, None
    for lacking in only_online(online, before.table, after.table, oldest):
        rows += len(lacking)
        if example is None and lacking:
            codec = KeyCodec([(key.name, key.type) for key in before.keys])
            example = codec.decode(lacking[0][0])
    return OnlyOnline(rows, example)


def copy_only_online(
    online: OnlineStore, before: OnlineTable, after: OnlineTable, oldest: int | None
) -> int:
    """Copy the rows that only one table has, or has newer, to another one; return how many.

    Raises:
        StoreError: The store failed, or cannot list its keys.
    """
    copied = 0
    for lacking in only_online(online, before, after, oldest):
        if lacking:
            online.write(after, lacking)
            copied += len(lacking)
    return copied


def only_online(
    online: OnlineStore, before: OnlineTable, after: OnlineTable, oldest: int | None
) -> Iterator[list[OnlineRow]]:
    """Yield the rows of one table that another one lacks, or has only older, in portions.

    Whoever writes to both writes to the other one first, so that what is being written is not
    taken for a row that is lacking.

    Raises:
        StoreError: The store failed, or cannot list its keys.
    """
    for keys in online.keys(before):
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
