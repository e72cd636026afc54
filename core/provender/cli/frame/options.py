"""Options that several commands have."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from provender.cli.inputs import registered_names

if TYPE_CHECKING:
    from provender.definitions.requested import Features
    from provender.store import FeatureStore

entities_option = click.option(
    "--entities",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Entity rows: a .parquet or .csv file.",
)
sql_option = click.option(
    "--sql", metavar="TEXT", help="Entity rows: a query in the offline store's SQL."
)
known_at_option = click.option(
    "--known-at",
    metavar="TIME|COLUMN",
    help="Rows created later than this do not exist; a column has a time for each entity row.",
)
timestamp_field_option = click.option(
    "--timestamp-field",
    default="event_timestamp",
    show_default=True,
    metavar="COLUMN",
    help="The column with the timestamp of each entity row.",
)
features_option = click.option(
    "--features",
    multiple=True,
    metavar="REF",
    shell_complete=registered_names.features,
    help="view:feature, or view for all of its features; several with commas or several times.",
)
service_option = click.option(
    "--service",
    metavar="NAME",
    shell_complete=registered_names.services,
    help="A feature service, instead of --features.",
)
full_names_option = click.option(
    "--full-feature-names", is_flag=True, help="Name columns view__feature instead of feature."
)
start_option = click.option(
    "--from", "start", metavar="TIME", help="Only rows with this event timestamp or a later one."
)
end_option = click.option(
    "--to", "end", metavar="TIME", help="Only rows with this event timestamp or an earlier one."
)
fill_option = click.option(
    "--fill",
    is_flag=True,
    help="Load the online rows that the change needs before it is made, so that none is missing.",
)
out_option = click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write all rows to this Parquet file.",
)
limit_option = click.option(
    "--limit", default=20, show_default=True, help="The number of rows to print without --out."
)
yes_option = click.option(
    "-y", "--yes", is_flag=True, help="Do not ask for confirmation before data is lost."
)
keep_pushed_option = click.option(
    "--keep-pushed",
    is_flag=True,
    help="Keep the rows that are online and not in the source, such as pushed ones.",
)
message_option = click.option("-m", "--message", default="", help="A message for the history.")
author_option = click.option(
    "--author",
    metavar="NAME",
    help="The author of the commit.  [default: the configuration's author, or you]",
)


tag_option = click.option(
    "--tag", "tags", multiple=True, metavar="KEY=VALUE", help="Only those with this tag."
)


def tags_of(given: Sequence[str]) -> dict[str, str]:
    """Return the tags of ``--tag KEY=VALUE``.

    Raises:
        UsageError: One has no value.
    """
    wrong = [text for text in given if "=" not in text]
    if wrong:
        raise click.UsageError(f"--tag needs KEY=VALUE, not {wrong[0]!r}")
    pairs = (text.partition("=") for text in given)
    return {name: value for name, _, value in pairs}


def wanted_features(store: FeatureStore, features: Sequence[str], service: str | None) -> Features:
    """Return what ``--features`` or ``--service`` name.

    Raises:
        UsageError: None of them was given, or both.
        NotFound: There is no such feature service.
    """
    if bool(features) == bool(service):
        raise click.UsageError("either --features or --service is needed")
    if service:
        return store.get_feature_service(service)
    return [part.strip() for text in features for part in text.split(",") if part.strip()]
