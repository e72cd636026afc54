"""Entity rows from the command line: a file of training rows, or the keys of an online read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from provender.errors import Problem, RequestError, value_text

if TYPE_CHECKING:
    from provender.types import FeatureType


def spine_of(entities: Path | None, sql: str | None, timestamp: str) -> Any:
    """Return entity rows for `FeatureStore.get_historical_features`.

    Args:
        entities: A ``.parquet`` or ``.csv`` file.
        sql: SQL text.
        timestamp: The column with the instants; a date in a CSV file means its first one.

    Raises:
        UsageError: Both are given, or none.
        RequestError: The file is missing or cannot be read.
    """
    if (entities is None) == (sql is None):
        raise click.UsageError("entity rows are needed: either --entities FILE or --sql TEXT")
    if entities is None:
        return sql
    if not entities.exists():
        raise RequestError("the file of entity rows does not exist", got=str(entities))
    return _csv(entities, timestamp) if entities.suffix.lower() == ".csv" else entities


def _csv(file: Path, timestamp: str) -> Any:
    import pyarrow as pa
    from pyarrow import csv

    try:
        table = csv.read_csv(file)
    except pa.ArrowInvalid as error:
        got = f"{file}: {error}"
        raise RequestError("the file of entity rows cannot be read", got=got) from error
    place = table.schema.get_field_index(timestamp)
    if place < 0 or not pa.types.is_date(table.schema.types[place]):
        return table
    midnights = table.column(place).cast(pa.timestamp("us"))
    return table.set_column(place, timestamp, midnights)


def online_rows(pairs: Sequence[str], file: str | None, types: Mapping[str, FeatureType]) -> Any:
    """Return entity rows for `FeatureStore.get_online_features`.

    Args:
        pairs: ``KEY=VALUE``; each key may come several times, for several entities.
        file: A JSON file with a list of objects or an object of lists; ``-``: stdin.
        types: The type of each join key, by which text is read.

    Raises:
        UsageError: Both are given, or none although there are join keys.
        RequestError: A value cannot be read as the type of its key.
    """
    if not types and not pairs and file is None:
        return [{}]
    if bool(pairs) == (file is not None):
        raise click.UsageError("entities are needed: either --entity KEY=VALUE or --entities-file")
    rows = _from_pairs(pairs) if file is None else _from_json(file)
    return _typed(rows, types)


def _from_pairs(pairs: Sequence[str]) -> dict[str, list[str]]:
    columns: dict[str, list[str]] = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign or not name:
            raise click.UsageError(f"--entity takes KEY=VALUE, not {pair!r}")
        columns.setdefault(name.strip(), []).append(value)
    return columns


def _from_json(file: str) -> Any:
    import json

    from provender.wire.json_text import RepeatedKey, read_json

    with click.open_file(file, encoding="utf-8") as stream:
        text = stream.read()
    try:
        return read_json(text)
    except RepeatedKey as error:
        place = "stdin" if file == "-" else file
        raise RequestError(str(error), place=place) from error
    except json.JSONDecodeError as error:
        place = f"{'stdin' if file == '-' else file}:{error.lineno}:{error.colno}"
        raise RequestError(
            "the file of entities is not JSON", got=error.msg, place=place
        ) from error


def _typed(rows: Any, types: Mapping[str, FeatureType]) -> Any:
    """Return rows with text read as the types of the keys; the store reports wrong shapes."""
    from provender.wire.text_values import allowed_text, read_text

    problems: list[Problem] = []

    def read(name: str, value: Any) -> Any:
        kind = types.get(name)
        if kind is None or not isinstance(value, str):
            return value
        try:
            return read_text(value, kind)
        except ValueError:
            fact, allowed = f"{name!r} is not of type {kind}", allowed_text(kind)
            problems.append(Problem(fact, got=value_text(value), allowed=allowed))
            return None

    if isinstance(rows, Mapping):
        rows = {
            name: [read(name, value) for value in values] if isinstance(values, list) else values
            for name, values in rows.items()
        }
    elif isinstance(rows, list) and all(isinstance(row, Mapping) for row in rows):
        rows = [{name: read(name, value) for name, value in row.items()} for row in rows]
    if problems:
        raise RequestError.of(problems)
    return rows
