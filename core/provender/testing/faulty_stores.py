"""`FaultyStores`: a plug-in that puts faults around the stores of a feature store."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence

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

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    def around(self, store: FeatureStore) -> FeatureStore:
        """Put the faults around the stores of `store`, none of which is built yet; return it."""
        store.stores.plugins.manager.register(self)
        return store

    @hookimpl(wrapper=True)
    def provender_offline_store(
        self, config: StoreConfig, context: PluginContext
    ) -> Generator[None, OfflineStore, OfflineStore]:
        """Return the offline store with its faults."""
        return with_faults((yield), self._scripts.get("offline", {}))

    @hookimpl(wrapper=True)
    def provender_online_store(
        self, config: StoreConfig, context: PluginContext
    ) -> Generator[None, OnlineStore, OnlineStore]:
        """Return the online store with its faults."""
        return with_faults((yield), self._scripts.get("online", {}))

    @hookimpl(wrapper=True)
    def provender_registry(
        self, config: StoreConfig, context: PluginContext
    ) -> Generator[None, Registry, Registry]:
        """Return the registry with its faults."""
        return with_faults((yield), self._scripts.get("registry", {}))
