"""`Stores`: the stores of one project, each built by its plug-in when it is first needed."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Any, TypeVar, cast

from provender.clock import Clock
from provender.config import Config, store_settings
from provender.materialize.serial_engine import SerialEngine
from provender.plugin.engine import Engine
from provender.plugin.hookspecs import Finding
from provender.plugin.info import ROLES, PluginContext, Role, StoreConfig
from provender.plugin.loader import Plugins, load_plugins
from provender.plugin.offline_store import OfflineStore
from provender.plugin.online_store import OnlineStore
from provender.plugin.registry import Registry

S = TypeVar("S", OfflineStore, OnlineStore, Registry, Engine)


class Stores:
    """The offline store, online store, registry and engine that a configuration names.

    Args:
        config: The configuration.
        clock: Where the present comes from.
    """

    def __init__(self, config: Config, clock: Clock) -> None:
        self._config = config
        settings = config.provider_settings
        self._context = PluginContext(config.project, config.repo_path, clock, settings)
        self._built: list[OfflineStore | OnlineStore | Registry | Engine] = []

    @cached_property
    def plugins(self) -> Plugins:
        """The plug-ins that the configuration names."""
        types = {role: self._config.stores[role].type for role in ROLES}
        config = self._config
        return load_plugins(config.provider, types, config.plugins, places=config.places)

    @property
    def hook(self) -> Any:
        """The relay to the hooks of these plug-ins."""
        return self.plugins.hook

    @cached_property
    def offline(self) -> OfflineStore:
        """The offline store."""
        return self._keep(cast("OfflineStore", self._build("offline")))

    @cached_property
    def online(self) -> OnlineStore:
        """The online store."""
        return self._keep(cast("OnlineStore", self._build("online")))

    @cached_property
    def registry(self) -> Registry:
        """The registry."""
        return self._keep(cast("Registry", self._build("registry")))

    @cached_property
    def engine(self) -> Engine:
        """The engine; the core's own when the configuration names none."""
        if self._config.stores["engine"].type is None:
            return SerialEngine()
        return self._keep(cast("Engine", self._build("engine")))

    def settings(self, role: Role) -> StoreConfig:
        """Return the checked settings of a store.

        Raises:
            ConfigError: With everything that is wrong in them.
            PluginError: No plug-in offers the store.
        """
        return store_settings(self._config.stores[role], self.plugins.store_type(role))

    def findings(self) -> list[Finding]:
        """Return what the plug-ins find of what they need.

        Raises:
            ConfigError: With everything that is wrong in the settings of a store.
        """
        stores = {role: self.settings(role) for role in self.plugins.chosen}
        context = replace(self._context, stores=stores)
        return [one for found in self.hook.provender_check(context=context) for one in found]

    def _build(self, role: Role) -> object:
        return self.plugins.build(role, self.settings(role), self._context)

    def _keep(self, store: S) -> S:
        self._built.append(store)
        return store

    def close(self) -> None:
        """Close what was built."""
        while self._built:
            self._built.pop().close()
