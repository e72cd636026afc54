"""``provender datasets``: training rows that are kept."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from provender.cli.commands.historical import print_result, write_result
from provender.cli.commands.listing import yaml_text
from provender.cli.frame.command import ProvenderCommand, ProvenderGroup
from provender.cli.frame.errors import problem_text
from provender.cli.frame.exit_codes import CHANGES
from provender.cli.frame.invocation import Invocation, pass_invocation
from provender.cli.frame.options import (
    entities_option,
    features_option,
    full_names_option,
    known_at_option,
    limit_option,
    out_option,
    service_option,
    sql_option,
    tag_option,
    tags_of,
    timestamp_field_option,
    wanted_features,
)
from provender.cli.frame.output import cell_text, json_value, print_json, print_table, say
from provender.cli.frame.progress import working
from provender.cli.inputs import registered_names
from provender.cli.inputs.entity_rows import spine_of
from provender.errors import Problem, count_text

if TYPE_CHECKING:
    from provender.datasets import Comparison, SavedDataset, SavedDatasetStorage
    from provender.datasets.usefulness import FeatureUsefulness, Task
    from provender.definitions.projection import Projection

_EXAMPLE = """provender datasets create train --entities trips.parquet --features driver_stats --storage train.parquet
provender datasets list
provender datasets compare train"""  # noqa: E501
_CREATE_EXAMPLE = """provender datasets create train --entities trips.parquet --service model --storage train.parquet
provender datasets create train --sql "SELECT * FROM trips" --features driver_stats --table marts.train"""  # noqa: E501

_BAR = 20
"""The characters of the longest bar."""

name_argument = click.argument("name", shell_complete=registered_names.datasets)
version_option = click.option(
    "--catalog-version",
    type=click.IntRange(min=1),
    metavar="N",
    help="Use the definitions of this version of the catalog.  [default: those of then]",
)


@click.group(cls=ProvenderGroup, example=_EXAMPLE)
def datasets() -> None:
    """Keep training rows as saved datasets: find, check, compare and rebuild them."""


@datasets.command("list", cls=ProvenderCommand, example="provender datasets list --tag team=fraud")
@tag_option
@pass_invocation
def list_(invocation: Invocation, tags: Sequence[str]) -> None:
    """List the saved datasets."""
    with invocation.open_store() as store:
        found = store.list_saved_datasets(tags_of(tags))
    if invocation.as_json:
        print_json(invocation, [document_of(one) for one in found])
    elif found:
        print_table(invocation, ("NAME", "CREATED", "ROWS", "VERSION", "STORAGE"), map(_row, found))
    else:
        say(invocation, "There are no saved datasets; `provender datasets create` makes one.")


@datasets.command(cls=ProvenderCommand, example="provender datasets describe train --output json")
@name_argument
@pass_invocation
def describe(invocation: Invocation, name: str) -> None:
    """Show everything that is recorded of NAME."""
    with invocation.open_store() as store:
        document = document_of(store.get_saved_dataset(name))
    if invocation.as_json:
        print_json(invocation, document)
    else:
        say(invocation, yaml_text(json_value(document)))


@datasets.command(cls=ProvenderCommand, example=_CREATE_EXAMPLE)
@click.argument("name")
@entities_option
@sql_option
@features_option
@service_option
@full_names_option
@known_at_option
@timestamp_field_option
@click.option("--storage", metavar="PATH", help="Keep the rows in this Parquet file, or at a URL.")
@click.option("--table", metavar="TABLE", help="Keep the rows in this table of the warehouse.")
@click.option("--tag", "tags", multiple=True, metavar="KEY=VALUE", help="A label; several times.")
@click.option(
    "--allow-overwrite",
    is_flag=True,
    help="A dataset of that name, and what is at the place, give way.",
)
@pass_invocation
def create(
    invocation: Invocation,
    name: str,
    entities: Path | None,
    sql: str | None,
    features: Sequence[str],
    service: str | None,
    full_feature_names: bool,
    known_at: str | None,
    timestamp_field: str,
    storage: str | None,
    table: str | None,
    tags: Sequence[str],
    allow_overwrite: bool,
) -> None:
    """Build training rows as `provender historical` does, and keep them as NAME."""
    place, labels = _storage(storage, table), tags_of(tags)
    spine = spine_of(entities, sql, timestamp_field)
    with invocation.open_store() as store, working(invocation, "joining"):
        job = store.get_historical_features(
            spine,
            wanted_features(store, features, service),
            full_feature_names=full_feature_names,
            known_at=known_at,
            timestamp_field=timestamp_field,
        )
        made = store.create_saved_dataset(
            job, name, place, tags=labels, allow_overwrite=allow_overwrite
        )
    if invocation.as_json:
        print_json(invocation, document_of(made))
    say(invocation, f"Saved dataset {name}: {count_text(made.row_count, 'row')} → {made.storage}")


@datasets.command(cls=ProvenderCommand, example="provender datasets delete train --rows")
@name_argument
@click.option("--rows", is_flag=True, help="Remove the stored rows, too.")
@pass_invocation
def delete(invocation: Invocation, name: str, rows: bool) -> None:
    """Remove the record of NAME; the rows stay where they are, unless --rows is given."""
    with invocation.open_store() as store:
        storage = store.get_saved_dataset(name).storage
        store.delete_saved_dataset(name, rows=rows)
    if invocation.as_json:
        print_json(invocation, {"dataset": name, "rows_removed": rows})
    kept = f" and its rows in {storage}" if rows else f"; its rows stay in {storage}"
    say(invocation, f"Removed saved dataset {name}{kept}")


@datasets.command(cls=ProvenderCommand, example="provender datasets verify train")
@name_argument
@pass_invocation
def verify(invocation: Invocation, name: str) -> None:
    """Read all rows of NAME, and fail if they are not those that were saved."""
    with invocation.open_store() as store, working(invocation, "reading"):
        found = store.get_saved_dataset(name)
        found.verify()
    if invocation.as_json:
        print_json(invocation, {"dataset": name, "rows": found.row_count, "digest": found.digest})
    say(invocation, f"Saved dataset {name}: {count_text(found.row_count, 'row')} as saved")


@datasets.command(
    cls=ProvenderCommand, example="provender datasets rebuild train --out again.parquet"
)
@name_argument
@version_option
@out_option
@limit_option
@pass_invocation
def rebuild(
    invocation: Invocation, name: str, catalog_version: int | None, out: Path | None, limit: int
) -> None:
    """Run the request of NAME again, for its entity rows, as known when it was created.

    With --out, all rows are written to a file; otherwise the first ones are printed.
    """
    with invocation.open_store() as store:
        with _warned():
            job = store.get_saved_dataset(name).rebuild(catalog_version)
        if out is not None:
            write_result(invocation, job, out)
        else:
            print_result(invocation, job, limit)


@datasets.command(cls=ProvenderCommand, example="provender datasets compare train --most 3")
@name_argument
@version_option
@click.option(
    "--most",
    type=click.IntRange(min=0),
    default=10,
    show_default=True,
    help="The number of differences to print.",
)
@click.option(
    "--detailed-exitcode", is_flag=True, help=f"Exit with code {CHANGES} when something differs."
)
@click.pass_context
@pass_invocation
def compare(
    invocation: Invocation,
    ctx: click.Context,
    name: str,
    catalog_version: int | None,
    most: int,
    detailed_exitcode: bool,
) -> None:
    """Rebuild NAME, and show what differs from the stored rows."""
    with invocation.open_store() as store, working(invocation, "joining"), _warned():
        found = store.get_saved_dataset(name).compare(most=most, catalog_version=catalog_version)
    if invocation.as_json:
        print_json(invocation, {"dataset": name, "equal": found.equal, **asdict(found)})
    else:
        _show(invocation, name, found)
    if detailed_exitcode and not found.equal:
        ctx.exit(CHANGES)


@datasets.command(cls=ProvenderCommand, example="provender datasets usefulness train --label late")
@name_argument
@click.option("--label", required=True, metavar="COLUMN", help="The column to be predicted.")
@click.option(
    "--task",
    type=click.Choice(["classification", "regression"]),
    help="What the label needs.  [default: by its type]",
)
@click.option(
    "--permutations",
    type=click.IntRange(min=1),
    default=30,
    show_default=True,
    help="How often the labels are shuffled to see what chance gives.",
)
@click.option(
    "--most-rows",
    type=click.IntRange(min=50),
    default=10_000,
    show_default=True,
    help="The most rows to rate; of more a sample is taken.",
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="The seed of chance."
)
@pass_invocation
def usefulness(
    invocation: Invocation,
    name: str,
    label: str,
    task: Task | None,
    permutations: int,
    most_rows: int,
    seed: int,
) -> None:
    """Show how useful each feature of NAME is for a label, and what is suspicious about it."""
    with invocation.open_store() as store, working(invocation, "rating"):
        found = store.get_saved_dataset(name).usefulness(
            label, task=task, permutations=permutations, most_rows=most_rows, seed=seed
        )
    if invocation.as_json:
        print_json(invocation, {**asdict(found), "suspects": found.suspects})
        return
    rows = f"{found.rows:,} of {count_text(found.labelled_rows, 'labelled row')}"
    say(invocation, f"Saved dataset {name}, {found.task} of {label}: rated by {rows}")
    if found.features:
        most = found.features[0].mutual_information
        headers = ("FEATURE", "", "BITS", "CHANCE", "MISSING", "DRIFT", found.measure, "")
        print_table(invocation, headers, [_rated(one, most) for one in found.features])
    for names, what in (
        (found.constant, "have one value"),
        (found.empty, "have no value"),
        (found.not_rated, "are of a type that is not rated"),
    ):
        if names:
            say(invocation, f"Not rated, since they {what}: {', '.join(names)}")
    if found.unlabelled_rows:
        say(invocation, f"Left out, since they have no label: {found.unlabelled_rows:,}")
    if found.rare_rows:
        say(invocation, f"Left out, since their label is rare: {found.rare_rows:,}")


def _rated(one: FeatureUsefulness, most: float) -> Sequence[object]:
    """Return a feature as a row of the table, with a bar as long as it is useful."""
    bar = "█" * round(_BAR * one.mutual_information / most) if most else ""
    note = "suspect: may hold the label" if one.suspect else ""
    drift = "" if one.drift is None else f"{one.drift:.2f}"
    return (
        one.feature,
        bar,
        f"{one.mutual_information:.3f}",
        f"{one.chance_p95:.3f}",
        f"{one.missing:.1%}",
        drift,
        f"{one.alone:.3f}",
        note or ("" if one.above_chance else "no more than chance"),
    )


def _features(features: tuple[str | Projection, ...] | str) -> list[Any] | str:
    if isinstance(features, str):
        return features
    return [part if isinstance(part, str) else part.to_document() for part in features]


def document_of(dataset: SavedDataset) -> dict[str, Any]:
    """Return everything that is recorded of a dataset as plain data."""
    from provender.clock import from_us

    request, known = dataset.request, dataset.request.known_at
    return {
        "name": dataset.name,
        "project": dataset.project,
        "tags": dataset.tags,
        "created": dataset.created_timestamp,
        "catalog_version": dataset.catalog_version,
        "features": _features(request.features),
        "full_feature_names": request.full_feature_names,
        "timestamp_field": request.timestamp_field,
        "known_at": from_us(known) if isinstance(known, int) else known,
        "entity_columns": dataset.entity_columns,
        "storage": asdict(dataset.storage),
        "rows": dataset.row_count,
        "schema": {field.name: str(field.type) for field in dataset.schema},
        "digest": dataset.digest,
        "query": dataset.query,
    }


def _row(dataset: SavedDataset) -> Sequence[object]:
    created, rows = dataset.created_timestamp, f"{dataset.row_count:,}"
    return dataset.name, created, rows, dataset.catalog_version, dataset.storage


def _show(invocation: Invocation, name: str, found: Comparison) -> None:
    if found.equal:
        say(invocation, f"Saved dataset {name}: {count_text(found.rows, 'row')}, none differs")
        return
    for names, what in ((found.missing, "no longer given"), (found.new, "not stored")):
        for column in names:
            say(invocation, f"Column {column} is {what}")
    for one in found.retyped:
        say(invocation, f"Column {one.column} is {one.rebuilt}; {one.stored} is stored")
    differing = f"{found.differing_rows:,} of {count_text(found.rows, 'row')} differ"
    say(invocation, f"Saved dataset {name}: {differing}")
    if found.differences:
        keys = list(found.differences[0].entity)
        rows = [
            [d.row, *d.entity.values(), d.column, cell_text(d.stored), cell_text(d.rebuilt)]
            for d in found.differences
        ]
        print_table(invocation, ["ROW", *keys, "COLUMN", "STORED", "REBUILT"], rows)


def _storage(path: str | None, table: str | None) -> SavedDatasetStorage:
    from provender.datasets import SavedDatasetTableStorage

    if (path is None) == (table is None):
        raise click.UsageError("a place is needed: either --storage PATH or --table TABLE")
    return SavedDatasetTableStorage(table) if table is not None else str(path)


@contextmanager
def _warned() -> Iterator[None]:
    """Show what is rebuilt as it is now, on stderr."""
    from provender.datasets import RebuiltAsNow

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", RebuiltAsNow)
        yield
    for one in caught:
        click.echo(problem_text(Problem(str(one.message)), "warning"), err=True)
