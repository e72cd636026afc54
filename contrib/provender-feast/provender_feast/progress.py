"""What Feast prints while it materializes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from provender.materialize import ViewReport
    from provender_feast.repo_config import RepoConfig


def beginning(
    config: RepoConfig, names: Sequence[str], end: datetime, start: datetime | None = None
) -> str:
    """Return the line that Feast begins with."""
    store = config.online_store
    kind = store.get("type") if store is not None else "sqlite"
    begin = f"from {start} " if start else ""
    return (
        f"Materializing {len(names)} feature views {begin}to {end} into the {kind} online store.\n"
    )


def loaded(reports: Iterable[ViewReport]) -> None:
    """Print what was loaded of each view, in Provender's words."""
    for report in reports:
        begin = f" from {report.start}" if report.start else ""
        click.echo(f"{report.view}{begin} to {report.end}:\n{report.counts_text}")
