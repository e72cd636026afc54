"""``provender version``."""

from __future__ import annotations

import click

from provender import __version__
from provender.cli.settings import Settings, pass_settings


@click.command(epilog="Example: provender version")
@pass_settings
def version(settings: Settings) -> None:
    """Print the version."""
    settings.show(__version__, {"version": __version__})
