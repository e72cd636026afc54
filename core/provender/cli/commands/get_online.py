"""``provender get-online``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click

from provender.cli.frame.command import ProvenderCommand
from provender.cli.frame.invocation import Invocation, pass_invocation
from provender.cli.frame.options import (
    features_option,
    full_names_option,
    service_option,
    wanted_features,
)
from provender.cli.frame.output import cell_text, print_json, print_table
from provender.cli.inputs.entity_rows import online_rows
from provender.online.response import OnlineResponse, Status

_EXAMPLE = """provender get-online --entity driver_id=1001 --features driver_stats
provender get-online --entity id=6 --entity id=7 --features user:age,user:city --output json
provender get-online --entities-file drivers.json --features driver_stats:rating --statuses"""


@click.command(cls=ProvenderCommand, example=_EXAMPLE)
@click.option(
    "--entity",
    "pairs",
    multiple=True,
    metavar="KEY=VALUE",
    help="A join key and its value; once for each key, and again for more entities.",
)
@click.option(
    "--entities-file",
    "file",
    type=click.Path(dir_okay=False, allow_dash=True),
    metavar="FILE",
    help="JSON: a list of objects, or an object of lists; - reads stdin.",
)
@features_option
@service_option
@full_names_option
@click.option("--statuses", is_flag=True, help="Add NAME__status: why a value is null.")
@click.option("--timestamps", is_flag=True, help="Add NAME__ts: the event timestamp of its row.")
@pass_invocation
def get_online(
    invocation: Invocation,
    pairs: Sequence[str],
    file: str | None,
    features: Sequence[str],
    service: str | None,
    full_feature_names: bool,
    statuses: bool,
    timestamps: bool,
) -> None:
    """Read the newest features of entities from the online store.

    As text, a null is shown with its status: NULL_VALUE, NOT_FOUND or OUTSIDE_MAX_AGE.
    """
    with invocation.open_store() as store:
        names = wanted_features(store, features, service)
        reader = store.prepare(names, full_feature_names=full_feature_names)
        response = reader.read(online_rows(pairs, file, reader.key_types))
    show = {"include_event_timestamps": timestamps}
    if invocation.as_json:
        print_json(invocation, response.to_dict(include_statuses=statuses, **show))
        return
    values = response.to_dict(include_statuses=statuses, **show)
    reasons = {} if statuses else _statuses(response)
    print_table(invocation, list(values), _rows(values, reasons))


def _statuses(response: OnlineResponse) -> dict[str, list[Status]]:
    """Return the statuses of each feature's values."""
    return {
        name: view.status(feature)
        for view in response.views
        for feature, name in enumerate(view.outputs)
    }


def _rows(
    values: Mapping[str, Sequence[Any]], reasons: Mapping[str, Sequence[Status]]
) -> Iterator[list[str]]:
    for number in range(len(next(iter(values.values()), ()))):
        yield [_cell(column[number], reasons.get(n), number) for n, column in values.items()]


def _cell(value: Any, reasons: Sequence[Status] | None, number: int) -> str:
    if value is not None or reasons is None:
        return cell_text(value)
    return f"null ({reasons[number].value})"
