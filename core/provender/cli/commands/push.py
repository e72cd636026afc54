"""``provender push``."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import click

from provender.cli.frame.command import ProvenderCommand
from provender.cli.frame.invocation import Invocation, pass_invocation
from provender.cli.frame.output import print_json
from provender.cli.inputs import registered_names
from provender.cli.inputs.push_files import rows_of
from provender.errors import count_text

if TYPE_CHECKING:
    from provender.push import PushReport
    from provender.store import FeatureStore
    from provender.types import FeatureType

_EXAMPLE = """provender push driver_pushes rows.parquet --to both
tail -1 clicks.jsonl | provender push clicks - --output json"""


@click.command(cls=ProvenderCommand, example=_EXAMPLE)
@click.argument("name", shell_complete=registered_names.push_sources)
@click.argument("file", type=click.Path(allow_dash=True))
@click.option(
    "--to",
    type=click.Choice(["online", "offline", "both"]),
    default="online",
    show_default=True,
    help="The stores to write to; both: the offline store first.",
)
@pass_invocation
def push(invocation: Invocation, name: str, file: str, to: str) -> None:
    """Push the rows of FILE to the views of push source NAME.

    FILE ends with .parquet, .csv, .jsonl or .ndjson (a JSON object per line); - reads JSON lines
    from stdin. All rows are checked before any is written. Timestamps without an offset mean UTC.
    """
    with invocation.open_store() as store:
        rows = rows_of(file, lambda: _types(store, name))
        report = store.push(name, rows, to)
    if invocation.as_json:
        document = {"rows": report.rows, "offline": report.offline, "online": report.online}
        print_json(invocation, document)
        return
    click.echo(_told(report))


def _types(store: FeatureStore, name: str) -> dict[str, FeatureType]:
    """Return the types of the source's columns: as its views read them, or as they are stored."""
    from provender.errors import NoDataYet
    from provender.plugin.kit.source_columns import wanted_columns
    from provender.types import from_arrow

    types: dict[str, FeatureType] = {}
    for view in store.refresh().views_of_push_source(name):
        read = view.read()
        with suppress(NoDataYet):
            stored = {f.name: from_arrow(f.type) for f in store.stores.offline.schema(read.source)}
            types = {column: kind for column, kind in stored.items() if kind} | types
        types |= wanted_columns(read)
    return types


def _told(report: PushReport) -> str:
    places = [f"source {source} offline" for source in report.offline]
    places += [f"view {view} online" for view in report.online]
    rows = count_text(report.rows, "row")
    return f"Pushed {rows} to {' and '.join(places)}." if places else "There are no rows to push."
