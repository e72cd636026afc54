"""``provender historical``."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from provender.cli.frame.command import ProvenderCommand
from provender.cli.frame.invocation import Invocation, pass_invocation
from provender.cli.frame.options import (
    entities_option,
    features_option,
    full_names_option,
    known_at_option,
    limit_option,
    out_option,
    service_option,
    sql_option,
    timestamp_field_option,
    wanted_features,
)
from provender.cli.frame.output import print_json, print_table, say
from provender.cli.frame.plan import estimate_text
from provender.cli.frame.progress import rate_text, working
from provender.cli.inputs.entity_rows import spine_of
from provender.errors import count_text

if TYPE_CHECKING:
    from provender.offline.result import Result
    from provender.offline.retrieval_job import RetrievalJob

_EXAMPLE = """provender historical --entities trips.parquet --features driver_stats:rating --out train.parquet
provender historical --entities trips.csv --features driver_stats
provender historical --sql "SELECT * FROM 'trips.parquet'" --features driver_stats --show-sql"""  # noqa: E501


@click.command(cls=ProvenderCommand, example=_EXAMPLE)
@entities_option
@sql_option
@features_option
@service_option
@out_option
@limit_option
@full_names_option
@known_at_option
@timestamp_field_option
@click.option("--show-sql", is_flag=True, help="Print the query instead of running it.")
@click.option("--dry-run", is_flag=True, help="Print what the query would read and cost instead.")
@pass_invocation
def historical(
    invocation: Invocation,
    entities: Path | None,
    sql: str | None,
    features: Sequence[str],
    service: str | None,
    out: Path | None,
    limit: int,
    full_feature_names: bool,
    known_at: str | None,
    timestamp_field: str,
    show_sql: bool,
    dry_run: bool,
) -> None:
    """Build training rows: join features to entity rows, as of the timestamp of each row.

    With --out, all rows are written to a file; otherwise the first ones are printed.
    """
    spine = spine_of(entities, sql, timestamp_field)
    with invocation.open_store() as store:
        job = store.get_historical_features(
            spine,
            wanted_features(store, features, service),
            full_feature_names=full_feature_names,
            known_at=known_at,
            timestamp_field=timestamp_field,
        )
        if show_sql:
            _show_sql(invocation, job)
        elif dry_run:
            _show_estimate(invocation, job)
        elif out is not None:
            write_result(invocation, job, out)
        else:
            print_result(invocation, job, limit)


def _show_sql(invocation: Invocation, job: RetrievalJob) -> None:
    if invocation.as_json:
        print_json(invocation, {"sql": job.sql})
    say(invocation, job.sql)


def _show_estimate(invocation: Invocation, job: RetrievalJob) -> None:
    found = job.estimate()
    known = {"rows": found.rows, "bytes": found.bytes, "price": found.price}
    if invocation.as_json:
        print_json(invocation, {**known, "currency": found.currency})
        return
    unknown = "the offline store cannot estimate what the query would cost"
    say(invocation, estimate_text(found) or unknown)


def write_result(invocation: Invocation, job: Result, out: Path) -> None:
    """Write all rows to a Parquet file, and say how many."""
    began = time.monotonic()
    with working(invocation, "joining"):
        rows = job.to_parquet(out)
    seconds = time.monotonic() - began
    if invocation.as_json:
        print_json(invocation, {"file": out, "rows": rows, "seconds": round(seconds, 3)})
    say(invocation, f"{rate_text(rows, seconds)} → {out}")


def print_result(invocation: Invocation, job: Result, limit: int) -> None:
    """Print the first rows, and whether there are more."""
    rows: list[dict[str, Any]] = []
    names: list[str] = []
    batches: Any = job.to_batches()
    with working(invocation, "joining"), closing(batches):
        for batch in batches:
            names = batch.schema.names
            rows += batch.slice(0, limit + 1 - len(rows)).to_pylist()
            if len(rows) > limit:
                break
    more, rows = len(rows) > limit, rows[:limit]
    if invocation.as_json:
        print_json(invocation, {"rows": rows, "more": more})
        return
    if not rows:
        say(invocation, "There are no rows.")
        return
    print_table(invocation, names, [list(row.values()) for row in rows])
    if more:
        first = count_text(limit, "row")
        say(invocation, f"… the first {first}; --limit prints more, --out FILE writes all")
