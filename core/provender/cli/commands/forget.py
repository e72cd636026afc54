"""``provender forget``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from provender.cli.frame.command import ProvenderCommand
from provender.cli.frame.confirm import need_consent
from provender.cli.frame.invocation import Invocation, pass_invocation
from provender.cli.frame.options import yes_option
from provender.cli.frame.output import print_json, say
from provender.cli.inputs import registered_names
from provender.cli.inputs.entity_rows import online_rows
from provender.errors import count_text, listed

if TYPE_CHECKING:
    from provender.erasure import ForgetReport

_EXAMPLE = """provender forget --entity driver_id=1001
provender forget --entity driver_id=1001 --entity customer_id=7 --view trips --yes"""
_LATER = (
    "The rows in the sources were not changed: as long as they hold the entity, materializing "
    "their time range loads it again"
)


@click.command(cls=ProvenderCommand, example=_EXAMPLE)
@click.option(
    "--entity",
    "pairs",
    multiple=True,
    required=True,
    metavar="KEY=VALUE",
    help="A join key of the entity and its value; once for each key.",
)
@click.option(
    "--view",
    "views",
    multiple=True,
    metavar="NAME",
    shell_complete=registered_names.views,
    help="Only this feature view; may be repeated.  [default: all that are online]",
)
@yes_option
@pass_invocation
def forget(invocation: Invocation, pairs: Sequence[str], views: Sequence[str], yes: bool) -> None:
    """Erase one entity from the online store.

    Its row is removed from every online feature view whose join keys are all given. Rows in the
    sources are not touched: while they hold the entity, materializing their time again loads it
    again.
    """
    from provender.entity_views import key_types

    named = views or None
    with invocation.open_store() as store:
        types = key_types(store.refresh(), named)
        entity = _entity(online_rows(pairs, None, types))
        found = store.plan_forget(entity, named)
        if found.rows and not yes:
            holding = [erased.view for erased in found.erased if erased.rows]
            loss = f"{count_text(found.rows, 'online row')} of {listed(holding)}"
            need_consent(invocation, f"Erase {_named(found)}: {loss}?", loss)
        report = store.forget(entity, named)
    if invocation.as_json:
        print_json(invocation, _document(store.project, report))
    for line in _lines(report):
        say(invocation, line)


def _entity(columns: dict[str, list[Any]]) -> dict[str, Any]:
    """Return the one entity that is given.

    Raises:
        UsageError: A key is given twice.
    """
    twice = [name for name, values in columns.items() if len(values) > 1]
    if twice:
        raise click.UsageError(
            f"--entity gives {listed(twice)} twice; only one entity can be erased at a time"
        )
    return {name: value for name, (value,) in columns.items()}


def _named(report: ForgetReport) -> str:
    return ", ".join(f"{name}={value}" for name, value in report.entity.items())


def _lines(report: ForgetReport) -> list[str]:
    lines = []
    for erased in report.erased:
        if erased.rows:
            rows = count_text(erased.rows, "row")
            lines.append(f"Erased {_named(report)} from feature view {erased.view}: {rows}")
        else:
            lines.append(f"Feature view {erased.view} held no row of {_named(report)}")
    for view, missing in report.not_touched.items():
        lines.append(f"Not touched: feature view {view}, which also needs {listed(missing)}")
    return [*lines, _LATER]


def _document(project: str, report: ForgetReport) -> dict[str, object]:
    return {
        "project": project,
        "entity": report.entity,
        "erased": [
            {"view": erased.view, "tables": erased.tables, "rows": erased.rows}
            for erased in report.erased
        ],
        "not_touched": [
            {"view": view, "missing_keys": missing} for view, missing in report.not_touched.items()
        ],
    }
