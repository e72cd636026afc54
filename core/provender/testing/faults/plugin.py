"""`FaultyStores`: a plug-in that puts faults around the stores of a feature store."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import Any

from provender.plugin import (
    OfflineStore,
    OnlineStore,
    PluginContext,
    Registry,
    Role,
    StoreConfig,
    hookimpl,
)
from provender.store import FeatureStore
from provender.testing.faults import Fault, with_faults

Scripts = Mapping[Role, Mapping[str, Sequence[Fault | None]]]
"""For each store by its role, the script that `with_faults` takes."""


class FaultyStores:
    """Wraps the factories of stores, as a cache or a tracer would.

    Args:
        scripts: What becomes of the calls of each store.
    """

    def __init__(self, scripts: Scripts | None = None) -> None:
        self._scripts: Scripts = scripts or {}
        self._built: dict[Role, Any] = {}

    def around(self, store: FeatureStore) -> FeatureStore:
        """Put the faults around the stores of `store`, none of which is built yet; return it."""
        store.stores.plugins.manager.register(self)
        return store

    def follow(self, scripts: Scripts) -> None:
        """Begin with other scripts, also for stores that are built; the rest is forgotten."""
        self._scripts = scripts
        for role, store in self._built.items():
            store.follow(scripts.get(role, {}))

    def _with_faults(self, role: Role, store: Any) -> Any:
        self._built[role] = with_faults(store, self._scripts.get(role, {}))
        return self._built[role]

    @hookimpl(wrapper=True)
    def provender_offline_store(
        self, config: StoreConfig, context: PluginContext
    ) -> Generator[None, OfflineStore, Any]:
        """Return the offline store with its faults."""
        return self._with_faults("offline", (yield))

    @hookimpl(wrapper=True)
    def provender_online_store(
        self, config: StoreConfig, context: PluginContext
    ) -> Generator[None, OnlineStore, Any]:
        """Return the online store with its faults."""
        return self._with_faults("online", (yield))

    @hookimpl(wrapper=True)
    def provender_registry(
        self, config: StoreConfig, context: PluginContext
    ) -> Generator[None, Registry, Any]:
        """Return the registry with its faults."""
        return self._with_faults("registry", (yield))
