"""Keys whose rows were forgotten or repaired while the next generation of a view is being filled.

Whoever fills its table may have read their rows before, and write them after. When all is written,
the rows of these keys are made those of the table that is read.
"""

from __future__ import annotations

from collections.abc import Sequence

from provender.plugin.contract.online_store import OnlineTable
from provender.plugin.contract.registry import Document, Registry, update_document
from provender.tables.ledger import table_document


def note_removed(registry: Registry, table: OnlineTable, keys: Sequence[bytes]) -> None:
    """Note keys whose rows are about to be removed or replaced in a table that is being filled.

    Raises:
        RegistryError: The registry cannot be read or written.
    """
    import msgspec.json

    def noted(found: Document | None) -> bytes:
        return msgspec.json.encode(sorted({*_decoded(found), *keys}))

    update_document(registry, table_document("removed", table), noted)


def removed_keys(registry: Registry, table: OnlineTable) -> list[bytes]:
    """Return the keys that were noted for a table.

    Raises:
        RegistryError: The registry cannot be read.
    """
    return _decoded(registry.read(table_document("removed", table)))


def forget_removed(registry: Registry, table: OnlineTable) -> None:
    """Remove the note of a table: it is filled.

    Raises:
        RegistryError: The registry cannot be read or written.
    """
    update_document(registry, table_document("removed", table), lambda _: None)


def _decoded(found: Document | None) -> list[bytes]:
    import msgspec.json

    return [] if found is None else msgspec.json.decode(found.payload, type=list[bytes])
