"""Dropping online tables that nobody reads any longer, with what is recorded of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from provender.clock import to_us
from provender.plugin.contract.online_store import OnlineStore, OnlineTable
from provender.plugin.contract.registry import Registry
from provender.project_context import ProjectContext
from provender.tables.ledger import forget_tables
from provender.tables.preparing import Preparing, is_given_up, is_read

_MARGIN = 60_000_000
"""How long a read may take, in µs, and by how much clocks may differ."""
_CACHED_FOR_EVER = 600.0
"""What counts for readers that cache the catalog for ever, in seconds: they have to be restarted
after a change anyway."""


def drop_tables(online: OnlineStore, registry: Registry, tables: Sequence[OnlineTable]) -> None:
    """Drop tables, with what is recorded of them.

    Raises:
        RegistryError: The registry cannot be read or written.
        StoreError: The online store failed.
    """
    online.drop(tables)
    forget_tables(registry, tables)


def drop_left(
    online: OnlineStore,
    registry: Registry,
    preparing: Preparing,
    left: Sequence[OnlineTable],
    document: Mapping[str, Any],
) -> None:
    """Drop those of the tables that need not be kept that no catalog can name any more.

    Args:
        online: The store that holds them.
        registry: Where the ledgers are.
        preparing: The note of the tables.
        left: The tables that need not be kept; see `Preparing.left`.
        document: The newest catalog document.

    Raises:
        RegistryError: The registry cannot be read or written.
        StoreError: The online store failed.
    """
    unused = [table for table in left if is_given_up(table, document)]
    drop_tables(online, registry, unused)
    read = [table for table in left if is_read(table, document)]
    preparing.forget([*unused, *read])


def drop_unused(project: ProjectContext) -> None:
    """Drop the tables of a project that nobody can be reading any longer.

    Raises:
        RegistryError: The registry cannot be read or written.
        StoreError: The online store failed.
    """
    stores = project.stores
    preparing = Preparing(project.name, stores.registry, stores.clock)
    if left := preparing.left():
        document = project.refresh().document
        drop_left(stores.online, stores.registry, preparing, left, document)


def retire(project: ProjectContext, tables: Sequence[OnlineTable]) -> None:
    """Note tables that are replaced now, to be dropped when nobody can be reading them.

    Raises:
        RegistryError: The registry cannot be read or written.
    """
    until = read_until(project) + _MARGIN
    Preparing(project.name, project.stores.registry, project.clock).note(tables, until)


def read_until(project: ProjectContext) -> int:
    """Return until when the tables may be read that the catalog names now, in µs.

    A reader holds a catalog for at most twice its time to live; see `CachedCatalog`.
    """
    ttl = project.config.cache_ttl_seconds
    held = 2_000_000 * (_CACHED_FOR_EVER if ttl is None else ttl)
    return to_us(project.clock()) + round(held)
