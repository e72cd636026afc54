"""``provender plugin``: for those who write plug-ins."""

from __future__ import annotations

import click

from provender.cli.command import ProvenderGroup
from provender.cli.plugin_new import new
from provender.cli.plugin_report import report

_EXAMPLE = """provender plugin new acme
provender plugin report report.json --badge badge.svg"""


@click.group(cls=ProvenderGroup, example=_EXAMPLE)
def plugin() -> None:
    """Write a provider, and show that it keeps the rules."""


plugin.add_command(new)
plugin.add_command(report)
