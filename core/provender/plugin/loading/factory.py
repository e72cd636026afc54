"""`build_store`: a store from its plug-in's factory, with failures reported as the plug-in's."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from provender.errors import BrokenPlugin, PluginError, Problem, ProvenderError, value_text
from provender.plugin.contract.hookspecs import hookimpl
from provender.plugin.contract.info import PluginContext, ProviderInfo, Role, StoreConfig, StoreType
from provender.plugin.loading.entry_point import load_object, missing_extra


def factory(role: Role) -> str:
    """Return the name of the hook that builds the store of a role."""
    return f"provender_{role}_store" if role in ("offline", "online") else f"provender_{role}"


class Factories:
    """Builds the stores whose types name a factory, unless a hook of a plug-in builds them.

    It is a plug-in itself, so that wrappers get these stores, too.

    Args:
        chosen: The provider and store type of each role.
    """

    def __init__(self, chosen: Mapping[Role, tuple[ProviderInfo, StoreType]]) -> None:
        self._chosen = chosen

    @hookimpl(trylast=True)
    def provender_offline_store(self, config: StoreConfig, context: PluginContext) -> Any:
        """Build an offline store."""
        return self._build("offline", config, context)

    @hookimpl(trylast=True)
    def provender_online_store(self, config: StoreConfig, context: PluginContext) -> Any:
        """Build an online store."""
        return self._build("online", config, context)

    @hookimpl(trylast=True)
    def provender_registry(self, config: StoreConfig, context: PluginContext) -> Any:
        """Build a registry."""
        return self._build("registry", config, context)

    @hookimpl(trylast=True)
    def provender_engine(self, config: StoreConfig, context: PluginContext) -> Any:
        """Build an engine."""
        return self._build("engine", config, context)

    def _build(self, role: Role, config: StoreConfig, context: PluginContext) -> Any:
        _, kind = self._chosen.get(role, (None, None))
        if kind is None or kind.factory is None or not isinstance(config, kind.config):
            return None
        return load_object(kind.factory)(config, context)


def check_factories(info: ProviderInfo, hooks: Collection[str]) -> None:
    """Import whatever builds the stores of a provider and its classes of sources; nothing is built.

    Args:
        info: The provider.
        hooks: The names of the hooks that its module implements.

    Raises:
        MissingExtra: An SDK that one of them needs is not installed.
        BrokenPlugin: With everything that cannot be imported, cannot be called or is not named.
    """
    problems: list[Problem] = []
    for role, kinds in info.stores.items():
        for kind in kinds:
            what = f"the factory of {role} {kind.name!r}"
            if kind.factory is not None:
                problems += _import_problems(info, what, kind.factory)
            elif factory(role) not in hooks:
                fact = f"{role} {kind.name!r} of provider {info.name!r} has no factory"
                allowed = f"StoreType(factory=…), or the hook {factory(role)}"
                problems.append(Problem(fact, allowed=allowed))
    for name, place in info.sources.items():
        problems += _import_problems(info, f"the class of sources of kind {name!r}", place)
    if problems:
        raise BrokenPlugin.of(problems)


def _import_problems(info: ProviderInfo, what: str, place: str) -> list[Problem]:
    try:
        found = load_object(place)
    except (Exception, SystemExit) as error:
        if isinstance(error, ModuleNotFoundError) and (m := missing_extra(info, error.name, None)):
            raise m from error
        fact = f"{what} cannot be imported from {place!r}"
        return [Problem(fact, got=f"{type(error).__name__}: {error}", fix=_update(info))]
    if callable(found):
        return []
    got = value_text(found)
    return [Problem(f"{what} cannot be called", got=got, allowed="package.module:Class")]


def _update(info: ProviderInfo) -> str:
    return f"fix it, or update the distribution: pip install --upgrade {info.distribution}"


def build_store(
    call: Any,
    chosen: tuple[ProviderInfo, StoreType],
    config: StoreConfig,
    context: PluginContext,
    place: str | None = None,
) -> Any:
    """Build a store.

    Args:
        call: The hook of the role, a pluggy caller.
        chosen: The provider and the store type that the configuration chose.
        config: The settings of the store.
        context: What the factory may know.
        place: Where the configuration names the store.

    Raises:
        MissingExtra: The SDK that the factory needs is not installed.
        BrokenPlugin: The factory failed or built nothing.
        ProvenderError: What the factory itself had to say.
    """
    try:
        store = call(config=config, context=context)
    except ProvenderError:
        raise
    except (Exception, SystemExit) as error:
        raise _failure(chosen, error, place) from error
    if store is None:
        provider, kind = (part.name for part in chosen)
        raise BrokenPlugin(f"provider {provider!r} did not build its store {kind!r}", place=place)
    return store


def _failure(
    chosen: tuple[ProviderInfo, StoreType], error: BaseException, place: str | None
) -> PluginError:
    info, kind = chosen
    if isinstance(error, ModuleNotFoundError):
        missing = missing_extra(info, error.name, place)
        if missing is not None:
            return missing
    by = f" with its factory {kind.factory!r}" if kind.factory else ""
    return BrokenPlugin(
        f"provider {info.name!r} failed to build its store {kind.name!r}{by}",
        got=f"{type(error).__name__}: {error}",
        fix="update the distribution of that provider, or choose another store",
        place=place,
    )
