"""`load_plugins`: the plug-ins that a configuration names, and no others."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pluggy

from provender.definitions import DataSource
from provender.errors import PluginError, UnknownProvider, did_you_mean, listed
from provender.plugin.contract.info import (
    DEFAULT_PROVIDER,
    PluginContext,
    ProviderInfo,
    Role,
    StoreConfig,
    StoreType,
)
from provender.plugin.loading.discovery import EXTENSIONS, PROVIDERS, entries, find, installed
from provender.plugin.loading.entry_point import load_module, provider_info
from provender.plugin.loading.factory import Factories, build_store, factory
from provender.plugin.loading.hooks import new_manager, register
from provender.plugin.loading.source_kinds import source_class

_NOTHING = ProviderInfo("nothing")


@dataclass(frozen=True)
class Plugins:
    """The plug-ins of one configuration.

    Attributes:
        manager: Holds their hook implementations.
        providers: What the providers say of themselves, by name; the chosen one first.
        chosen: The provider and store type of each role.
        places: Where the configuration names each of them, as ``file:line:col`` by key.
    """

    manager: pluggy.PluginManager
    providers: Mapping[str, ProviderInfo]
    chosen: Mapping[Role, tuple[ProviderInfo, StoreType]] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)

    @property
    def hook(self) -> Any:
        """The relay that calls the hooks of all of them."""
        return self.manager.hook

    def store_type(self, role: Role) -> StoreType:
        """Return the store type of a role.

        Raises:
            PluginError: The provider offers none and the configuration names none.
        """
        if role not in self.chosen:
            provider = next(iter(self.providers))
            raise PluginError(
                f"provider {provider!r} has no {_what(role)}",
                fix=_line_for(role),
                place=self._place(role),
            )
        return self.chosen[role][1]

    def build(self, role: Role, config: StoreConfig, context: PluginContext) -> Any:
        """Build the store of a role through its plug-in's factory.

        Raises:
            MissingExtra: The SDK that the factory needs is not installed.
            BrokenPlugin: The factory failed or built nothing.
        """
        self.store_type(role)
        call = getattr(self.hook, factory(role))
        return build_store(call, self.chosen[role], config, context, self._place(role))

    def source_class(self, kind: str) -> type[DataSource]:
        """Return the class of a kind of source.

        Raises:
            PluginError: No provider in use reads that kind, or its class cannot be had.
        """
        return source_class(kind, tuple(self.providers.values()))

    def _place(self, role: Role) -> str | None:
        return self.places.get(_key(role)) or self.places.get("provider")


def load_plugins(
    provider: str,
    types: Mapping[Role, str | None],
    extensions: Sequence[str] = (),
    *,
    places: Mapping[str, str] | None = None,
    core: ProviderInfo = _NOTHING,
) -> Plugins:
    """Load the plug-ins that a configuration names.

    Next to a provider that is online only, the offline store and the registry are those of the
    provider ``local``.

    Args:
        provider: The provider of the stores that are not configured.
        types: The store type of each role: a type of the provider, ``NAME`` of another provider
            (its default store of that role) or ``NAME.STORE``; None: the provider's default.
        extensions: The extensions to load.
        places: Where the configuration names each of them, as ``file:line:col`` by key.
        core: The types that need no plug-in: the first of a role is its default.

    Raises:
        PluginError: One of them cannot be used; see the tree in `provender.errors`.
    """
    manager = new_manager()
    loading = _Loading(manager, places or {}, core)
    main = loading.provider(provider, "provider")
    chosen = {
        role: found
        for role, name in types.items()
        if (found := loading.store(main, role, name)) is not None
    }
    for name in extensions:
        loading.extension(name)
    manager.register(Factories(chosen))
    return Plugins(manager, loading.providers, chosen, places or {})


class _Loading:
    """The plug-ins registered so far."""

    def __init__(
        self,
        manager: pluggy.PluginManager,
        places: Mapping[str, str],
        core: ProviderInfo,
    ) -> None:
        self._manager = manager
        self._places = places
        self._core = core
        self.providers: dict[str, ProviderInfo] = {}

    def provider(self, name: str, key: str) -> ProviderInfo:
        """Load a provider, once."""
        if name in self.providers:
            return self.providers[name]
        place = self._places.get(key)
        entry = find(PROVIDERS, name, place)
        module = load_module(entry, place)
        info = provider_info(entry, module, place)
        register(self._manager, module, name, place)
        self.providers[name] = info
        return info

    def extension(self, name: str) -> None:
        """Load an extension."""
        place = self._places.get("plugins")
        module = load_module(find(EXTENSIONS, name, place), place)
        register(self._manager, module, f"plugin:{name}", place)

    def store(
        self, main: ProviderInfo, role: Role, name: str | None
    ) -> tuple[ProviderInfo, StoreType] | None:
        """Find the store type of a role, loading another provider if it is of one."""
        if role != "engine" and role not in main.stores and _online_only(main):
            main = self.provider(DEFAULT_PROVIDER, "provider")
        for own in (self._core, main):
            types = own.stores.get(role, ())
            found = _type_named(own, role, name) if name else next(iter(types), None)
            if found is not None:
                return own, found
        if name is None:
            return None
        other, dot, store = name.partition(".")
        if other not in entries(PROVIDERS):
            raise self._unknown(main, role, name)
        info = self.provider(other, _key(role))
        types = info.stores.get(role, ())
        found = _type_named(info, role, store) if dot else (types[0] if types else None)
        if found is None:
            raise self._unknown(main, role, name)
        return info, found

    def _unknown(self, main: ProviderInfo, role: Role, name: str) -> UnknownProvider:
        """Return the error for an unknown type; only now are others imported, to tell of them."""
        own = [kind.name for kind in main.stores.get(role, ())]
        others = [
            f"{plugin.name}.{kind}"
            for plugin in installed()
            if plugin.name != main.name
            for kind in plugin.stores.get(role, ())
        ]
        core = [kind.name for kind in self._core.stores.get(role, ())]
        plugins = [other.partition(".")[0] for other in others]
        close = did_you_mean(name, [*core, *own, *others, *plugins])
        always = f"{listed(core)}; " if core else ""
        return UnknownProvider(
            f"no {_what(role)} of type {name!r} is installed",
            got=f"in {sys.executable}",
            allowed=f"{always}of provider {main.name!r}: {listed(own)}; "
            f"of others: {listed(others)}",
            fix=close or "choose one of these, or install the provider that has it",
            place=self._places.get(_key(role)),
        )


def _type_named(info: ProviderInfo, role: Role, name: str) -> StoreType | None:
    return next((t for t in info.stores.get(role, ()) if t.name == name), None)


def _online_only(info: ProviderInfo) -> bool:
    return "online" in info.stores and not {"offline", "registry"} & set(info.stores)


def _line_for(role: Role) -> str:
    """Return a line of YAML that chooses a store for a role, and names the others in a comment."""
    ready = [plugin for plugin in installed() if plugin.status == "ready"]
    ready.sort(key=lambda plugin: plugin.name != DEFAULT_PROVIDER)
    types = [f"{plugin.name}.{kind}" for plugin in ready for kind in plugin.stores.get(role, ())]
    if not types:
        return f"install a provider that has one, and name it by `{_key(role)}: {{type: …}}`"
    others = f"  # or {', '.join(types[1:])}" if types[1:] else ""
    return f"add this line to feature_store.yaml: `{_key(role)}: {{type: {types[0]}}}{others}`"


def _what(role: Role) -> str:
    """Return what the store of a role is called."""
    return f"{role} store" if role in ("offline", "online") else role


def _key(role: Role) -> str:
    """Return the key of feature_store.yaml that names the store of a role."""
    return f"{role}_store" if role in ("offline", "online") else role
