"""Kinds of sources: which class reads a kind, among those of the plug-ins in use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from provender.definitions import DataSource, FileSource, PushSource
from provender.errors import BrokenPlugin, PluginError, listed
from provender.plugin.contract.info import ProviderInfo
from provender.plugin.loading.discovery import installed
from provender.plugin.loading.entry_point import load_object, missing_extra

_OF_THE_CORE: Mapping[str, type[DataSource]] = {
    FileSource.kind: FileSource,
    PushSource.kind: PushSource,
}


def source_class(kind: str, providers: Sequence[ProviderInfo]) -> type[DataSource]:
    """Return the class of a kind of source.

    Args:
        kind: The kind, as the catalog names it.
        providers: The providers in use; the first that has the kind gives its class.

    Raises:
        MissingExtra: The class needs an SDK that is not installed.
        BrokenPlugin: What the provider names is not a class of sources.
        PluginError: No provider in use reads that kind.
    """
    if kind in _OF_THE_CORE:
        return _OF_THE_CORE[kind]
    for info in providers:
        if kind in info.sources:
            return _imported(info, kind)
    raise _unknown(kind, providers)


def _imported(info: ProviderInfo, kind: str) -> type[DataSource]:
    try:
        found = load_object(info.sources[kind])
    except ModuleNotFoundError as error:
        missing = missing_extra(info, error.name, None)
        raise (missing or _broken(info, kind, f"{type(error).__name__}: {error}")) from error
    except (Exception, SystemExit) as error:
        raise _broken(info, kind, f"{type(error).__name__}: {error}") from error
    if not (isinstance(found, type) and issubclass(found, DataSource)):
        raise _broken(info, kind, repr(found))
    return found


def _broken(info: ProviderInfo, kind: str, got: str) -> BrokenPlugin:
    return BrokenPlugin(
        f"provider {info.name!r} has no class for its sources of kind {kind!r}",
        got=got,
        allowed=f"a DataSource at {info.sources[kind]}",
    )


def _unknown(kind: str, providers: Sequence[ProviderInfo]) -> PluginError:
    """Return the error for an unknown kind; only now are plug-ins imported that nobody named."""
    owners = [repr(plugin.name) for plugin in installed() if kind in plugin.sources]
    where = "in feature_store.yaml, as provider: or as the type: of a store"
    known = [*_OF_THE_CORE, *(found for info in providers for found in info.sources)]
    return PluginError(
        f"no provider in use reads sources of kind {kind!r}",
        allowed=listed(known),
        fix=f"name provider {listed(owners)} {where}"
        if owners
        else f"install the provider that reads them, and name it {where}",
    )
