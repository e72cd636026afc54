"""What differs between two documents, object by object and field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from provender.catalog.catalog import KINDS
from provender.catalog.lazy_views import StoredViews
from provender.catalog.versions.impact import Impact, impact_of, impact_of_removal, worst
from provender.clock import duration_text
from provender.errors import shortened

Action = Literal["add", "change", "remove"]


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One value of a definition that changes.

    Attributes:
        path: Where it stands, such as ``schema.rating.dtype``.
        before: Its value, None when it is new.
        after: Its new value, None when it goes.
        impact: What that means for readers.
        reason: Why, where that is not plain.
    """

    path: str
    before: Any
    after: Any
    impact: Impact
    reason: str = ""

    def __str__(self) -> str:
        before, after = (
            None if value is None else value_text(self.path, value)
            for value in (self.before, self.after)
        )
        if before is None:
            return f"{self.path}: + {after}"
        return f"{self.path}: - {before}" if after is None else f"{self.path}: {before} → {after}"

    def __repr__(self) -> str:
        return f"<FieldChange {self}>"


@dataclass(frozen=True, slots=True)
class ObjectChange:
    """One object of the catalog that changes; its impact is the worst of its fields'."""

    action: Action
    kind: str
    name: str
    fields: tuple[FieldChange, ...] = ()
    impact: Impact = "compatible"
    reason: str = ""

    def __repr__(self) -> str:
        paths = f": {shortened(field.path for field in self.fields)}" if self.fields else ""
        return f"<ObjectChange {self.action} {self.kind} {self.name!r}{paths} ({self.impact})>"

    def to_json(self) -> dict[str, Any]:
        """Return the change as plain JSON data."""
        return asdict(self)


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[ObjectChange]:
    """Return what changes from one catalog document to another, by kind and name."""
    changes = []
    for part, name in changed_objects(before, after):
        change = _change(KINDS[part], name, before[part].get(name), after[part].get(name))
        if change.action != "change" or change.fields:
            changes.append(change)
    return changes


def changed_objects(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """Yield the part and the name of each object that differs between two documents."""
    for part in KINDS:
        old, new = before[part], after[part]
        for name in sorted(_perhaps_different(old, new)):
            if old.get(name) != new.get(name):
                yield part, name


def _perhaps_different(old: Mapping[str, Any], new: Mapping[str, Any]) -> set[str]:
    """Return the names that may stand for different objects; equal text is not decoded for it."""
    if isinstance(old, StoredViews) and isinstance(new, StoredViews):
        return old.written_differently(new)
    return set(old.keys() | new.keys())


def _change(kind: str, name: str, old: Any, new: Any) -> ObjectChange:
    if old is None:
        return ObjectChange("add", kind, name)
    if new is None:
        impact, reason = impact_of_removal(kind)
        return ObjectChange("remove", kind, name, (), impact, reason)
    before, after = _definition(old), _definition(new)
    fields = tuple(
        FieldChange(".".join(path), was, now, *impact_of(kind, path, before, after))
        for path, was, now in _fields((), before, after)
    )
    impact, reason = worst([(field.impact, field.reason) for field in fields])
    return ObjectChange("change", kind, name, fields, impact, reason)


def _definition(document: Mapping[str, Any]) -> Any:
    """Return the part of a document that people wrote, with what was found for it."""
    if "definition" not in document:
        return document
    found = {"given": document["given"]} if "given" in document else {}
    if "keys" in document:
        found = {"keys": {key[1]: key[2] for key in document["keys"]}}
    return {**document["definition"], **found}


def _fields(
    path: tuple[str, ...], before: Any, after: Any
) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    listed = isinstance(before, list)
    before, after = _by_name(before), _by_name(after)
    if isinstance(before, dict) and isinstance(after, dict):
        if listed and before.keys() == after.keys() and [*before] != [*after]:
            yield path, [*before], [*after]
        for name in [*before, *(n for n in after if n not in before)]:
            yield from _fields((*path, name), before.get(name), after.get(name))
    elif before != after:
        yield path, before, after


def _by_name(value: Any) -> Any:
    """Return a list of named things as a mapping, so that a moved one is not a changed one."""
    named = isinstance(value, list) and value and all(isinstance(v, dict) for v in value)
    return {item["name"]: item for item in value} if named else value


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
