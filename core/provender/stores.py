"""`Stores`: the stores of one project, each built by its plug-in when it is first needed."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from provender.clock import Clock
from provender.config import Config, provider_problems, store_settings
from provender.engines import CORE
from provender.errors import ConfigError, Problem
from provender.plugin.contract.engine import Engine
from provender.plugin.contract.hookspecs import Change, Finding
from provender.plugin.contract.info import ROLES, PluginContext, Role, StoreConfig
from provender.plugin.contract.offline_store import OfflineStore
from provender.plugin.contract.online_store import OnlineStore
from provender.plugin.contract.registry import Registry
from provender.plugin.loading.loader import Plugins, load_plugins
from provender.threads import in_thread


class Stores:
    """The offline store, online store, registry and engine that a configuration names.

    Args:
        config: The configuration.
        clock: Returns the current time.
    """

    def __init__(self, config: Config, clock: Clock) -> None:
        self._config = config
        settings = config.provider_settings
        self.clock = clock
        self._context = PluginContext(config.project, config.repo_path, clock, settings)
        self._building = threading.RLock()
        self._checked = False
        self._plugins: Plugins | None = None
        self._built: dict[Role, OfflineStore | OnlineStore | Registry | Engine] = {}

    @property
    def plugins(self) -> Plugins:
        """The plug-ins that the configuration names."""
        with self._building:
            self._plugins = self._plugins or self._load()
            return self._plugins

    def _load(self) -> Plugins:
        config = self._config
        types = {role: config.stores[role].type for role in ROLES}
        return load_plugins(config.provider, types, config.plugins, places=config.places, core=CORE)

    @property
    def hook(self) -> Any:
        """The relay to the hooks of these plug-ins."""
        return self.plugins.hook

    @property
    def offline(self) -> OfflineStore:
        """The offline store."""
        return cast("OfflineStore", self._only("offline"))

    @property
    def online(self) -> OnlineStore:
        """The online store."""
        return cast("OnlineStore", self._only("online"))

    @property
    def registry(self) -> Registry:
        """The registry."""
        return cast("Registry", self._only("registry"))

    @property
    def engine(self) -> Engine:
        """The engine; the core's ``serial`` when the configuration names none."""
        return cast("Engine", self._only("engine"))

    def check_settings(self) -> None:
        """Check the settings of all stores, of the engine and of the provider; nothing is built.

        Raises:
            ConfigError: With everything that is wrong in any of them.
            PluginError: A plug-in that the configuration names cannot be used.
        """
        if not self._checked:
            found = [self._own_problems, *self.settings_problems().values()]
            problems = [one for some in found for one in some]
            if problems:
                raise ConfigError.of(dict.fromkeys(problems))
            self._checked = True

    def settings_problems(self) -> dict[Role, list[Problem]]:
        """Return what is wrong with the settings that each store needs; those without are left out.

        Raises:
            PluginError: A plug-in that the configuration names cannot be used.
        """
        found: dict[Role, list[Problem]] = {}
        for role, (provider, _) in self.plugins.chosen.items():
            own = provider.name == self._config.provider
            problems = [*self._own_problems] if own else []
            try:
                self.settings(role)
                if role == "engine":
                    self._check_shared()
            except ConfigError as error:
                problems += error.problems
            if problems:
                found[role] = problems
        return found

    @property
    def _own_problems(self) -> list[Problem]:
        """What is wrong with the settings under the provider's own name."""
        return provider_problems(self._config, self.plugins.providers[self._config.provider])

    def check_engine(self) -> None:
        """Check that the engine can be built, and leave it ready.

        Raises:
            ConfigError: Its settings are wrong, or the other stores cannot be used by several
                processes.
            PluginError: No plug-in offers it, or it cannot be built.
        """
        self._only("engine")

    def settings(self, role: Role) -> StoreConfig:
        """Return the checked settings of a store.

        Raises:
            ConfigError: With everything that is wrong in them.
            PluginError: No plug-in offers the store.
        """
        return store_settings(self._config.stores[role], self.plugins.store_type(role))

    def findings(self) -> list[Finding]:
        """Return what the plug-ins find of what they need.

        They get the settings in which nothing is wrong; a provider whose own are wrong is left out.
        """
        told = self._each("provender_check", self._settled())
        return [one for findings in told for one in findings]

    def after_apply(self, changes: Sequence[Change]) -> None:
        """Let the plug-ins hear of a commit; settings that are wrong stop nobody any more."""
        self._each("provender_after_apply", self._settled(), changes=changes)

    def _settled(self) -> dict[Role, StoreConfig]:
        """Return the settings of the stores in which nothing is wrong."""
        wrong = self.settings_problems()
        return {role: self.settings(role) for role in self.plugins.chosen if role not in wrong}

    def _each(self, hook: str, stores: Mapping[Role, StoreConfig], **more: Any) -> list[Any]:
        """Call a hook of each plug-in with what that one may know, and return what they return."""
        manager = self.plugins.manager
        found: list[Any] = []
        for name, plugin in manager.list_name_plugin():
            if name == self._config.provider and self._own_problems:
                continue
            others = [other for _, other in manager.list_name_plugin() if other is not plugin]
            call = manager.subset_hook_caller(hook, others)
            found += call(context=replace(self._context_of(name), stores=stores), **more)
        return found

    def _context_of(self, provider: str) -> PluginContext:
        """Return what a provider may know: a section of the configuration only if it is its own."""
        if provider == self._config.provider:
            return self._context
        return replace(self._context, provider={})

    def _only(self, role: Role) -> object:
        """Return the store of a role; threads that need it at the same time get the same one."""
        found = self._built.get(role)
        if found is not None:
            return found
        with self._building:
            if role not in self._built:
                if role == "engine":
                    self._check_shared()
                self.plugins.store_type(role)  # raises when there is none
                provider, _ = self.plugins.chosen[role]
                if provider.name == self._config.provider and self._own_problems:
                    raise ConfigError.of(self._own_problems)
                context = self._context_of(provider.name)
                built = self.plugins.build(role, self.settings(role), context)
                self._built[role] = cast("Any", built)
            return self._built[role]

    def _check_shared(self) -> None:
        """Check that several processes can use the stores, if the engine has several.

        Raises:
            ConfigError: They cannot: what a worker writes would be lost.
        """
        engine = self.plugins.store_type("engine")
        if "workers" not in engine.capabilities:
            return
        shared: dict[Role, str] = {"online": "online store", "registry": "registry"}
        for role, what in shared.items():
            kind = self.plugins.store_type(role)
            if "multi_process" not in kind.capabilities:
                raise ConfigError(
                    f"the {what} {kind.name!r} cannot be used by several processes, "
                    f"as the engine {engine.name!r} does",
                    fix=f"choose another {what}, or `engine: {{type: serial}}`",
                    place=self._config.stores["engine"].place(),
                )

    def close(self) -> None:
        """Close what was built."""
        for store in list(self._built.values()):
            store.close()

    async def close_async(self) -> None:
        """Close what was built, in the running event loop what belongs to it."""
        online = cast("OnlineStore | None", self._built.get("online"))
        if online is not None:
            await online.close_async()
        await in_thread(self.close)
