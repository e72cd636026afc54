"""``provender historical`` and ``get-online``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from provender.cli.settings import Settings, pass_settings
from provender.cli.tables import as_table

_features = click.option(
    "--features",
    multiple=True,
    required=True,
    help="A reference such as driver_stats:rating, or several joined by commas; repeat it.",
)
_full = click.option("--full-feature-names", is_flag=True, help="Name columns view__feature.")


def _references(features: Sequence[str]) -> list[str]:
    return [part.strip() for text in features for part in text.split(",") if part.strip()]


@click.command(
    epilog="Example: provender historical --entities trips.parquet "
    "--features driver_stats:rating --out training.parquet"
)
@click.option(
    "--entities", type=click.Path(path_type=Path), help="Entity rows: a .parquet or .csv file."
)
@click.option("--sql", help="Entity rows: a query in the offline store's SQL.")
@_features
@_full
@click.option("--out", type=click.Path(path_type=Path), help="Write the result to a Parquet file.")
@click.option("--known-at", help="Rows created after this instant do not exist.")
@click.option("--timestamp-field", default="event_timestamp", help="The column of instants.")
@click.option("--show-sql", is_flag=True, help="Print the query instead of running it.")
@pass_settings
def historical(
    settings: Settings,
    entities: Path | None,
    sql: str | None,
    features: Sequence[str],
    full_feature_names: bool,
    out: Path | None,
    known_at: str | None,
    timestamp_field: str,
    show_sql: bool,
) -> None:
    """Join features to entity rows, each as it was at the row's instant."""
    with settings.store() as store:
        job = store.get_historical_features(
            _entity_rows(entities, sql, timestamp_field),
            _references(features),
            full_feature_names=full_feature_names,
            known_at=known_at,
            timestamp_field=timestamp_field,
        )
        if show_sql:
            settings.show(job.sql, {"sql": job.sql})
        elif out:
            rows = job.to_parquet(out)
            settings.show(f"{rows} rows written to {out}", {"rows": rows, "file": str(out)})
        else:
            table = job.to_arrow()
            rows = table.to_pylist()
            text = as_table(table.column_names, [list(row.values()) for row in rows])
            settings.show(text, rows)


def _entity_rows(entities: Path | None, sql: str | None, timestamp: str) -> Any:
    """Return entity rows from the one option that names them.

    Raises:
        UsageError: Both options are given, or none.
        RequestError: The file cannot be read.
    """
    if (entities is None) == (sql is None):
        raise click.UsageError("give entity rows by --entities or by --sql")
    if entities is None or entities.suffix != ".csv":
        return sql if entities is None else entities
    import pyarrow as pa
    import pyarrow.csv as csv

    from provender.errors import RequestError

    as_instant = csv.ConvertOptions(column_types={timestamp: pa.timestamp("us", "UTC")})
    try:
        return csv.read_csv(entities, convert_options=as_instant)
    except (OSError, pa.ArrowInvalid) as error:
        raise RequestError("the entity rows cannot be read", got=f"{entities}: {error}") from error


@click.command(
    "get-online",
    epilog="Example: provender get-online --entity driver_id=1001 --features driver_stats:rating",
)
@click.option("--entity", "entities", multiple=True, help="KEY=VALUE; repeat it for each key.")
@click.option(
    "--entities-file",
    type=click.File("r"),
    help="Entity rows as JSON: a list of objects, or an object of lists; - reads stdin.",
)
@_features
@_full
@click.option("--statuses", is_flag=True, help="Add the status of each value.")
@click.option("--timestamps", is_flag=True, help="Add the event timestamp of each value.")
@pass_settings
def get_online(
    settings: Settings,
    entities: Sequence[str],
    entities_file: Any,
    features: Sequence[str],
    full_feature_names: bool,
    statuses: bool,
    timestamps: bool,
) -> None:
    """Read the newest features of some entities from the online store."""
    references = _references(features)
    with settings.store() as store:
        if entities_file is not None:
            rows = _from_json(entities_file.read())
        else:
            rows = [_entity(entities, _key_types(store, references))]
        response = store.get_online_features(
            references, rows, full_feature_names=full_feature_names
        )
    found = response.to_dict(include_statuses=statuses, include_event_timestamps=timestamps)
    text = as_table(list(found), list(zip(*found.values(), strict=True)))
    settings.show(text, found)


def _from_json(text: str) -> Any:
    from provender.errors import RequestError

    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise RequestError("the entity rows are not JSON", got=str(error)) from error


def _key_types(store: Any, references: Sequence[str]) -> Mapping[str, str]:
    from provender.catalog.selection import select

    selections = select(store.catalog, references, full_feature_names=True)
    return {key.name: key.type.name for s in selections for key in s.view.keys}


def _entity(pairs: Sequence[str], types: Mapping[str, str]) -> dict[str, Any]:
    """Return one entity row from ``KEY=VALUE`` pairs, each value in its key's type."""
    row: dict[str, Any] = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign:
            raise click.UsageError(f"--entity takes KEY=VALUE, not {pair!r}")
        row[name] = _typed(value, types.get(name))
    return row


def _typed(value: str, kind: str | None) -> Any:
    from datetime import date

    from provender.clock import parse_instant

    if kind in ("Int32", "Int64"):
        return int(value) if value.lstrip("+-").isdigit() else value
    if kind == "Bool":
        return {"true": True, "false": False}.get(value.lower(), value)
    if kind == "UnixTimestamp":
        return parse_instant(value)
    if kind == "Bytes":
        return value.encode()
    return date.fromisoformat(value) if kind == "Date" else value
