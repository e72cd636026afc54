"""Answers on stdout: tables for people, one JSON document for programs."""

from __future__ import annotations

import base64
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, Literal

import click

from provender.cli.frame.invocation import Invocation


def say(invocation: Invocation, text: str = "") -> None:
    """Print a line for people; silent when the answer is JSON."""
    if not invocation.as_json:
        click.echo(text, color=invocation.color)


def print_json(invocation: Invocation, document: object) -> None:
    """Print the answer as JSON; see `json_value` for what JSON has no form for."""
    import json

    text = json.dumps(json_value(document), indent=2, ensure_ascii=False, allow_nan=False)
    click.echo(text)
    invocation.answered = True


def json_value(value: object) -> Any:
    """Return a value as plain JSON data.

    Timestamps and dates become ISO 8601 text, bytes base64, decimals and UUIDs text, durations
    seconds, and floats that are no numbers ``"NaN"``, ``"Infinity"`` or ``"-Infinity"``.
    """
    if isinstance(value, Enum):
        return json_value(value.value)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        from provender.wire.json_values import float_to_json

        return float_to_json(value)
    if isinstance(value, Mapping):
        return {str(name): json_value(item) for name, item in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, bytes):
        return [json_value(item) for item in value]
    return _text(value)


def _text(value: object) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, timedelta):
        return value.total_seconds()
    return str(value) if isinstance(value, Decimal | Path) else f"{value}"


def print_table(
    invocation: Invocation, headers: Sequence[str], rows: Iterable[Sequence[object]]
) -> None:
    """Print rows as aligned columns.

    At a terminal they fit its width: long cells go on in the next line, and a table of too many
    columns is shown row by row. Elsewhere lines are never cut, so that they can be searched.
    """
    cells = [[cell_text(value) for value in row] for row in rows]
    width = _terminal_width()
    if width is not None and len(headers) * _NARROWEST > width:
        lines = _row_by_row(headers, cells)
    else:
        lines = _columns(headers, cells, width)
    for line in lines:
        say(invocation, line.rstrip())


_NARROWEST = 8
"""The fewest characters of a column, and of the space after it, that can still be read."""


def _terminal_width() -> int | None:
    """Return the width of the terminal that stdout is; None: it is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def _columns(
    headers: Sequence[str], cells: Sequence[Sequence[str]], width: int | None
) -> list[str]:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="")
    for header in headers:
        whole = width is None
        overflow: Literal["ignore", "fold"] = "ignore" if whole else "fold"
        table.add_column(Text(header), no_wrap=whole, overflow=overflow)
    for row in cells:
        table.add_row(*map(Text, row))
    console = Console(width=width or 10_000, color_system=None, legacy_windows=False)
    with console.capture() as captured:
        console.print(table)
    return captured.get().splitlines()


def _row_by_row(headers: Sequence[str], cells: Sequence[Sequence[str]]) -> list[str]:
    widest = max(map(len, headers))
    lines: list[str] = []
    for row in cells:
        lines += [""] * bool(lines)
        lines += [f"{name:<{widest}}  {cell}" for name, cell in zip(headers, row, strict=True)]
    return lines


def cell_text(value: object) -> str:
    """Return a value as one line of text; a null is ``null``."""
    if value is None:
        return "null"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    text = value if isinstance(value, str) else str(value)
    return text.replace("\n", "\\n").replace("\t", "\\t")
