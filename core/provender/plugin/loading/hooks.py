"""Plug-ins and pluggy: a manager that knows the hook specifications, and checked registration."""

from __future__ import annotations

import pluggy

from provender.errors import BrokenPlugin
from provender.plugin.contract.hookspecs import NAMESPACE, SPECS


def new_manager() -> pluggy.PluginManager:
    """Return a manager that knows every hook specification and no plug-in."""
    manager = pluggy.PluginManager(NAMESPACE)
    for spec in SPECS:
        manager.add_hookspecs(spec)
    return manager


def register(
    manager: pluggy.PluginManager, module: object, name: str, place: str | None = None
) -> None:
    """Register a plug-in's module, once: one that takes part already stays as it is.

    Raises:
        BrokenPlugin: It implements a hook that does not exist or takes other arguments.
    """
    if manager.is_registered(module):
        return
    try:
        manager.register(module, name)
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        raise BrokenPlugin(
            f"plug-in {name!r} implements a hook that does not exist or takes other arguments",
            got=str(error).splitlines()[-1].strip() or str(error),
            fix="update it to the plug-in API of this version of provender",
            place=place,
        ) from error
