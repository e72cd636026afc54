"""Which plug-ins are installed: found by their entry points, imported one by one.

The group ``provender.providers`` holds providers: the entry point's name is the ``provider:`` of
feature_store.yaml and its target a light module with an ``info``. The group ``provender.plugins``
holds extensions, of which only those listed under ``plugins:`` are ever loaded.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from types import ModuleType
from typing import Any, Final, Literal

from provender.errors import (
    BrokenPlugin,
    DuplicatePlugin,
    IncompatiblePlugin,
    MissingExtra,
    PluginError,
    UnknownProvider,
    did_you_mean,
    listed,
)
from provender.plugin.info import API_VERSION, ProviderInfo, Role
from provender.plugin.registration import new_manager, register

PROVIDERS: Final = "provender.providers"
EXTENSIONS: Final = "provender.plugins"
Group = Literal["provender.providers", "provender.plugins"]


@dataclass(frozen=True, slots=True)
class PluginStatus:
    """What is known of an installed plug-in.

    Attributes:
        name: The entry point's name.
        distribution: The distribution that brings it.
        version: The distribution's version.
        kind: ``provider`` or ``extension``.
        status: ``ready``, ``needs extra X``, ``broken`` or ``disabled``.
        reason: Why it is not ready, and what to do about it.
        stores: The store types that it offers, by role.
    """

    name: str
    distribution: str
    version: str
    kind: Literal["provider", "extension"]
    status: str
    reason: str | None = None
    stores: Mapping[Role, tuple[str, ...]] = field(default_factory=dict)


def entries(group: Group) -> dict[str, list[EntryPoint]]:
    """Return the installed entry points of a group by name; more than one is a clash."""
    found: dict[str, list[EntryPoint]] = {}
    for entry in sorted(entry_points(group=group), key=lambda e: (e.name, _origin(e))):
        same = found.setdefault(entry.name, [])
        # an editable install and a wheel of one distribution may both be on the path
        if (entry.value, _origin(entry)) not in [(e.value, _origin(e)) for e in same]:
            same.append(entry)
    return found


def _origin(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist else "(unknown distribution)"


def find(group: Group, name: str, place: str | None = None) -> EntryPoint:
    """Return the one entry point of that name.

    Args:
        group: Providers or extensions.
        name: The entry point's name.
        place: Where the configuration names it.

    Raises:
        UnknownProvider: Nothing of that name is installed.
        DuplicatePlugin: Two distributions claim the name.
    """
    known = entries(group)
    what = "provider" if group == PROVIDERS else "plug-in"
    if name not in known:
        close = did_you_mean(name, known)
        fix = close or f"install the distribution that has it into {sys.executable}"
        raise UnknownProvider(
            f"no {what} {name!r} is installed",
            got=f"in {sys.executable}",
            allowed=listed(known),
            fix=fix,
            place=place,
        )
    if len(known[name]) > 1:
        origins = [_origin(entry) for entry in known[name]]
        raise DuplicatePlugin(
            f"two distributions claim the {what} name {name!r}",
            got=listed(origins),
            fix=f"uninstall one of them: pip uninstall {origins[-1]}",
            place=place,
        )
    return known[name][0]


def load_module(entry: EntryPoint, place: str | None = None) -> ModuleType:
    """Import the light module of an entry point.

    Raises:
        BrokenPlugin: Its code fails; the failure is the cause.
    """
    try:
        return import_module(entry.module)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a plug-in may do anything, even call sys.exit()
        raise BrokenPlugin(
            f"plug-in {entry.name!r} of {_origin(entry)} cannot be imported",
            got=f"{type(error).__name__}: {error}",
            fix=f"update or uninstall it: pip install --upgrade {_origin(entry)}",
            place=place,
        ) from error


def provider_info(entry: EntryPoint, module: ModuleType, place: str | None = None) -> ProviderInfo:
    """Return what a provider's module says of itself.

    Raises:
        BrokenPlugin: It has no `info`, or one of another name.
        IncompatiblePlugin: It was built for another version of the plug-in API.
    """
    info: Any = getattr(module, "info", None)
    if not isinstance(info, ProviderInfo):
        raise BrokenPlugin(
            f"provider {entry.name!r} of {_origin(entry)} has no info",
            got=repr(info),
            allowed=f"info = ProviderInfo(...) in {entry.module}",
            place=place,
        )
    if info.name != entry.name:
        raise BrokenPlugin(
            f"provider {entry.name!r} of {_origin(entry)} calls itself {info.name!r}",
            allowed="the name of its entry point",
            place=place,
        )
    if info.api_version != API_VERSION:
        raise IncompatiblePlugin(
            f"provider {entry.name!r} of {_origin(entry)} was built for another plug-in API",
            got=f"version {info.api_version}",
            allowed=f"version {API_VERSION}",
            fix="install versions of provender and of the provider that belong together",
            place=place,
        )
    return info


def missing_extra(info: ProviderInfo, module: str | None, place: str | None) -> MissingExtra | None:
    """Return the error for a missing module, if it is one that the provider's extra brings."""
    if module is None or module.split(".")[0] not in {name.split(".")[0] for name in info.requires}:
        return None
    install = f"{info.distribution}[{info.extra}]" if info.extra else info.distribution
    return MissingExtra(
        f"provider {info.name!r} needs a package that is not installed",
        got=f"no module {module!r}",
        fix=f"pip install '{install}'",
        place=place,
    )


def installed(enabled: Collection[str] = ()) -> list[PluginStatus]:
    """Return every installed plug-in and how it is; a broken one disturbs no other.

    Args:
        enabled: The extensions that the configuration lists.
    """
    providers = [_provider_status(*item) for item in entries(PROVIDERS).items()]
    extensions = [
        _extension_status(name, same, enabled) for name, same in entries(EXTENSIONS).items()
    ]
    return [*providers, *extensions]


def _status(
    entry: EntryPoint, kind: Literal["provider", "extension"], status: str, **more: Any
) -> PluginStatus:
    version = entry.dist.version if entry.dist else ""
    return PluginStatus(entry.name, _origin(entry), version, kind, status, **more)


def _provider_status(name: str, same: Sequence[EntryPoint]) -> PluginStatus:
    try:
        entry = find(PROVIDERS, name)
        module = load_module(entry)
        info = provider_info(entry, module)
        register(new_manager(), module, name)
    except PluginError as error:
        return _status(same[0], "provider", "broken", reason=str(error))
    stores = {role: tuple(t.name for t in types) for role, types in info.stores.items()}
    missing = [module for module in info.requires if not _importable(module)]
    needs = missing_extra(info, missing[0], None) if missing else None
    if needs is not None:
        status = f"needs extra {info.extra}"
        return _status(entry, "provider", status, reason=str(needs), stores=stores)
    return _status(entry, "provider", "ready", stores=stores)


def _importable(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def _extension_status(
    name: str, same: Sequence[EntryPoint], enabled: Collection[str]
) -> PluginStatus:
    if name not in enabled:
        reason = f"to use it, list it in feature_store.yaml: plugins: [{name}]"
        return _status(same[0], "extension", "disabled", reason=reason)
    try:
        register(new_manager(), load_module(find(EXTENSIONS, name)), name)
    except PluginError as error:
        return _status(same[0], "extension", "broken", reason=str(error))
    return _status(same[0], "extension", "ready")
