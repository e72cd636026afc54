"""``provender plugins``."""

from __future__ import annotations

from dataclasses import asdict

import click

from provender.cli.settings import Settings, pass_settings
from provender.cli.tables import as_table


@click.command(epilog="Example: provender --output json plugins")
@pass_settings
def plugins(settings: Settings) -> None:
    """List installed providers and extensions, and how each of them is."""
    from provender.plugin.discovery import installed

    found = installed(_enabled(settings))
    rows = [
        (
            plugin.name,
            plugin.kind,
            plugin.distribution,
            plugin.version,
            plugin.status,
            "; ".join(f"{role}: {', '.join(names)}" for role, names in plugin.stores.items()),
        )
        for plugin in found
    ]
    headings = ("NAME", "KIND", "DISTRIBUTION", "VERSION", "STATUS", "STORES")
    reasons = [f"\n{p.name}: {p.reason}" for p in found if p.reason]
    text = as_table(headings, rows) + "\n" + "".join(reasons)
    settings.show(text.rstrip(), [asdict(plugin) for plugin in found])


def _enabled(settings: Settings) -> tuple[str, ...]:
    """Return the extensions that the repository's configuration lists, if there is one."""
    from pathlib import Path

    from provender.config import load_config
    from provender.errors import ConfigError

    try:
        return load_config(settings.config or settings.chdir or Path()).plugins
    except ConfigError:
        return ()
