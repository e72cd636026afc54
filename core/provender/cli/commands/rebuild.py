"""``provender rebuild``, and ``--rebuild`` of the materializations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from provender.cli.commands.repairing import NamedEntities, entity_options, run_repair
from provender.cli.frame.command import ProvenderCommand
from provender.cli.frame.invocation import Invocation, pass_invocation
from provender.cli.frame.options import keep_pushed_option, yes_option
from provender.cli.frame.output import print_json, say
from provender.cli.frame.progress import MaterializeProgress, used_units
from provender.cli.inputs import registered_names
from provender.errors import MaterializeError, count_text

if TYPE_CHECKING:
    from provender.filling.rebuild import RebuiltView
    from provender.materialize.observer import ViewReport
    from provender.store import FeatureStore

F = TypeVar("F", bound=Callable[..., Any])
_EXAMPLE = """provender rebuild driver_stats
provender rebuild driver_stats --keep-pushed
provender rebuild --end 2026-02-01T00:00:00 --yes
provender rebuild driver_stats --entity driver_id=1001"""
_STOPPED = (
    "Stopped. Each feature view serves its old rows or its new ones, never both; "
    "run it again to rebuild the others."
)


@dataclass(frozen=True)
class Rebuilding:
    """How views are rebuilt.

    Attributes:
        keep_pushed: Keep the rows that are only online.
        yes: Such rows may be lost without a question.
        asked: Whether it was asked for: a materialization needs ``--rebuild``.
    """

    keep_pushed: bool
    yes: bool
    asked: bool = True


def rebuild_options(command: F) -> F:
    """Add ``--rebuild`` and its options to a command, which takes them as `rebuilding`."""

    @wraps(command)
    def told(*args: Any, rebuild: bool, keep_pushed: bool, yes: bool, **more: Any) -> Any:
        if (keep_pushed or yes) and not rebuild:
            raise click.UsageError("--keep-pushed and --yes are options of --rebuild")
        return command(*args, rebuilding=Rebuilding(keep_pushed, yes, rebuild), **more)

    flag = click.option(
        "--rebuild",
        is_flag=True,
        help="Make the online rows equal to the offline store, as `provender rebuild` does.",
    )
    return cast("F", flag(keep_pushed_option(yes_option(told))))


@click.command(cls=ProvenderCommand, example=_EXAMPLE)
@click.argument("views", metavar="[VIEW]...", nargs=-1, shell_complete=registered_names.views)
@click.option(
    "--end",
    metavar="TIME",
    help="Only rows with this event timestamp or an earlier one.  [default: now]",
)
@entity_options
@keep_pushed_option
@yes_option
@pass_invocation
def rebuild(
    invocation: Invocation,
    views: Sequence[str],
    end: str | None,
    named: NamedEntities,
    keep_pushed: bool,
    yes: bool,
) -> None:
    """Make the online rows of feature views equal to the offline store.

    A new table is filled while the old one is read, and then all views are switched at once:
    rows that were removed from the source, or mended there, are gone online. Without VIEW, all
    views that are online are rebuilt. Losing rows that are only online needs an answer at a
    terminal, or --yes.

    With --entity or --keys, the rows of some entities alone are made equal, in place: without
    VIEW, in all views that are online and whose join keys are all given.

    TIME is ISO 8601; without an offset it means UTC.
    """
    if not named.given:
        run_rebuild(invocation, views, end, Rebuilding(keep_pushed, yes))
        return
    if keep_pushed:
        raise click.UsageError(
            "--keep-pushed is for whole views: with --entity or --keys, a row that the source does "
            "not have is deleted"
        )
    run_repair(invocation, views, None if end is None else _instant(end, "--end"), named)


def run_rebuild(
    invocation: Invocation,
    views: Sequence[str],
    end: str | None,
    how: Rebuilding,
    end_name: str = "--end",
) -> None:
    """Rebuild views, and report the progress and what came of each.

    Args:
        invocation: The call.
        views: The views; none: all that are online.
        end: The last instant that is read; None: now.
        how: How they are rebuilt.
        end_name: What `end` is called on the command line.
    """
    until = None if end is None else _instant(end, end_name)
    with (
        invocation.open_store() as store,
        MaterializeProgress(invocation, "Rebuilding") as progress,
    ):
        done: list[RebuiltView] = []
        try:
            done = store.rebuild(
                list(views) or None,
                until,
                keep_pushed=how.keep_pushed,
                allow_data_loss=how.yes,
                observer=progress,
            )
        except MaterializeError:
            _report(invocation, store, progress, done)
            raise
        finally:
            progress.stop()
            if invocation.interrupted:
                click.echo(_STOPPED, err=True)
        _report(invocation, store, progress, done)


def _instant(text: str, name: str) -> datetime:
    from provender.clock import parse_instant

    return parse_instant(text, name=name)


def _report(
    invocation: Invocation,
    store: FeatureStore,
    progress: MaterializeProgress,
    done: Sequence[RebuiltView],
) -> None:
    """Say what came of each view, and what the online store used.

    Args:
        invocation: The call.
        store: The store.
        progress: What was reported of each view.
        done: What came of the views; none where some failed.
    """
    found = {one.view: one for one in done}
    reports = {report.view: report for report in progress.reports}  # the last one, if it asked
    read = {view: store.catalog.view(view).generation for view in reports}
    used = used_units(store, progress)
    if invocation.as_json:
        views = [_document(one, read[view], found.get(view)) for view, one in reports.items()]
        print_json(invocation, {"store": progress.store, "views": views, "used": used})
    for view, report in reports.items():
        if report.error is None:
            say(invocation, _line(view, read[view], found.get(view)))
    for kind, units in used.items():
        say(invocation, f"{progress.store}: {units:,.10g} {kind}")


def _line(view: str, generation: int, found: RebuiltView | None) -> str:
    text = f"Rebuilt {view}: generation {generation} is served now"
    if found and found.kept:
        text += f"; kept {count_text(found.kept, 'row')} that the source does not have"
    if found and found.dropped:
        text += f"; dropped {count_text(found.dropped, 'row')} that the source does not have"
    return text


def _document(report: ViewReport, generation: int, found: RebuiltView | None) -> dict[str, Any]:
    from provender.cli.frame.errors import error_document

    return {
        "view": report.view,
        "generation": generation,
        "end": report.end,
        "rows": report.rows,
        "kept": found.kept if found else None,
        "dropped": found.dropped if found else None,
        "error": error_document(report.error) if report.error else None,
    }
