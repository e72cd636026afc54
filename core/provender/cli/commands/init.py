"""``provender init``."""

from __future__ import annotations

from pathlib import Path

import click

from provender.cli.frame.command import ProvenderCommand
from provender.cli.frame.invocation import Invocation, pass_invocation
from provender.cli.frame.output import print_json, say
from provender.cli.scaffold.project_files import TEMPLATES, check_free, write_project
from provender.cli.scaffold.project_name import check_project_name, invent_project_name

_EXAMPLE = """provender init fraud
provender init --minimal --template local fraud"""


@click.command(cls=ProvenderCommand, example=_EXAMPLE)
@click.argument("name", required=False)
@click.option("--minimal", is_flag=True, help="Create no example data.")
@click.option(
    "-t",
    "--template",
    type=click.Choice(TEMPLATES),
    default="local",
    show_default=True,
    help="The provider of the new project.",
)
@pass_invocation
def init(invocation: Invocation, name: str | None, minimal: bool, template: str) -> None:
    """Create a project in the directory NAME; without NAME, a name is generated.

    It contains a working example, or with --minimal definitions to fill in.
    """
    name = invent_project_name(Path()) if name is None else check_project_name(name)
    project = Path(name)
    check_free(project)
    files = write_project(project, template, minimal=minimal)
    if invocation.as_json:
        paths = [path.as_posix() for path in files]
        print_json(invocation, {"project": name, "path": project.resolve(), "files": paths})
        return
    say(invocation, f"Created project {name}:")
    for path in files:
        say(invocation, f"  {path.as_posix()}")
    say(invocation, f"Next: cd {project.as_posix()}/feature_repo && provender apply")
