"""Which views a plan leaves without online rows, and the plan that fills them first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from provender.catalog.catalog import Catalog
from provender.catalog.versions.diff import ObjectChange
from provender.errors import Conflict
from provender.registration.online_tables import has_same_keys, next_generation
from provender.registration.plan import Plan

Documents = Mapping[str, Mapping[str, Any]]
"""Views as they will be registered, by name, as documents of the catalog."""


def views_to_fill(plan: Plan) -> list[str]:
    """Return the online views that have rows or values missing once a plan is done, by name.

    They are new, or their change needs a backfill, or it is breaking and takes more than features
    away.
    """
    changed = [
        change.name
        for change in plan.changes
        if change.kind == "feature view" and change.action != "remove" and _lacks_rows(plan, change)
    ]
    computed = [
        name for name, view in plan.document["views"].items() if _lacks_computed(plan, view)
    ]
    return sorted({*changed, *computed})


def _lacks_computed(plan: Plan, view: Mapping[str, Any]) -> bool:
    """Return whether stored rows lack what an on-demand view computes of them."""
    definition = view["definition"]
    before = plan.base.document["views"].get(definition["name"])
    if before is None or not definition["online"] or not view.get("computed"):
        return False
    return bool(view["layouts"][-1] != before["layouts"][-1])


def _lacks_rows(plan: Plan, change: ObjectChange) -> bool:
    after = plan.document["views"][change.name]
    before = plan.base.document["views"].get(change.name)
    if not after["definition"]["online"]:
        return False
    if before is None or before["generation"] != after["generation"]:
        return True
    return any(
        field.impact == "needs backfill" or (field.impact == "breaking" and field.after is not None)
        for field in change.fields
    )


def documents_to_fill(plan: Plan, names: Sequence[str], catalog: Catalog) -> dict[str, Any]:
    """Return the views of a plan with tables of their own, to be filled before it is done.

    Args:
        plan: The plan.
        names: The views.
        catalog: The newest catalog.
    """
    documents: dict[str, Any] = {}
    for name in names:
        planned, registered = plan.document["views"][name], catalog.document["views"].get(name)
        document = {
            **planned,
            "generation": next_generation(catalog, name),
            "layouts": planned["layouts"][-1:],
        }
        document.pop("continues", None)
        if registered and registered["definition"]["online"] and has_same_keys(registered, planned):
            document["continues"] = registered.get("continues", registered["generation"])
        documents[name] = document
    return documents


def filled_plan(plan: Plan, documents: Documents) -> Plan:
    """Return a plan whose views come with filled tables: nothing of them is dropped at once.

    Args:
        plan: The plan.
        documents: The views that are filled, as they are announced.
    """
    dropping = [table for table in plan.document["dropping"] if table[0] not in documents]
    views = {**plan.document["views"], **documents}
    return replace(
        plan,
        document={**plan.document, "views": views, "dropping": dropping},
        tables_made=tuple(t for t in plan.tables_made if t.view not in documents),
        tables_dropped=tuple(t for t in plan.tables_dropped if t[0].view not in documents),
        filled=documents,
    )


def shown_filled(plan: Plan) -> Plan:
    """Return a plan as it will be once its views come with filled tables, to be shown."""
    return filled_plan(plan, documents_to_fill(plan, views_to_fill(plan), plan.base))


def check_still_filled(document: Mapping[str, Any], announced: Documents) -> None:
    """Check that a catalog document announces what was announced.

    Raises:
        Conflict: Of some views it does not.
    """
    others = [name for name, view in announced.items() if document["filling"].get(name) != view]
    if others:
        names = ", ".join(map(repr, sorted(others)))
        raise Conflict(
            f"another command changed or rebuilds the same feature views: {names}",
            got="their new tables were not taken into use, and the online rows are as before",
            fix="run it again when the other one is done",
        )
