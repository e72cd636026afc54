"""Rebasing a plan on a catalog that others changed in the meantime.

A plan is a set of changed objects. It goes on top of somebody else's commits when those changed
other objects, none of them needed by one of ours or needing one of ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from provender.catalog.catalog import KINDS
from provender.catalog.versions.diff import changed_objects

Object = tuple[str, str]
"""The part of the document that an object stands in, and its name."""


def clashes(
    base: Mapping[str, Any], planned: Mapping[str, Any], newest: Mapping[str, Any]
) -> list[Object]:
    """Return the objects that keep a plan from going on top of a newer document.

    Args:
        base: The document that the plan was made for.
        planned: The document that the plan makes of it.
        newest: The document that others made of it.
    """
    ours, theirs = set(changed_objects(base, planned)), set(changed_objects(base, newest))
    shared = (ours & theirs) | (_needed(planned, ours) & theirs) | (_needed(newest, theirs) & ours)
    return sorted(o for o in shared if _found(planned, o) != _found(newest, o))


def rebased(
    base: Mapping[str, Any], planned: Mapping[str, Any], newest: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the newest document with the changes of a plan that does not clash with it."""
    document = {**newest, **{part: dict(newest[part]) for part in KINDS}}
    for part, name in changed_objects(base, planned):
        if name in planned[part]:
            document[part][name] = planned[part][name]
        else:
            document[part].pop(name, None)
    document["filling"] = {
        name: filling
        for name, filling in newest["filling"].items()
        if document["views"].get(name) == newest["views"].get(name)
    }
    document["replaced"] = {**newest["replaced"], **planned["replaced"]}
    document["retired"] = _latest(newest["retired"], planned["retired"])
    others = [table for table in newest["dropping"] if table not in planned["dropping"]]
    document["dropping"] = [*others, *planned["dropping"]]
    return document


def _latest(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    """Return the next generation of each removed view: none is ever used twice."""
    return {name: max(one.get(name, 0), other.get(name, 0)) for name in {**one, **other}}


def _found(document: Mapping[str, Any], found: Object) -> Any:
    part, name = found
    return document[part].get(name)


def _needed(document: Mapping[str, Any], objects: Iterable[Object]) -> set[Object]:
    """Return the objects that some objects refer to."""
    needed: set[Object] = set()
    for part, name in objects:
        definition = document[part].get(name, {}).get("definition", {})
        if part == "views":
            needed |= {("entities", entity) for entity in definition.get("entities", ())}
        elif part in ("services", "on_demand_views"):
            for taken in definition.get("features", ()):
                needed |= {("views", taken["view"]), ("on_demand_views", taken["view"])}
    return needed
