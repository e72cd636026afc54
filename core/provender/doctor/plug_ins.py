"""The plug-ins: those in use have to load; a broken one that is not used is no failure."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from provender.errors import PluginError
from provender.plugin import Finding
from provender.plugin.kit.findings import run_check
from provender.plugin.loading.discovery import PluginStatus, installed


def plug_ins(used: Collection[str], extensions: Collection[str]) -> Iterator[Finding]:
    """Look at every installed plug-in.

    Args:
        used: The names of the providers and extensions that the configuration names.
        extensions: The extensions among them.
    """
    for status in installed(extensions, factories_of=used):
        yield run_check(f"plug-in {status.name}", lambda: _state(status, used))  # noqa: B023 - called at once


def _state(status: PluginStatus, used: Collection[str]) -> str:
    said = f"{status.distribution} {status.version}, {status.status}"
    if status.name not in used:
        return f"{said} (not used here)"
    if status.status != "ready":
        raise PluginError(said, got=status.reason)
    return said
