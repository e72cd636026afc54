"""``provender version``."""

from __future__ import annotations

import sys

import click

from provender import __version__
from provender.cli.frame.command import ProvenderCommand
from provender.cli.frame.invocation import Invocation, pass_invocation
from provender.cli.frame.output import print_json, say


@click.command(cls=ProvenderCommand, example="provender version")
@pass_invocation
def version(invocation: Invocation) -> None:
    """Print the version of Provender."""
    if invocation.as_json:
        python = ".".join(map(str, sys.version_info[:3]))
        print_json(invocation, {"provender": __version__, "python": python})
    say(invocation, f"provender {__version__}")
