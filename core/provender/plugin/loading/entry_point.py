"""The light module that an entry point names: imported safely, and what it declares."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import EntryPoint
from traceback import walk_tb
from types import ModuleType
from typing import Any

from provender.errors import BrokenPlugin, IncompatiblePlugin, MissingExtra, PluginError, value_text
from provender.plugin.contract.info import API_VERSION, OLDEST_API_VERSION, ProviderInfo


def origin(entry: EntryPoint) -> str:
    """Return the name of the distribution that brings an entry point; empty when it has none."""
    return metadata(entry, "Name")


def metadata(entry: EntryPoint, key: str) -> str:
    """Return what the distribution of an entry point says under `key`; empty when nothing."""
    if entry.dist is None:
        return ""
    told = entry.dist.metadata  # once, since it is parsed anew at each look
    if key not in told:
        return ""  # looked for first: reading a key that is missing is a warning or an error
    return told[key]


def load_module(entry: EntryPoint, place: str | None = None) -> ModuleType:
    """Import the light module of an entry point.

    Args:
        entry: The entry point.
        place: Where the configuration names it.

    Raises:
        MissingExtra: It imports a module that its extra brings, and that is not installed.
        BrokenPlugin: Its code fails; the failure is the cause.
    """
    try:
        return import_module(entry.module)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a plug-in may do anything, even call sys.exit()
        raise _failure(entry, error, place) from error


def _failure(entry: EntryPoint, error: BaseException, place: str | None) -> PluginError:
    if isinstance(error, ModuleNotFoundError):
        info = info_at_failure(entry, error)
        missing = missing_extra(info, error.name, place) if info else None
        if missing is not None:
            return missing
    return BrokenPlugin(
        f"plug-in {entry.name!r} of {origin(entry)} cannot be imported",
        got=f"{type(error).__name__}: {error}",
        fix=f"update or uninstall it: pip install --upgrade {origin(entry)}",
        place=place,
    )


def info_at_failure(entry: EntryPoint, error: BaseException | None) -> ProviderInfo | None:
    """Return the `info` that a light module had made before its import failed, if it had.

    Python forgets a module whose import fails; the failure's traceback still knows its names.
    """
    for frame, _ in walk_tb(error.__traceback__ if error else None):
        if frame.f_globals.get("__name__") == entry.module:
            info = frame.f_globals.get("info")
            return info if isinstance(info, ProviderInfo) else None
    return None


def provider_info(entry: EntryPoint, module: ModuleType, place: str | None = None) -> ProviderInfo:
    """Return what a provider's module says of itself.

    Raises:
        BrokenPlugin: It has no `info`, or one of another name.
        IncompatiblePlugin: It was built for another version of the plug-in API.
    """
    info: Any = getattr(module, "info", None)
    if not isinstance(info, ProviderInfo):
        raise BrokenPlugin(
            f"provider {entry.name!r} of {origin(entry)} has no info",
            got=value_text(info),
            allowed=f"info = ProviderInfo(...) in {entry.module}",
            place=place,
        )
    if info.name != entry.name:
        raise BrokenPlugin(
            f"provider {entry.name!r} of {origin(entry)} calls itself {info.name!r}",
            allowed="the name of its entry point",
            place=place,
        )
    _check_api_version(entry, info, place)
    return info


def _check_api_version(entry: EntryPoint, info: ProviderInfo, place: str | None) -> None:
    stated = info.api_version
    first, last = stated if isinstance(stated, tuple) else (stated, stated)
    if first <= API_VERSION and last >= OLDEST_API_VERSION:
        return
    upgraded = "provender" if first > API_VERSION else origin(entry)
    raise IncompatiblePlugin(
        f"provider {entry.name!r} of {origin(entry)} was built for another plug-in API",
        got=f"version {first}" if first == last else f"versions {first} to {last}",
        allowed=f"versions {OLDEST_API_VERSION} to {API_VERSION}",
        fix=f"pip install --upgrade {upgraded}",
        place=place,
    )


def load_object(place: str) -> Any:
    """Return what is at a place such as ``package.module:Class``.

    Raises:
        ImportError: There is no such module.
        AttributeError: The module has no such name.
    """
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)


def missing_extra(info: ProviderInfo, module: str | None, place: str | None) -> MissingExtra | None:
    """Return the error for a missing module, if it is one that the provider's extra brings.

    Args:
        info: The provider.
        module: The full name of the module that was not found.
        place: Where the configuration names the provider.
    """
    if module is None or not any(_same_package(module, name) for name in info.requires):
        return None
    install = f"{info.distribution}[{info.extra}]" if info.extra else info.distribution
    return MissingExtra(
        f"provider {info.name!r} needs a package that is not installed",
        got=f"no module {module!r}",
        fix=f"pip install '{install}'",
        place=place,
    )


def _same_package(missing: str, required: str) -> bool:
    """Whether one is the other, or inside it: without ``a`` there is no ``a.b`` either."""
    one, other = f"{missing}.", f"{required}."
    return one.startswith(other) or other.startswith(one)
