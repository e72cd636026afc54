"""``provender materialize`` and ``materialize-incremental``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from provender.cli.settings import Settings, pass_settings

if TYPE_CHECKING:
    from provender.materialize import MaterializeObserver, ViewReport
    from provender.store import FeatureStore

_views = click.option(
    "-v", "--views", multiple=True, help="A feature view; repeat it. By default all online ones."
)


@click.command(epilog="Example: provender materialize 2026-01-01T00:00:00 2026-02-01T00:00:00")
@click.argument("start")
@click.argument("end")
@_views
@pass_settings
def materialize(settings: Settings, start: str, end: str, views: Sequence[str]) -> None:
    """Move the newest rows between START and END (ISO 8601, naive means UTC) online."""
    _run(
        settings,
        lambda store, observer: store.materialize(start, end, views or None, observer=observer),
    )


@click.command(epilog="Example: provender materialize-incremental 2026-02-01T00:00:00")
@click.argument("end")
@_views
@pass_settings
def materialize_incremental(settings: Settings, end: str, views: Sequence[str]) -> None:
    """Move online what is not there yet, up to END (ISO 8601, naive means UTC)."""
    _run(
        settings,
        lambda store, observer: store.materialize_incremental(
            end, views or None, observer=observer
        ),
    )


def _run(
    settings: Settings,
    move: Callable[[FeatureStore, MaterializeObserver], Sequence[ViewReport]],
) -> None:
    from provender.cli.progress import ProgressObserver

    with settings.store() as store, ProgressObserver(quiet=settings.json) as observer:
        try:
            move(store, observer)
        finally:
            if settings.json:
                settings.show("", [_plain(report) for report in observer.reports])


def _plain(report: ViewReport) -> dict[str, object]:
    return {
        "view": report.view,
        "start": report.start.isoformat() if report.start else None,
        "end": report.end.isoformat(),
        "rows": report.rows,
        "error": str(report.error) if report.error else None,
    }
