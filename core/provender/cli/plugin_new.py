"""``provender plugin new``: the skeleton of a provider."""

from __future__ import annotations

from pathlib import Path

import click

from provender.cli.command import ProvenderCommand
from provender.cli.invocation import Invocation, pass_invocation
from provender.cli.output import print_json, say
from provender.cli.project_files import check_free

_EXAMPLE = """provender plugin new acme
cd provender-acme
pip install -e '.[test]'
pytest"""


@click.command("new", cls=ProvenderCommand, example=_EXAMPLE)
@click.argument("name")
@pass_invocation
def new(invocation: Invocation, name: str) -> None:
    """Write the skeleton of a provider NAME in the new directory provender-NAME.

    It is a distribution of its own with an offline store, an online store and a registry, which
    keep everything in memory, pass the conformance suites, and are there to be filled in.
    """
    from provender.cli.plugin_files import write_provider
    from provender.cli.plugin_name import check_plugin_name

    names = check_plugin_name(name)
    root = Path(names.distribution)
    check_free(root)
    paths = [path.as_posix() for path in write_provider(names, root)]
    if invocation.as_json:
        answer = {"provider": name, "distribution": names.distribution, "package": names.package}
        print_json(invocation, {**answer, "path": root.resolve(), "files": paths})
        return
    say(invocation, f"Made provider {name}:")
    for path in paths:
        say(invocation, f"  {path}")
    say(invocation, f"Next: cd {root.as_posix()} && pip install -e '.[test]' && pytest")
