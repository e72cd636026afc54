"""``feast features``, ``get-online-features`` and ``get-historical-features``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

import click

from provender_feast.cli.repository import Repository, repository
from provender_feast.cli.table import echo_table
from provender_feast.errors import FeastObjectNotFoundException
from provender_feast.specs import described

_FEATURES = click.option(
    "--features", "-f", multiple=True, required=True, help="A feature, as view:feature."
)


@click.group()
def features() -> None:
    """List and describe features."""


@features.command("list")
@click.option("--output", type=click.Choice(["table", "json"]), default="table")
@repository
def list_features(repo: Repository, output: str) -> None:
    """List the features of all views."""
    with repo.store() as store:
        views = [*store.list_feature_views(), *store.list_on_demand_feature_views()]
        rows = [(field.name, view.name, field.dtype) for view in views for field in view.features]
    if output == "json":
        names = ("feature_name", "feature_view", "dtype")
        found = [dict(zip(names, map(str, row), strict=True)) for row in rows]
        click.echo(json.dumps(found, indent=4))
    else:
        echo_table(("Feature", "Feature View", "Data Type"), rows)


@features.command("describe")
@click.argument("feature_name")
@repository
def describe_feature(repo: Repository, feature_name: str) -> None:
    """Describe a feature in each view that has it."""
    with repo.store() as store:
        found = [
            {
                "Feature Name": field.name,
                "Feature View": view.name,
                "Data Type": str(field.dtype),
                "Description": field.description,
                "Online Store": view.online,
                "Source": view.batch_source and described(view.batch_source),
            }
            for view in store.list_feature_views()
            for field in view.features
            if field.name == feature_name
        ]
        if not found:
            fact = f"Feature {feature_name} does not exist in project {store.project}"
            raise FeastObjectNotFoundException(fact)
    click.echo(json.dumps(found, indent=4))


@click.command("get-online-features")
@click.option("--entities", "-e", multiple=True, required=True, help="A key, as name=value.")
@_FEATURES
@repository
def get_online_features(repo: Repository, entities: Sequence[str], features: Sequence[str]) -> None:
    """Print the newest features of entities, as JSON."""
    row: dict[str, list[Any]] = {}
    for entity in entities:
        name, equals, value = entity.partition("=")
        if not equals:
            raise click.BadParameter(f"{entity!r} is not name=value", param_hint="--entities")
        row.setdefault(name, []).append(int(value) if value.lstrip("-").isdigit() else value)
    with repo.store() as store:
        found = store.get_online_features(list(features), row).to_dict()
    click.echo(json.dumps(found, indent=4, default=str))


@click.command("get-historical-features")
@click.option("--dataframe", "-d", required=True, help="The entity rows: a JSON list of objects.")
@_FEATURES
@repository
def get_historical_features(repo: Repository, dataframe: str, features: Sequence[str]) -> None:
    """Print features as of the timestamps of entity rows."""
    import pandas as pd

    try:
        rows = json.loads(dataframe)
    except ValueError as error:
        raise click.BadParameter(f"not JSON: {error}", param_hint="--dataframe") from None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise click.BadParameter(
            "Entities must be a list of dictionaries.", param_hint="--dataframe"
        )
    with repo.store() as store:
        found = store.get_historical_features(pd.DataFrame(rows), list(features)).to_df()
    click.echo(found.to_json(orient="records", date_format="iso"))


COMMANDS: Final = (features, get_online_features, get_historical_features)
