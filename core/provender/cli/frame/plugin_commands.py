"""Commands that plug-ins add: those of the providers and extensions in the configuration."""

from __future__ import annotations

from collections.abc import Mapping

import click

from provender.cli.frame.errors import warn_of
from provender.cli.frame.invocation import Invocation
from provender.errors import ProvenderError


def plugin_commands(invocation: Invocation) -> Mapping[str, click.Command]:
    """Return the commands of the plug-ins that the configuration names, by name.

    A configuration that cannot be used costs a warning, so that the help can still be read.
    """
    if invocation.plugin_commands is None:
        invocation.plugin_commands = _load(invocation)
    return invocation.plugin_commands


def _load(invocation: Invocation) -> Mapping[str, click.Command]:
    from provender.plugin.contract.info import ROLES
    from provender.plugin.loading.loader import load_plugins

    try:
        config = invocation.load_config()
        types = {role: config.stores[role].type for role in ROLES}
        plugins = load_plugins(config.provider, types, config.plugins, places=config.places)
    except ProvenderError as error:
        warn_of(error, "the commands of plug-ins are not available")
        return {}
    groups = plugins.hook.provender_commands()
    return {command.name: command for group in groups for command in group or ()}
