"""What differs between two documents, object by object and field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Action = Literal["add", "change", "remove"]
KINDS = {"entities": "entity", "sources": "data source", "views": "feature view"}
"""The parts of a catalog document and what their objects are called."""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One value of a definition that changes.

    Attributes:
        path: Where it stands, such as ``schema.rating.dtype``.
        before: Its value, None when it is new.
        after: Its new value, None when it goes.
    """

    path: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class ObjectChange:
    """One object of the catalog that changes."""

    action: Action
    kind: str
    name: str
    fields: tuple[FieldChange, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the change as plain JSON data."""
        return asdict(self)


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[ObjectChange]:
    """Return what changes from one catalog document to another, by kind and name."""
    changes = []
    for part, kind in KINDS.items():
        old, new = before[part], after[part]
        for name in sorted(old.keys() | new.keys()):
            if name not in old:
                changes.append(ObjectChange("add", kind, name))
            elif name not in new:
                changes.append(ObjectChange("remove", kind, name))
            elif old[name] != new[name]:
                fields = tuple(_fields("", _definition(old[name]), _definition(new[name])))
                changes.append(ObjectChange("change", kind, name, fields))
    return changes


def _definition(document: Mapping[str, Any]) -> Any:
    """Return the part of a document that people wrote, with the keys that were found for it."""
    if "definition" not in document:
        return document
    return {**document["definition"], "keys": {key[1]: key[2] for key in document["keys"]}}


def _fields(path: str, before: Any, after: Any) -> Iterator[FieldChange]:
    before, after = _by_name(before), _by_name(after)
    if isinstance(before, dict) and isinstance(after, dict):
        for name in [*before, *(n for n in after if n not in before)]:
            inner = f"{path}.{name}" if path else name
            yield from _fields(inner, before.get(name), after.get(name))
    elif before != after:
        yield FieldChange(path, before, after)


def _by_name(value: Any) -> Any:
    """Return a list of named things as a mapping, so that a moved one is not a changed one."""
    named = isinstance(value, list) and value and all(isinstance(v, dict) for v in value)
    return {item["name"]: item for item in value} if named else value
