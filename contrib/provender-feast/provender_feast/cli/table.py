"""Tables, as Feast's ``list`` commands print them."""

from __future__ import annotations

from collections.abc import Sequence

import click


def echo_table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print columns aligned to the left, two blanks apart, below their names.

    Args:
        headers: The names.
        rows: The cells.
    """
    texts = [[str(cell) for cell in row] for row in rows]
    widths = [
        max([len(name) + 2, *(len(row[place]) for row in texts)])
        for place, name in enumerate(headers)
    ]
    for row in [list(headers), *texts]:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        click.echo("  ".join(cells).rstrip())
