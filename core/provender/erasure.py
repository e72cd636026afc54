"""Erasing one entity from the online store; see `FeatureStore.forget`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from provender.catalog.catalog import Catalog
from provender.catalog.view import CatalogView
from provender.entity_views import lacking_keys, lacks
from provender.errors import NotFound, RequestError, value_text
from provender.online.keys import KeyCodec
from provender.plugin.contract.online_store import OnlineTable
from provender.project_context import ProjectContext
from provender.tables.preparing import Preparing, is_named
from provender.tables.removed import note_removed

_LOOK_BACK = 8
"""Earlier versions in which a table is looked for that is no longer in use: the last, mostly."""


@dataclass(frozen=True, slots=True)
class ErasedRows:
    """The rows of one entity in one feature view.

    Attributes:
        view: The feature view.
        tables: Its online tables: also the one that is being filled, and earlier ones that have
            still to be dropped.
        rows: How many rows the entity had in them.
    """

    view: str
    tables: tuple[str, ...]
    rows: int


@dataclass(frozen=True, slots=True)
class ForgetReport:
    """What was erased of an entity, or would be.

    Attributes:
        entity: The values of its join keys.
        erased: Its rows in each online feature view whose join keys were all given, by name.
        not_touched: The online feature views of which only some join keys were given, each with
            those that are missing.
    """

    entity: Mapping[str, Any]
    erased: tuple[ErasedRows, ...]
    not_touched: Mapping[str, tuple[str, ...]]

    @property
    def rows(self) -> int:
        """How many rows the entity had in all views."""
        return sum(found.rows for found in self.erased)


@dataclass(frozen=True, slots=True)
class _Target:
    """A row that is to be erased, if it is there."""

    table: OnlineTable
    key: bytes


def plan_forget(
    project: ProjectContext, entity: Mapping[str, Any], views: Sequence[str] | None
) -> ForgetReport:
    """Return what `forget` would erase; nothing is changed.

    Raises:
        NotFound: A view is not registered.
        RequestError: The entity does not fit the views.
        StoreError: The online store failed.
    """
    return _report(project, project.refresh(), entity, views)[0]


def forget(
    project: ProjectContext, entity: Mapping[str, Any], views: Sequence[str] | None
) -> ForgetReport:
    """Erase an entity and return what was erased.

    Raises:
        NotFound: A view is not registered; nothing was erased.
        RequestError: The entity does not fit the views; nothing was erased.
        StoreError: The online store failed, or cannot delete rows by their keys.
    """
    project.check_writable()
    report, targets = _report(project, project.refresh(), entity, views)
    for target in targets:
        if project.catalog.is_being_filled(target.table):
            note_removed(project.stores.registry, target.table, [target.key])
    for target in targets:  # also where no row was seen: one may have been written since
        project.stores.online.delete(target.table, [target.key])
    return report


def _report(
    project: ProjectContext,
    catalog: Catalog,
    entity: Mapping[str, Any],
    names: Sequence[str] | None,
) -> tuple[ForgetReport, list[_Target]]:
    _check_entity(entity)
    lacking = lacking_keys(catalog, entity, names)
    found = [catalog.view(name) for name, missing in lacking.items() if not missing]
    filling = [f for view in found if (f := catalog.view_being_filled(view.name)) is not None]
    found += [view for view in filling if view.keys and not lacks(view, entity)]
    found += _no_longer_in_use(project, catalog, entity, names)
    targets = [_Target(view.table, _key(view, entity)) for view in found]
    answers = project.stores.online.read_many([(t.table, [t.key]) for t in targets])
    rows = [sum(row is not None for row in answer) for answer in answers]
    erased = tuple(
        ErasedRows(
            name,
            tuple(target.table.name for target in targets if target.table.view == name),
            sum(n for t, n in zip(targets, rows, strict=True) if t.table.view == name),
        )
        for name in sorted({target.table.view for target in targets})
    )
    not_touched = {name: missing for name, missing in lacking.items() if missing}
    return ForgetReport(dict(entity), erased, not_touched), targets


def _check_entity(entity: object) -> None:
    if not isinstance(entity, Mapping) or not entity:
        allowed = "a dict of join keys and their values, such as {'driver_id': 1001}"
        raise RequestError("an entity is needed", got=value_text(entity), allowed=allowed)


def _key(view: CatalogView, entity: Mapping[str, Any]) -> bytes:
    codec = KeyCodec([(key.name, key.type) for key in view.keys])
    (key,) = codec.encode_values({name: [entity[name]] for name in codec.names}, 1)
    if key is None:
        raise RequestError(
            f"a join key of feature view {view.name!r} is null, and no row has such a key",
            got=value_text({name: entity[name] for name in codec.names}),
        )
    return key


def _no_longer_in_use(
    project: ProjectContext,
    catalog: Catalog,
    entity: Mapping[str, Any],
    names: Sequence[str] | None,
) -> Iterator[CatalogView]:
    """Return earlier forms of views whose tables have still to be dropped, or are being dropped.

    Only earlier versions of the catalog know the join keys of their rows.
    """
    noted = Preparing(project.name, project.stores.registry, project.clock).all()
    unused = [(t.view, t.generation) for t in noted if not is_named(t, catalog.document)]
    dropping = [(view, generation) for view, generation in catalog.document["dropping"]]
    left = {t for t in (*unused, *dropping) if names is None or t[0] in names}
    for version in range(catalog.version - 1, max(0, catalog.version - 1 - _LOOK_BACK), -1):
        if not left:
            return
        try:
            earlier = project.history.registered(version)
        except NotFound:
            return
        for name, generation in sorted(left):
            known = earlier.document["views"].get(name)
            if known is not None and known["generation"] == generation:
                left.remove((name, generation))
                view = earlier.view(name)
                if view.keys and not lacks(view, entity):
                    yield view
