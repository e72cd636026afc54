"""Rows as a table for people."""

from __future__ import annotations

from collections.abc import Sequence


def as_table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return rows in columns under headings; as wide as needed, on a terminal or not."""
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*headings, box=SIMPLE, show_edge=False, pad_edge=False)
    for row in rows:
        table.add_row(*[Text("" if cell is None else str(cell)) for cell in row])
    console = Console(width=200, no_color=True, highlight=False)
    with console.capture() as capture:
        console.print(table)
    return "\n".join(line.rstrip() for line in capture.get().splitlines())
