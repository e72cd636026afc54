"""Which views read a source: those of a push source by its name, and those of the same rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provender.catalog.source_schemas import NO_MATTER
from provender.definitions import PushSource

_SAID_OF_IT = NO_MATTER | {"name"}


def readers_of_push_sources(views: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the names of the views that read each push source.

    Args:
        views: The documents of all views by their names.
    """
    found: dict[str, list[str]] = {}
    for name in sorted(views):
        source = views[name]["definition"]["source"]
        if source["kind"] == PushSource.kind:
            found.setdefault(source["name"], []).append(name)
    return found


def readers_of_rows(views: Mapping[str, Any]) -> dict[bytes, list[str]]:
    """Return the names of the views that read each place where rows are; see `storage_key`.

    Args:
        views: The documents of all views by their names.
    """
    found: dict[bytes, list[str]] = {}
    for name in sorted(views):
        found.setdefault(storage_key(views[name]["definition"]["source"]), []).append(name)
    return found


def storage_key(source: Mapping[str, Any]) -> bytes:
    """Return a key that is equal for sources whose rows are stored in the same place.

    Args:
        source: The document of a source; a push source's rows are where its batch source's are.
    """
    import msgspec.json

    stored = source.get("batch_source") or source
    parts = {part: value for part, value in stored.items() if part not in _SAID_OF_IT}
    return msgspec.json.encode(parts, order="sorted")
