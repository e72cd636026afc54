"""``feast apply`` and ``feast teardown``."""

from __future__ import annotations

from typing import Final

import click

from provender_feast.applying import complete, removed_views, to_provender, told
from provender_feast.cli.repository import Repository, repository
from provender_feast.errors import as_feasts
from provender_feast.repository import parse_repo


@click.command()
@click.option("--skip-source-validation", is_flag=True, help="Not used: plans read the sources.")
@click.option("--skip-feature-view-validation", is_flag=True, help="Not used: views are checked.")
@repository
def apply(
    repo: Repository, skip_source_validation: bool, skip_feature_view_validation: bool
) -> None:
    """Register what the repository defines, and remove what it no longer defines."""
    contents = parse_repo(repo.root)
    objects = contents.objects()
    with repo.store() as store, as_feasts():
        ours = store.provender
        if not contents.projects:
            name = store.project
            click.echo(
                f"No project found in the repository. Using project name {name} defined in "
                "feature_store.yaml"
            )
        click.echo(f"Applying changes for project {store.project}")
        first = store.project not in [project.name for project in ours.list_projects()]
        plan = ours.plan(to_provender(ours, objects), partial=False)
        ours.apply(plan, allow_data_loss=removed_views(plan))
        complete(ours, objects)
        for line in told(plan, objects, first=first):
            click.echo(line)


@click.command()
@repository
def teardown(repo: Repository) -> None:
    """Remove the online tables of the project and everything that is registered."""
    with repo.store() as store:
        store.teardown()


COMMANDS: Final = (apply, teardown)
