"""``provender projects``: all projects of the registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provender.cli.frame.command import ProvenderCommand, ProvenderGroup
from provender.cli.frame.invocation import Invocation, pass_invocation
from provender.cli.frame.output import print_json, print_table, say

if TYPE_CHECKING:
    from provender.catalog.projects import Project

projects = ProvenderGroup(
    "projects", example="provender projects list", help="List the projects in the registry."
)


@projects.command("list", cls=ProvenderCommand, example="provender projects list")
@pass_invocation
def list_(invocation: Invocation) -> None:
    """List the projects that share this repository's registry."""
    with invocation.open_store() as store:
        found = store.list_projects()
        current = store.project
    if invocation.as_json:
        print_json(invocation, [project.to_json() for project in found])
    elif found:
        headers = ("", "NAME", "VERSION", "CHANGED", "BY", "ENTITIES", "FEATURE VIEWS")
        print_table(invocation, headers, [_row(project, current) for project in found])
    else:
        say(invocation, "The registry holds no project; `provender apply` registers definitions.")


def _row(project: Project, current: str) -> tuple[object, ...]:
    mark = "*" if project.name == current else ""
    changed = f"{project.changed:%Y-%m-%d %H:%M:%S} UTC"
    counts = (project.entities, project.feature_views)
    return mark, project.name, project.version, changed, project.author, *counts
