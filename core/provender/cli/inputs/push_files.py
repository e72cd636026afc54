"""Rows of a Parquet, CSV or JSON-lines file as the types that they are to have, or join keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from provender.errors import Problem, RequestError, listed

if TYPE_CHECKING:
    from provender.tabular.given_rows import GivenRows
    from provender.types import FeatureType

STDIN = "-"
_STDIN_NAME = "stdin"
Types = Mapping[str, "FeatureType"]
"""The type of each column that is known."""


def rows_of(file: str, types: Callable[[], Types]) -> GivenRows:
    """Return the rows of a file for `FeatureStore.push` or `FeatureStore.repair`.

    Text is read as the type of its column; what cannot be read stays as it is, and they report
    its lines.

    Args:
        file: A ``.parquet``, ``.csv``, ``.jsonl`` or ``.ndjson`` file; ``-``: JSON lines from
            stdin.
        types: Finds the types of the columns; not called for Parquet, which has its own.

    Raises:
        RequestError: The file is missing, of another kind, or cannot be read.
    """
    if file == STDIN:
        return _json_lines(file, types())
    kind = Path(file).suffix.lower()
    if kind not in _KINDS:
        allowed = f"a file that ends with {listed(_KINDS)}, or - for JSON lines from stdin"
        raise RequestError(
            "rows cannot be read from a file of this kind", got=file, allowed=allowed
        )
    if not Path(file).is_file():
        raise RequestError("the file of rows does not exist", got=file)
    return _KINDS[kind](file, types)


def _of(file: str, rows: Any, lines: Callable[[], Sequence[int]] | None = None) -> GivenRows:
    from provender.tabular.given_rows import RowFile, given_rows

    return replace(given_rows(rows), file=RowFile(file, lines))


def _parquet(file: str, _: Callable[[], Types]) -> GivenRows:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return _of(file, pq.ParquetFile(file).read())
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(file, error) from error


def _csv(file: str, types: Callable[[], Types]) -> GivenRows:
    """Return the rows of a CSV file; an empty cell is null, an empty text in quotes is not."""
    import pyarrow as pa
    from pyarrow import csv

    try:
        with csv.open_csv(file) as reader:
            names = reader.schema.names
        as_text = csv.ConvertOptions(
            column_types={name: pa.string() for name in names},
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        )
        parse = csv.ParseOptions(newlines_in_values=True)
        table = csv.read_csv(file, parse_options=parse, convert_options=as_text)
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(file, error) from error
    known = types()
    columns = {
        name: [_typed(value, known.get(name)) for value in column.to_pylist()]
        for name, column in zip(table.column_names, table.columns, strict=True)
    }
    return _of(file, columns, partial(_csv_lines, file))


def _csv_lines(file: str) -> list[int]:
    """Return the line on which each row of a CSV file begins: cells in quotes may have several."""
    import csv

    begins, end = [], 0
    with Path(file).open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.reader(stream)
        for cells in reader:
            if cells:
                begins.append(end + 1)
            end = reader.line_num
    return begins[1:]


def _json_lines(file: str, types: Types) -> GivenRows:
    import json

    from provender.wire.json_text import RepeatedKey, read_json

    name = _STDIN_NAME if file == STDIN else file
    rows: list[dict[str, Any]] = []
    lines: list[int] = []
    problems: list[Problem] = []
    with click.open_file(file, encoding="utf-8") as stream:
        for number, line in enumerate(stream, start=1):
            if not line.strip():
                continue
            try:
                row = read_json(line)
            except RepeatedKey as error:
                problems.append(Problem(str(error), place=f"{name}:{number}"))
                continue
            except json.JSONDecodeError as error:
                place = f"{name}:{number}:{error.colno}"
                problems.append(Problem("the line is not JSON", got=error.msg, place=place))
                continue
            if isinstance(row, dict):
                rows.append({column: _typed(v, types.get(column)) for column, v in row.items()})
                lines.append(number)
            else:
                got, place = type(row).__name__, f"{name}:{number}"
                problems.append(Problem("the line is not a JSON object", got=got, place=place))
    if problems:
        raise RequestError.of(problems[:12])
    return _of(name, rows, lambda: lines)


def _typed(value: Any, kind: FeatureType | None) -> Any:
    """Return a value of JSON, or the text of a cell, as its type; as it is where it does not fit.

    The push reports what does not fit, with its line.
    """
    from provender.wire.json_values import from_json
    from provender.wire.text_values import read_text

    if kind is None or value is None:
        return value
    if isinstance(value, str):
        with suppress(ValueError):
            return read_text(value, kind)
        return value
    convert = from_json(kind)
    return value if convert is None else convert(value)


def _unreadable(file: str, error: Exception) -> RequestError:
    return RequestError("the file of rows cannot be read", got=f"{file}: {error}")


_KINDS: Mapping[str, Callable[[str, Callable[[], Types]], GivenRows]] = {
    ".parquet": _parquet,
    ".csv": _csv,
    ".jsonl": lambda file, types: _json_lines(file, types()),
    ".ndjson": lambda file, types: _json_lines(file, types()),
}
