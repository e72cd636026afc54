"""``feast entities``, ``feature-views`` and the like: what is registered, listed and described."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import click
import yaml

from provender_feast.cli.repository import Repository, repository
from provender_feast.cli.table import echo_table
from provender_feast.definitions import FeatureView, OnDemandFeatureView
from provender_feast.errors import FeastObjectNotFoundException
from provender_feast.specs import CLASSES, described
from provender_feast.store import FeatureStore

_TAGS = click.option("--tags", multiple=True, help="Only those with a tag, as name:value.")
Row = Callable[[Any], Sequence[object]]


def echo_described(definition: Any) -> None:
    """Print a definition as YAML."""
    click.echo(yaml.safe_dump(described(definition), sort_keys=False))


def _wanted(tags: Sequence[str]) -> dict[str, str]:
    wanted = {}
    for tag in tags:
        name, colon, value = tag.partition(":")
        if not colon:
            raise click.BadParameter(f"{tag!r} is not name:value", param_hint="--tags")
        wanted[name] = value
    return wanted


def _group(
    name: str,
    what: str,
    headers: Sequence[str],
    row: Row,
    all_of: Callable[..., Sequence[Any]],
    one_of: Callable[[FeatureStore, str], Any],
) -> click.Group:
    """Return a group of the commands ``list`` and ``describe``.

    Args:
        name: The group's name.
        what: What it lists, in words.
        headers: The columns of the list.
        row: Returns the cells of one.
        all_of: Returns all of a store that have some tags.
        one_of: Returns the one of a name.
    """

    @click.command("list", help=f"List all {what}.")
    @_TAGS
    @repository
    def list_all(repo: Repository, tags: tuple[str, ...]) -> None:
        with repo.store() as store:
            echo_table(headers, [row(one) for one in all_of(store, tags=_wanted(tags))])

    @click.command("describe", help=f"Describe one of the {what}.")
    @click.argument("name")
    @repository
    def describe(repo: Repository, name: str) -> None:
        with repo.store() as store:
            echo_described(one_of(store, name))

    group = click.Group(name, help=f"List and describe {what}.")
    group.add_command(list_all)
    group.add_command(describe)
    return group


def _none(store: FeatureStore, tags: object = None) -> list[Any]:
    return []


def _missing(words: str) -> Callable[[FeatureStore, str], Any]:
    def missing(store: FeatureStore, name: str) -> Any:
        fact = f"{words} {name} does not exist in project {store.project}"
        raise FeastObjectNotFoundException(fact)

    return missing


def _view(store: FeatureStore, name: str) -> FeatureView | OnDemandFeatureView:
    on_demand = [one for one in store.list_on_demand_feature_views() if one.name == name]
    return on_demand[0] if on_demand else store.get_feature_view(name)


def _views(store: FeatureStore, tags: dict[str, str]) -> list[FeatureView | OnDemandFeatureView]:
    entities = {one.name: one.entities for one in store.list_feature_views()}
    on_demand = store.list_on_demand_feature_views(tags=tags)
    for view in on_demand:
        sources = view.source_feature_view_projections.values()
        view.entities = [name for part in sources for name in entities.get(part.name, ())]
    return [*store.list_feature_views(tags=tags), *on_demand]


def _view_row(view: FeatureView | OnDemandFeatureView) -> Sequence[object]:
    entities = "{" + ", ".join(repr(name) for name in dict.fromkeys(view.entities)) + "}"
    return view.name, entities, type(view).__name__, "Yes", "STATE_UNSPECIFIED"


def _service_row(service: Any) -> Sequence[object]:
    parts = service.feature_view_projections
    return service.name, ", ".join(
        f"{part.name_to_use()}:{field.name}" for part in parts for field in part.features
    )


def _name(one: Any) -> Sequence[object]:
    return (one.name,)


_VIEW_COLUMNS = ("NAME", "ENTITIES", "TYPE", "ENABLED", "STATE")
GROUPS: Final = (
    _group(
        "entities",
        "entities",
        ("NAME", "DESCRIPTION", "TYPE"),
        lambda one: (one.name, one.description, one.value_type),
        FeatureStore.list_entities,
        FeatureStore.get_entity,
    ),
    _group("feature-views", "feature views", _VIEW_COLUMNS, _view_row, _views, _view),
    _group(
        "on-demand-feature-views",
        "on-demand feature views",
        ("NAME",),
        _name,
        FeatureStore.list_on_demand_feature_views,
        FeatureStore.get_on_demand_feature_view,
    ),
    _group(
        "label-views",
        "label views",
        ("NAME", "ENTITIES", "CONFLICT_POLICY"),
        lambda one: (one.name, ", ".join(one.entities), one.conflict_policy.value),
        FeatureStore.list_label_views,
        FeatureStore.get_label_view,
    ),
    _group(
        "feature-services",
        "feature services",
        ("NAME", "FEATURES"),
        _service_row,
        FeatureStore.list_feature_services,
        FeatureStore.get_feature_service,
    ),
    _group(
        "data-sources",
        "data sources",
        ("NAME", "CLASS"),
        lambda one: (one.name, f"<class '{CLASSES[type(one)]}'>"),
        FeatureStore.list_data_sources,
        FeatureStore.get_data_source,
    ),
    _group(
        "saved-datasets",
        "saved datasets",
        ("NAME",),
        _name,
        FeatureStore.list_saved_datasets,
        FeatureStore.get_saved_dataset,
    ),
    _group(
        "stream-feature-views",
        "stream feature views, of which there are none",
        ("NAME",),
        _name,
        _none,
        _missing("Stream feature view"),
    ),
    _group(
        "validation-references",
        "validation references, of which there are none",
        ("NAME",),
        _name,
        _none,
        _missing("Validation reference"),
    ),
    _group(
        "permissions",
        "permissions, of which there are none",
        ("NAME", "TYPES", "NAME_PATTERNS", "ACTIONS", "ROLES", "REQUIRED_TAGS"),
        _name,
        _none,
        _missing("Permission"),
    ),
    _group(
        "projects",
        "projects",
        ("NAME", "DESCRIPTION", "TAGS", "OWNER"),
        lambda one: (one.name, one.description, one.tags, one.owner),
        FeatureStore.list_projects,
        FeatureStore.get_project,
    ),
)


@click.command("current_project")
@repository
def current_project(repo: Repository) -> None:
    """Describe the project of the repository."""
    with repo.store() as store:
        echo_described(store.get_project())


GROUPS[-1].add_command(current_project)
