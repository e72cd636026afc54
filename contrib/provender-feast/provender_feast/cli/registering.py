"""``feast apply``, ``plan``, ``delete`` and ``teardown``; the configuration and the registry."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

import click
import yaml

from provender_feast.applying import complete, plan_of, removed_views, told
from provender_feast.cli.repository import Repository, repository
from provender_feast.definitions import Definition
from provender_feast.errors import as_feasts
from provender_feast.repo_config import load_repo_config
from provender_feast.repository import parse_repo
from provender_feast.specs import described


@click.command()
@click.option("--skip-source-validation", is_flag=True, help="Not used: plans read the sources.")
@click.option("--skip-feature-view-validation", is_flag=True, help="Not used: views are checked.")
@click.option("--no-progress", is_flag=True, help="Not used: no progress is shown.")
@click.option("--no-promote", is_flag=True, hidden=True)
@repository
def apply(
    repo: Repository,
    skip_source_validation: bool,
    skip_feature_view_validation: bool,
    no_progress: bool,
    no_promote: bool,
) -> None:
    """Register what the repository defines, and remove what it no longer defines."""
    if no_promote:
        raise click.UsageError("--no-promote is not supported: versions are those of the catalog")
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
        plan = plan_of(ours, objects, partial=False)
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


@click.command()
@click.option("--skip-source-validation", is_flag=True, help="Not used: plans read the sources.")
@click.option("--skip-feature-view-validation", is_flag=True, help="Not used: views are checked.")
@repository
def plan(
    repo: Repository, skip_source_validation: bool, skip_feature_view_validation: bool
) -> None:
    """Print what ``feast apply`` would do; nothing is changed."""
    objects = parse_repo(repo.root).objects()
    with repo.store() as store, as_feasts():
        ours = store.provender
        first = store.project not in [project.name for project in ours.list_projects()]
        for line in told(plan_of(ours, objects, partial=False), objects, first=first):
            click.echo(line)


@click.command()
@click.argument("object_id")
@repository
def delete(repo: Repository, object_id: str) -> None:
    """Remove the object that is named OBJECT_ID."""
    with repo.store() as store:
        objects = [
            *store.list_all_feature_views(),
            *store.list_feature_services(),
            *store.list_entities(),
            *store.list_data_sources(),
        ]
        found = next((one for one in objects if one.name == object_id), None)
        if found is None:
            click.echo("Object not found. Deletion skipped.")
            return
        store.apply([], [found], partial=False)
        click.echo(f"Deleted {type(found).__name__} {object_id} from {store.project}.")


@click.command()
@repository
def configuration(repo: Repository) -> None:
    """Print the configuration, with what it leaves open."""
    config = load_repo_config(repo.root, repo.file)
    settings = config.model_dump(mode="json", by_alias=True, exclude_unset=True)
    settings.pop("repo_path", None)
    rest = {"offline_store": "dask", "batch_engine": "local", "entity_key_serialization_version": 3}
    left_open = {name: value for name, value in rest.items() if name not in settings}
    click.echo(yaml.safe_dump({**settings, **left_open}, sort_keys=False))


@click.command("registry-dump")
@repository
def registry_dump(repo: Repository) -> None:
    """Print everything that is registered, as JSON."""
    with repo.store() as store:
        parts: dict[str, Sequence[Definition]] = {
            "dataSources": store.list_data_sources(),
            "entities": store.list_entities(),
            "featureServices": store.list_feature_services(),
            "featureViews": store.list_feature_views(),
            "labelViews": store.list_label_views(),
            "onDemandFeatureViews": store.list_on_demand_feature_views(),
        }
        found = {part: [described(one) for one in all_] for part, all_ in parts.items() if all_}
        found["project"] = store.project  # type: ignore[assignment]
    click.echo(json.dumps(found, indent=2, sort_keys=True))


COMMANDS: Final = (apply, plan, teardown, delete, configuration, registry_dump)
