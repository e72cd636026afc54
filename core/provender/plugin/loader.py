"""`load_plugins`: the plug-ins that a configuration names, and no others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import pluggy

from provender.definitions import DataSource, FileSource
from provender.errors import (
    BrokenPlugin,
    PluginError,
    ProvenderError,
    UnknownProvider,
    did_you_mean,
    listed,
)
from provender.plugin.discovery import (
    EXTENSIONS,
    PROVIDERS,
    entries,
    find,
    load_module,
    missing_extra,
    provider_info,
)
from provender.plugin.info import PluginContext, ProviderInfo, Role, StoreConfig, StoreType
from provender.plugin.registration import new_manager, register


@dataclass(frozen=True)
class Plugins:
    """The plug-ins of one configuration.

    Attributes:
        manager: Holds their hook implementations.
        providers: What the providers say of themselves, by name; the chosen one first.
        chosen: The provider and store type of each role.
    """

    manager: pluggy.PluginManager
    providers: Mapping[str, ProviderInfo]
    chosen: Mapping[Role, tuple[ProviderInfo, StoreType]] = field(default_factory=dict)

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
                f"provider {provider!r} has no {role} store",
                fix=f"choose one of another provider by {_key(role)}: {{type: …}}",
            )
        return self.chosen[role][1]

    def build(self, role: Role, config: StoreConfig, context: PluginContext) -> Any:
        """Build the store of a role through its plug-in's factory.

        Raises:
            MissingExtra: The SDK that the factory needs is not installed.
            BrokenPlugin: The factory failed or built nothing.
        """
        name = self.store_type(role).name
        info = self.chosen[role][0]
        hook = getattr(self.hook, _factory(role))
        try:
            store = hook(config=config, context=context)
        except ProvenderError:
            raise
        except ModuleNotFoundError as error:
            known = missing_extra(info, error.name, None)
            raise (known or _broken(info, name, error)) from error
        except Exception as error:
            raise _broken(info, name, error) from error
        if store is None:
            raise _broken(info, name, None)
        return store

    def source_class(self, kind: str) -> type[DataSource]:
        """Return the class of a kind of source.

        Raises:
            PluginError: No provider in use reads that kind.
        """
        if kind == FileSource.kind:
            return FileSource
        for info in self.providers.values():
            if kind in info.sources:
                module, _, name = info.sources[kind].partition(":")
                found: type[DataSource] = getattr(import_module(module), name)
                return found
        kinds = [FileSource.kind, *(k for info in self.providers.values() for k in info.sources)]
        raise PluginError(
            f"no provider in use reads sources of kind {kind!r}",
            allowed=listed(kinds),
            fix="choose the provider that has it in feature_store.yaml",
        )


def _broken(info: ProviderInfo, store: str, error: Exception | None) -> BrokenPlugin:
    if error is None:
        return BrokenPlugin(f"provider {info.name!r} did not build its store {store!r}")
    return BrokenPlugin(
        f"provider {info.name!r} failed to build its store {store!r}",
        got=f"{type(error).__name__}: {error}",
    )


def load_plugins(
    provider: str,
    types: Mapping[Role, str | None],
    extensions: Sequence[str] = (),
    *,
    places: Mapping[str, str] | None = None,
) -> Plugins:
    """Load the plug-ins that a configuration names.

    Args:
        provider: The provider that gives the stores which are not named.
        types: The store type of each role: a type of the provider, ``NAME`` of another provider
            (its default store of that role) or ``NAME.STORE``; None: the provider's default.
        extensions: The extensions to load.
        places: Where the configuration names each of them, as ``file:line:col`` by key.

    Raises:
        PluginError: One of them cannot be used; see the tree in `provender.errors`.
    """
    manager = new_manager()
    loading = _Loading(manager, dict(places or {}))
    main = loading.provider(provider, "provider")
    chosen = {
        role: found
        for role, name in types.items()
        if (found := loading.store(main, role, name)) is not None
    }
    for name in extensions:
        loading.extension(name)
    return Plugins(manager, loading.providers, chosen)


class _Loading:
    """The plug-ins registered so far."""

    def __init__(self, manager: pluggy.PluginManager, places: Mapping[str, str]) -> None:
        self._manager = manager
        self._places = places
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
        if name is None:
            types = main.stores.get(role, ())
            return (main, types[0]) if types else None
        own = _type_named(main, role, name)
        if own is not None:
            return main, own
        other, _, store = name.partition(".")
        if other not in entries(PROVIDERS):
            raise self._unknown(main, role, name)
        info = self.provider(other, _key(role))
        types = info.stores.get(role, ())
        found = _type_named(info, role, store) if store else (types[0] if types else None)
        if found is None:
            raise self._unknown(info, role, name)
        return info, found

    def _unknown(self, info: ProviderInfo, role: Role, name: str) -> UnknownProvider:
        offered = [t.name for t in info.stores.get(role, ())]
        others = [other for other in entries(PROVIDERS) if other != info.name]
        return UnknownProvider(
            f"no {role} store of type {name!r}",
            allowed=f"of provider {info.name!r}: {listed(offered)}; other providers: "
            f"{listed(others)}",
            fix=did_you_mean(name, [*offered, *others]) or "install the provider that has it",
            place=self._places.get(_key(role)),
        )


def _type_named(info: ProviderInfo, role: Role, name: str) -> StoreType | None:
    return next((t for t in info.stores.get(role, ()) if t.name == name), None)


def _factory(role: Role) -> str:
    """Return the hook that builds the store of a role."""
    return f"provender_{role}_store" if role in ("offline", "online") else f"provender_{role}"


def _key(role: Role) -> str:
    """Return the key of feature_store.yaml that names the store of a role."""
    return f"{role}_store" if role in ("offline", "online") else role
