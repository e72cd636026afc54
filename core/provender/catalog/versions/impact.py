"""What a change means for those who read the features: `impact_of`.

The classes, from harmless to harmful: *metadata* is for people only; *compatible* changes leave
what is served right; after a change that *needs backfill*, online values are missing or old until
the view is materialized; a *breaking* one takes something away that may be in use.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

Impact = Literal["metadata", "compatible", "needs backfill", "breaking"]
IMPACTS: tuple[Impact, ...] = ("metadata", "compatible", "needs backfill", "breaking")
"""From harmless to harmful."""

Effect = tuple[Impact, str]
"""A class, and the reason for it; empty where the class says it all."""

_LABELS = frozenset({"description", "owner", "tags"})
_DEPTH = {"schema": 2, "source": 1}
"""How deep the labels of a view's parts stand: those of a field as ``schema.rating.tags``."""
_METADATA: Effect = ("metadata", "")
_COMPATIBLE: Effect = ("compatible", "")


def impact_of(
    kind: str, path: tuple[str, ...], before: Mapping[str, Any], after: Mapping[str, Any]
) -> Effect:
    """Return what the change of one value of a definition means.

    Args:
        kind: What the definition is, such as ``feature view``.
        path: Where the value stands, such as ``("schema", "rating", "dtype")``.
        before: The whole definition before.
        after: The whole definition after.
    """
    if "batch_source" in path[:2] and path[-1] != "batch_source":  # as if it stood there itself
        path = tuple(part for part in path if part != "batch_source")
    inside = path[_DEPTH.get(path[0], 0) :]
    if inside and inside[0] in _LABELS:
        return _METADATA
    if kind == "entity":
        return _entity(path)
    if kind == "feature view":
        rule = _VIEW_RULES.get(path[0])
        return rule(path, before, after) if rule else _COMPATIBLE
    if kind == "on-demand feature view":
        return _on_demand(path, after)
    return _service(path, before, after) if kind == "feature service" else _COMPATIBLE


def impact_of_removal(kind: str) -> Effect:
    """Return what the removal of a whole definition means."""
    if kind in ("entity", "data source"):
        return "compatible", "no feature view uses it any more"
    return "breaking", "requests for it fail"


def worst(effects: list[Effect]) -> Effect:
    """Return the most harmful of some effects."""
    return max(effects, key=lambda effect: IMPACTS.index(effect[0]), default=_METADATA)


def _entity(path: tuple[str, ...]) -> Effect:
    if path[0] in ("join_keys", "value_type"):
        return "breaking", "its join key changes"
    return _COMPATIBLE


def _on_demand(path: tuple[str, ...], after: Mapping[str, Any]) -> Effect:
    """A feature that a function computes, or what it computes with."""
    if path[0] == "function":
        if path[1:] == ("path",):
            return "compatible", "only where the function is imported from"
        if after["write_to_online_store"]:
            return "needs backfill", "stored values were computed by another function"
        return "compatible", "its values are computed by another function from now on"
    if path[0] == "write_to_online_store" and after["write_to_online_store"]:
        return "needs backfill", "it has no values online until its feature view is materialized"
    if path[0] == "schema" and len(path) == 2:
        there = any(field["name"] == path[1] for field in after["schema"])
        return _COMPATIBLE if there else ("breaking", "requests for it fail")
    if path[0] == "schema" and len(path) > 2:
        return "breaking", "code written for the old type no longer fits"
    if path[0] == "requests" and len(path) > 1:
        return "breaking", "requests have to send other values"
    return _COMPATIBLE


def _service(path: tuple[str, ...], before: Mapping[str, Any], after: Mapping[str, Any]) -> Effect:
    """A feature that a service is given, or a key by which it is found."""
    if path[0] == "features":
        if len(path) == 1:
            return "breaking", "the model receives its features in another order"
        moved = "join_key_map" in path
        return ("breaking", "its rows are looked up by another column") if moved else _COMPATIBLE
    if path[0] != "given" or path[1] not in before["given"]:
        return _COMPATIBLE
    now = after["given"].get(path[1], ())
    if len(path) == 2 and now:
        return "breaking", "the model receives its features in another order"
    if len(path) == 2 or not any(feature["name"] == path[2] for feature in now):
        return "breaking", "the model no longer receives it"
    return ("breaking", "the model receives another type") if len(path) > 3 else _COMPATIBLE


def _field(path: tuple[str, ...], before: Mapping[str, Any], after: Mapping[str, Any]) -> Effect:
    """A field that comes, goes, moves or changes."""
    if len(path) == 1:
        return "compatible", "only the order of its features"
    name = path[1]
    if name in before["keys"] or name in after["keys"]:
        return _COMPATIBLE  # a change of the key itself is told as such
    if len(path) > 2:
        return "breaking", "stored values and code written for the old type no longer fit"
    if any(field["name"] == name for field in after["schema"]):
        return _backfill(after, "it has no value online until the view is materialized")
    return "breaking", "requests for it fail"


def _ttl(_: tuple[str, ...], before: Mapping[str, Any], after: Mapping[str, Any]) -> Effect:
    if after["ttl"] is None or (before["ttl"] is not None and after["ttl"] > before["ttl"]):
        reason = "valid rows may be missing online, or expire early, until it is materialized"
        return _backfill(after, reason)
    return "compatible", "older values are no longer joined or served"


def _online(_: tuple[str, ...], __: Mapping[str, Any], after: Mapping[str, Any]) -> Effect:
    if after["online"]:
        return _backfill(after, "it has no values online until it is materialized")
    return "breaking", "it is no longer served online"


def _key(_: tuple[str, ...], __: Mapping[str, Any], ___: Mapping[str, Any]) -> Effect:
    return "breaking", "its rows are looked up by another key"


def _entities(_: tuple[str, ...], before: Mapping[str, Any], after: Mapping[str, Any]) -> Effect:
    if before["keys"] == after["keys"]:
        return "compatible", "the keys stay the same"
    return "breaking", "its rows are looked up by another key"


def _source(path: tuple[str, ...], before: Mapping[str, Any], after: Mapping[str, Any]) -> Effect:
    if path[1:] == ("name",):
        return _METADATA
    if _stored(before["source"]) == _stored(after["source"]):
        return "compatible", "only how rows reach the source changes"
    return _backfill(after, "the online rows were read from the source as it was before")


def _stored(source: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an offline store reads: of a push source, the batch source."""
    stored = source.get("batch_source") or source
    return {part: stored[part] for part in stored if part not in {*_LABELS, "name"}}


def _backfill(view: Mapping[str, Any], reason: str) -> Effect:
    """Return that a view must be materialized, unless it never is."""
    return ("needs backfill", reason) if view["online"] else _COMPATIBLE


_VIEW_RULES: Mapping[
    str, Callable[[tuple[str, ...], Mapping[str, Any], Mapping[str, Any]], Effect]
] = {
    "schema": _field,
    "ttl": _ttl,
    "online": _online,
    "keys": _key,
    "entities": _entities,
    "source": _source,
}
