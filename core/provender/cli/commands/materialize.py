"""``provender materialize`` and ``provender materialize-incremental``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from provender.cli.commands.rebuild import Rebuilding, rebuild_options, run_rebuild
from provender.cli.commands.repairing import NamedEntities, entity_options, run_repair
from provender.cli.frame.command import ProvenderCommand
from provender.cli.frame.invocation import Invocation, pass_invocation
from provender.cli.frame.output import print_json, say
from provender.cli.frame.progress import MaterializeProgress, used_units
from provender.cli.inputs import registered_names

if TYPE_CHECKING:
    from provender.store import FeatureStore

_EXAMPLE = """provender materialize 2026-01-01T00:00:00 2026-02-01T00:00:00 -v driver_stats
provender materialize --entity driver_id=1001
provender materialize --keys drivers.csv -v driver_stats"""
_views = click.option(
    "-v",
    "--views",
    multiple=True,
    metavar="NAME",
    shell_complete=registered_names.views,
    help="Only this feature view; may be repeated.",
)


@click.command(cls=ProvenderCommand, example=_EXAMPLE)
@click.argument("start", required=False)
@click.argument("end", required=False)
@_views
@entity_options
@rebuild_options
@pass_invocation
def materialize(
    invocation: Invocation,
    start: str | None,
    end: str | None,
    views: tuple[str, ...],
    named: NamedEntities,
    rebuilding: Rebuilding,
) -> None:
    """Load the newest rows from START to END, both included, into the online store.

    Times are ISO 8601; without an offset they mean UTC. With --rebuild, there is no START and no
    END: everything up to now is loaded.

    With --entity or --keys, the online rows of some entities alone are made equal to the offline
    store's as of END (by default now): also by older rows, and by deleting what is not there. It
    is for rows that were wrong once, and after `forget`; START is not given.
    """
    if named.given:
        _repair(invocation, start, end, views, named, rebuilding)
        return
    if rebuilding.asked:
        if start is not None:
            raise click.UsageError(
                "a rebuild reads all rows of the source: leave START and END out, or give END to "
                "provender materialize-incremental END --rebuild"
            )
        run_rebuild(invocation, views, None, rebuilding)
        return
    if start is None or end is None:
        raise click.UsageError(
            f"Missing argument '{'START' if start is None else 'END'}'; only --rebuild, --entity "
            "and --keys do without."
        )
    _run(
        invocation,
        lambda store, progress: store.materialize(
            _instant(start, "START"), _instant(end, "END"), _chosen(views), observer=progress
        ),
    )


def _repair(
    invocation: Invocation,
    first: str | None,
    second: str | None,
    views: Sequence[str],
    named: NamedEntities,
    rebuilding: Rebuilding,
) -> None:
    """Repair entities as of END, which is the only time that is taken."""
    if rebuilding.asked:
        raise click.UsageError(
            "--rebuild makes all rows anew, --entity and --keys those of some entities in place: "
            "leave one of them out"
        )
    if second is not None:
        raise click.UsageError(
            "START is not taken with --entity or --keys: the newest row of each entity counts, "
            "however old it is. Give END alone, or no time."
        )
    run_repair(invocation, views, None if first is None else _instant(first, "END"), named)


@click.command(
    cls=ProvenderCommand, example="provender materialize-incremental $(date -u +%Y-%m-%dT%H:%M:%S)"
)
@click.argument("end")
@_views
@rebuild_options
@pass_invocation
def materialize_incremental(
    invocation: Invocation, end: str, views: tuple[str, ...], rebuilding: Rebuilding
) -> None:
    """Load new rows up to END into the online store, including rows that arrived late.

    END is ISO 8601; without an offset it means UTC.
    """
    if rebuilding.asked:
        run_rebuild(invocation, views, end, rebuilding, "END")
        return
    _run(
        invocation,
        lambda store, progress: store.materialize_incremental(
            _instant(end, "END"), _chosen(views), observer=progress
        ),
    )


def _instant(text: str, name: str) -> datetime:
    from provender.clock import parse_instant

    return parse_instant(text, name=name)


def _chosen(views: Sequence[str]) -> list[str] | None:
    return list(views) or None


def _run(
    invocation: Invocation, work: Callable[[FeatureStore, MaterializeProgress], object]
) -> None:
    with invocation.open_store() as store, MaterializeProgress(invocation) as progress:
        try:
            work(store, progress)
        finally:
            progress.stop()
            used = used_units(store, progress) if progress.reports else {}
            for kind, units in used.items():
                say(invocation, f"{progress.store}: {units:,.10g} {kind}")
            if invocation.interrupted:
                click.echo("Stopped. What was written stays; a rerun completes it.", err=True)
            if invocation.as_json and progress.reports:
                print_json(invocation, {**_document(progress), "used": used})


def _document(progress: MaterializeProgress) -> dict[str, Any]:
    from provender.cli.frame.errors import error_document, problem_document

    views = [
        {
            "view": report.view,
            "start": report.start,
            "end": report.end,
            "rows": report.rows,
            "read": report.read,
            "equal": report.equal,
            "kept_back": report.kept_back,
            "warning": problem_document(report.warning) if report.warning else None,
            "error": error_document(report.error) if report.error else None,
        }
        for report in progress.reports
    ]
    return {"store": progress.store, "views": views}
