"""Repairs of a few entities in place, by the options --entity and --keys of several commands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from provender.cli.frame.invocation import Invocation
from provender.cli.frame.output import print_json, say
from provender.cli.frame.progress import working
from provender.errors import count_text

if TYPE_CHECKING:
    from provender.repair import RepairReport
    from provender.store import FeatureStore

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class NamedEntities:
    """The entities that are named on the command line.

    Attributes:
        pairs: ``KEY=VALUE`` of them.
        keys: A file with their join keys, instead.
    """

    pairs: Sequence[str]
    keys: str | None

    @property
    def given(self) -> bool:
        """Whether any are named."""
        return bool(self.pairs) or self.keys is not None

    def read(self, store: FeatureStore, views: Sequence[str] | None) -> Any:
        """Return them for `FeatureStore.repair`.

        Raises:
            ProvenderError: The file, or a value, cannot be read.
        """
        from provender.cli.inputs.entity_rows import online_rows
        from provender.cli.inputs.push_files import rows_of
        from provender.entity_views import key_types

        catalog = store.refresh()
        if self.keys is None:
            return online_rows(self.pairs, None, key_types(catalog, views))
        return rows_of(self.keys, lambda: key_types(catalog, views))


def entity_options(command: F) -> F:
    """Add ``--entity`` and ``--keys`` to a command, which takes them as `named`."""

    @wraps(command)
    def told(*args: Any, pairs: tuple[str, ...], keys: str | None, **more: Any) -> Any:
        if pairs and keys is not None:
            raise click.UsageError("the entities are given by --entity or by --keys, not by both")
        return command(*args, named=NamedEntities(pairs, keys), **more)

    entity = click.option(
        "--entity",
        "pairs",
        multiple=True,
        metavar="KEY=VALUE",
        help="Repair this entity: a join key and its value; once for each key, and again for "
        "more entities.",
    )
    file = click.option(
        "--keys",
        type=click.Path(allow_dash=True),
        metavar="FILE",
        help="Repair the entities of this file: their join keys, as .parquet, .csv, .jsonl or "
        ".ndjson; - reads JSON lines from stdin.",
    )
    return cast("F", entity(file(told)))


def run_repair(
    invocation: Invocation, views: Sequence[str], end: datetime | None, named: NamedEntities
) -> None:
    """Make online rows of entities equal to the offline store's, and report what was done.

    Args:
        invocation: The call.
        views: The feature views; none: all that are online and whose join keys are all given.
        end: The last event timestamp; None: now.
        named: The entities.
    """
    chosen = list(views) or None
    with invocation.open_store() as store:
        entities = named.read(store, chosen)
        with working(invocation, "Repairing"):
            reports = store.repair(entities, chosen, end)
        used = dict(store.stores.online.usage())
        kind = store.stores.plugins.store_type("online").name
    if invocation.as_json:
        print_json(invocation, {"store": kind, "views": list(map(asdict, reports)), "used": used})
        return
    for report in reports:
        say(invocation, _line(report))
    for unit, number in used.items():
        say(invocation, f"{kind}: {number:,.10g} {unit}")


def _line(report: RepairReport) -> str:
    older = "an older row" if report.replaced == 1 else "older rows"
    newer = "a newer row" if report.kept == 1 else "newer rows"
    parts = {
        "equal": report.equal,
        "written": report.written,
        f"replaced by {older}": report.replaced,
        "deleted": report.deleted,
        f"kept, since {newer} came meanwhile": report.kept,
    }
    counts = ", ".join(f"{count:,} {what}" for what, count in parts.items() if count)
    entities = count_text(report.entities, "entity", "entities")
    return f"Repaired {entities} of feature view {report.view}: {counts or 'nothing to do'}"
