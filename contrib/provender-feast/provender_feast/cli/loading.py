"""``feast materialize`` and ``feast materialize-incremental``."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import click

from provender_feast.cli.repository import Repository, repository

_VIEWS = click.option("--views", "-v", multiple=True, help="Feature views; by default all.")


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not an ISO 8601 timestamp") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


@click.command()
@click.argument("start_ts", required=False)
@click.argument("end_ts", required=False)
@_VIEWS
@click.option("--disable-event-timestamp", is_flag=True, help="Load all rows up to now.")
@repository
def materialize(
    repo: Repository,
    start_ts: str | None,
    end_ts: str | None,
    views: tuple[str, ...],
    disable_event_timestamp: bool,
) -> None:
    """Load the newest rows from START_TS to END_TS, ISO 8601 timestamps, into the online store."""
    if disable_event_timestamp and (start_ts or end_ts):
        raise click.UsageError(
            "Cannot specify START_TS or END_TS when --disable-event-timestamp is used"
        )
    if not disable_event_timestamp and not (start_ts and end_ts):
        raise click.UsageError(
            "START_TS and END_TS are required unless --disable-event-timestamp is used"
        )
    start, end = (_instant(text or "1970-01-01") for text in (start_ts, end_ts))
    with repo.store() as store:
        store.materialize(
            start, end, list(views) or None, disable_event_timestamp=disable_event_timestamp
        )


@click.command("materialize-incremental")
@click.argument("end_ts")
@_VIEWS
@repository
def materialize_incremental(repo: Repository, end_ts: str, views: tuple[str, ...]) -> None:
    """Load what is new up to END_TS, an ISO 8601 timestamp, into the online store."""
    with repo.store() as store:
        store.materialize_incremental(_instant(end_ts), list(views) or None)


COMMANDS: Final = (materialize, materialize_incremental)
