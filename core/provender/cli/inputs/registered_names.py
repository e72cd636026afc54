"""What the Tab key completes with: the names and versions that are registered."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import click

from provender.cli.frame.invocation import Invocation

if TYPE_CHECKING:
    from provender.store import FeatureStore

Complete = Callable[[click.Context, click.Parameter, str], list[str]]


def _completing(names: Callable[[FeatureStore, str], Iterable[str]]) -> Complete:
    """Return what click asks for the words that may stand where one was begun.

    Whatever fails, nothing is offered: the shell waits for an answer and shows no error.

    Args:
        names: Returns all words, given the store and the word that was begun.
    """

    def complete(ctx: click.Context, _: click.Parameter, begun: str) -> list[str]:
        invocation = ctx.find_object(Invocation) or Invocation()
        try:
            with invocation.open_store() as store:
                return [name for name in names(store, begun) if name.startswith(begun)]
        except Exception:  # noqa: BLE001 - a missing project, an unreachable registry, anything
            return []

    return complete


def _features(store: FeatureStore, begun: str) -> list[str]:
    """Return views and, once a view is named, its features; what stands before a comma stays."""
    before, comma, reference = begun.rpartition(",")
    view = reference.partition(":")[0]
    catalog = store.catalog
    names = [*catalog.view_names, *catalog.on_demand_view_names]
    views = [name for name in names if name.startswith(view)]
    found = list(views)
    if len(views) == 1 or view in views:
        only = view if view in views else views[0]
        stored = only in catalog.view_names
        features = (catalog.view(only) if stored else catalog.on_demand_view(only)).features
        found += [f"{only}:{field.name}" for field in features]
    return [f"{before}{comma}{name}" for name in found]


def _versions(store: FeatureStore, _: str) -> list[str]:
    return [str(commit.version) for commit in store.history.commits(None)]


def _definitions(store: FeatureStore, begun: str) -> list[str]:
    """Return the names of all definitions, and of one that is followed by ``@`` its versions."""
    name, at, _ = begun.partition("@")
    if at:
        return [f"{name}@{version}" for version in _versions(store, begun)]
    from provender.catalog.catalog import KINDS

    catalog: Any = store.catalog
    return sorted({name for part in KINDS for name in catalog.document[part]})


entities = _completing(lambda store, _: [entity.name for entity in store.list_entities()])
views = _completing(lambda store, _: store.catalog.view_names)
on_demand_views = _completing(lambda store, _: store.catalog.on_demand_view_names)
services = _completing(lambda store, _: store.catalog.service_names)
sources = _completing(lambda store, _: sorted(store.catalog.sources))
push_sources = _completing(lambda store, _: store.catalog.push_source_names)
datasets = _completing(lambda store, _: [one.name for one in store.list_saved_datasets()])
features = _completing(_features)
versions = _completing(_versions)
definitions = _completing(_definitions)
