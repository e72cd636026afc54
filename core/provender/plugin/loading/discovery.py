"""Which plug-ins are installed: found by their entry points, imported one by one.

The group ``provender.providers`` holds providers: the entry point's name is the ``provider:`` of
feature_store.yaml and its target a light module with an ``info``. The group ``provender.plugins``
holds extensions, of which only those listed under ``plugins:`` are ever loaded.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Literal

from provender.errors import (
    DuplicatePlugin,
    MissingExtra,
    PluginError,
    UnknownProvider,
    did_you_mean,
    listed,
)
from provender.plugin.contract.info import ProviderInfo, Role
from provender.plugin.loading.entry_point import (
    info_at_failure,
    load_module,
    metadata,
    missing_extra,
    origin,
    provider_info,
)
from provender.plugin.loading.factory import check_factories
from provender.plugin.loading.hooks import new_manager, register

PROVIDERS: Final = "provender.providers"
EXTENSIONS: Final = "provender.plugins"
Group = Literal["provender.providers", "provender.plugins"]
Kind = Literal["provider", "extension"]


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
        sources: The kinds of sources that it reads.
    """

    name: str
    distribution: str
    version: str
    kind: Kind
    status: str
    reason: str | None = None
    stores: Mapping[Role, tuple[str, ...]] = field(default_factory=dict)
    sources: tuple[str, ...] = ()


def entries(group: Group) -> dict[str, list[EntryPoint]]:
    """Return the installed entry points of a group by name; more than one is a clash.

    What is on the path is read once, and again when one of its directories has changed: 25 ms.
    """
    known = _entries(group, tuple((place, _changed(place)) for place in sys.path))
    return {name: list(same) for name, same in known.items()}


def _changed(place: str) -> int:
    """Return when a directory of the path has changed, in ns; 0: there is none."""
    try:
        return Path(place).stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=4)
def _entries(group: Group, _path: tuple[tuple[str, int], ...]) -> dict[str, list[EntryPoint]]:
    found: dict[str, list[EntryPoint]] = {}
    # an uninstall that was cut short can leave entry points of a distribution without a name
    named = [(e.name, origin(e), e.value, e) for e in entry_points(group=group)]
    seen: set[tuple[str, str, str]] = set()
    for name, brought_by, value, entry in sorted(named, key=lambda known: known[:2]):
        # an editable install and a wheel of one distribution may both be on the path
        if brought_by and (name, brought_by, value) not in seen:
            seen.add((name, brought_by, value))
            found.setdefault(name, []).append(entry)
    return found


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
    if name not in known:
        _entries.cache_clear()  # it may have been read in the middle of an installation
        known = entries(group)
    return _only(group, name, known, place)


def _only(
    group: Group, name: str, known: Mapping[str, Sequence[EntryPoint]], place: str | None = None
) -> EntryPoint:
    """Return the one entry point of that name among the known ones of its group."""
    what = "provider" if group == PROVIDERS else "plug-in"
    if name not in known:
        close = did_you_mean(name, known)
        fix = close or f"install the distribution that provides it into {sys.executable}"
        raise UnknownProvider(
            f"no {what} {name!r} is installed",
            got=f"in {sys.executable}",
            allowed=listed(known),
            fix=fix,
            place=place,
        )
    if len(known[name]) > 1:
        origins = [origin(entry) for entry in known[name]]
        raise DuplicatePlugin(
            f"two distributions claim the {what} name {name!r}",
            got=listed(origins),
            fix=f"uninstall one of them: pip uninstall {origins[-1]}",
            place=place,
        )
    return known[name][0]


def installed(
    enabled: Collection[str] = (), *, factories_of: Collection[str] = ()
) -> list[PluginStatus]:
    """Return every installed plug-in and how it is; a broken one disturbs no other.

    Args:
        enabled: The extensions that the configuration lists.
        factories_of: The providers of which what builds the stores is imported, too, with the SDK:
            that may take a second for each.
    """
    providers = [
        _provider_status(name, same, with_factories=name in factories_of)
        for name, same in entries(PROVIDERS).items()
    ]
    extensions = [
        _extension_status(name, same, enabled) for name, same in entries(EXTENSIONS).items()
    ]
    return [*providers, *extensions]


def _status(entry: EntryPoint, kind: Kind, status: str, **more: Any) -> PluginStatus:
    version = metadata(entry, "Version")
    return PluginStatus(entry.name, origin(entry), version, kind, status, **more)


def _provider_status(
    name: str, same: Sequence[EntryPoint], *, with_factories: bool
) -> PluginStatus:
    try:
        entry = _only(PROVIDERS, name, {name: same})
        module = load_module(entry)
        info = provider_info(entry, module)
        register(new_manager(), module, name)
    except MissingExtra as error:
        found = info_at_failure(same[0], error.__cause__)
        return _offering(same[0], found, error)
    except PluginError as error:
        return _status(same[0], "provider", "broken", reason=str(error))
    missing = next((module for module in info.requires if not _importable(module)), None)
    needs = missing_extra(info, missing, None)
    if needs is None and with_factories:
        try:
            check_factories(info, dir(module))
        except MissingExtra as error:
            needs = error
        except PluginError as error:
            return _status(entry, "provider", "broken", reason=str(error))
    return _offering(entry, info, needs)


def _offering(
    entry: EntryPoint, info: ProviderInfo | None, needs: MissingExtra | None
) -> PluginStatus:
    """Return the status of a provider that is well, but for the extra that it `needs`."""
    offered = info.stores if info else {}
    stores = {role: tuple(t.name for t in types) for role, types in offered.items()}
    sources = tuple(info.sources) if info else ()
    extra = (info.extra if info else None) or origin(entry)
    status = f"needs extra {extra}" if needs else "ready"
    reason = str(needs) if needs else None
    return _status(entry, "provider", status, reason=reason, stores=stores, sources=sources)


def _importable(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except Exception:  # noqa: BLE001 - looking for a.b imports a, which may do anything
        return False


def _extension_status(
    name: str, same: Sequence[EntryPoint], enabled: Collection[str]
) -> PluginStatus:
    if name not in enabled:
        reason = f"to use it, list it in feature_store.yaml: plugins: [{name}]"
        return _status(same[0], "extension", "disabled", reason=reason)
    try:
        register(new_manager(), load_module(_only(EXTENSIONS, name, {name: same})), name)
    except PluginError as error:
        return _status(same[0], "extension", "broken", reason=str(error))
    return _status(same[0], "extension", "ready")
