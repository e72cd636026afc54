"""The values of a changed definition as people read them: `value_text`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provender.clock import duration_text

_TYPES = ("dtype", "value_type")


def value_text(path: str, value: Any) -> str:
    """Return a value of a definition as text: ``trips: Int64``, ``1 day, 2 hours``.

    Args:
        path: Where it is, such as ``schema.rating.dtype``.
        value: The value, as the catalog's document has it.
    """
    if path == "ttl" and isinstance(value, int):
        return duration_text(value)
    if isinstance(value, Mapping) and "dtype" in value:
        return f"{value['name']}: {value['dtype']}"
    if isinstance(value, Mapping) and "join_key_map" in value:
        return _part_text(value)
    if isinstance(value, list):
        items = (item if isinstance(item, str) else value_text("", item) for item in value)
        return f"[{', '.join(items)}]"
    first, _, last = path.rpartition(".")
    is_type = isinstance(value, str) and (last in _TYPES or first == "keys")
    return value if is_type else repr(value)


def _part_text(part: Mapping[str, Any]) -> str:
    """Return what a feature service takes of a view, as it is defined: ``stats[rating, trips]``."""
    taken = "" if part["features"] is None else f"[{', '.join(part['features'])}]"
    name = "" if part["name"] == part["view"] else f" as {part['name']}"
    by = ", ".join(f"{key} from {column}" for key, column in part["join_key_map"].items())
    return f"{part['view']}{taken}{name}{' by ' if by else ''}{by}"
