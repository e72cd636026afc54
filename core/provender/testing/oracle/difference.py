"""Messages of failed comparisons: the smallest rows that disagree, as a small table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from functools import partial
from typing import Any

from provender.testing.oracle.identity import identity, row_identity, shown
from provender.testing.oracle.join import JoinedRow
from provender.testing.oracle.rows import Row

_MOST = 5


def explain_difference(expected: Sequence[Row], got: Sequence[Row]) -> str | None:
    """Return what differs between two lists of rows whose order counts; None: nothing does."""
    return explain_join([JoinedRow(dict(row), ()) for row in expected], got)


def explain_join(expected: Sequence[JoinedRow], got: Sequence[Row]) -> str | None:
    """Return where `got` is not what the oracle accepts; None when all of it is.

    Args:
        expected: What may stand in each row, from `provender.testing.oracle.acceptable`.
        got: The rows of the result, in their order.
    """
    wrong = [
        (position, _nearest(want, row), row)
        for position, (want, row) in enumerate(zip(expected, got, strict=False))
        if not want.accepts(row)
    ]
    if not wrong and len(expected) == len(got):
        return None
    head = f"{len(wrong)} of {len(expected)} rows disagree"
    if len(expected) != len(got):
        head = f"{len(expected)} rows are expected, {len(got)} came; {head}"
        wrong = wrong or _surplus(expected, got)
    return "\n".join([head, *_table(_smallest(wrong))])


def explain_unordered(expected: Sequence[Row], got: Sequence[Row]) -> str | None:
    """Return what differs between two lists of rows whose order is free; None: nothing does."""
    wanted, came = _bag(expected), _bag(got)
    missing = _rows_of_bag(wanted - came, expected)
    surplus = _rows_of_bag(came - wanted, got)
    if not missing and not surplus:
        return None
    head = f"{len(missing)} of {len(expected)} rows are missing, {len(surplus)} are too many"
    lines = [f"  missing  {_line(row)}" for row in sorted(missing, key=_size)[:_MOST]]
    lines += [f"  too many {_line(row)}" for row in sorted(surplus, key=_size)[:_MOST]]
    return "\n".join([head, *lines])


def _nearest(want: JoinedRow, row: Row) -> Row:
    """Return the acceptable answer that has the most in common with `row`."""
    answer = dict(want.spine)
    for several in want.choices:
        answer.update(max(several, key=partial(_agreement, row)))
    return answer


def _agreement(row: Row, part: dict[str, Any]) -> int:
    return sum(_equal(part, row, column) for column in part)


def _equal(left: Row, right: Row, column: str) -> bool:
    return column in left and column in right and identity(left[column]) == identity(right[column])


def _surplus(expected: Sequence[JoinedRow], got: Sequence[Row]) -> list[tuple[int, Row, Row]]:
    shorter = min(len(expected), len(got))
    lost: list[tuple[int, Row, Row]] = [
        (i, want.example(), {}) for i, want in enumerate(expected) if i >= shorter
    ]
    return lost + [(i, {}, row) for i, row in enumerate(got) if i >= shorter]


def _smallest(wrong: list[tuple[int, Row, Row]]) -> list[tuple[int, Row, Row]]:
    return sorted(wrong, key=lambda item: (_size(item[1]) + _size(item[2]), item[0]))[:_MOST]


def _size(row: Row) -> int:
    return sum(len(repr(value)) for value in row.values())


def _table(wrong: list[tuple[int, Row, Row]]) -> list[str]:
    """Return two lines for each row: the columns that disagree, with one another below."""
    lines = []
    for position, want, row in wrong:
        columns = list(dict.fromkeys([*want, *row]))
        if set(want) == set(row) and list(want) != list(row):
            lines.append(f"  columns are in the order {list(row)}, not {list(want)}")
        agree = [c for c in columns if _equal(want, row, c)]
        differ = [c for c in columns if c not in agree]
        lines.append(f"  row {position}: {_line({c: row[c] for c in agree})}")
        lines += _cells("expected", want, differ)
        lines += _cells("got", row, differ)
    return lines


def _cells(label: str, row: Row, columns: list[str]) -> list[str]:
    cells = [f"{c} = {_cell(row, c)}" for c in columns]
    return [f"    {label:<9}{' │ '.join(cells)}"] if cells else []


def _cell(row: Row, column: str) -> str:
    if column not in row:
        return "(no such column)" if row else "(no row)"
    value: Any = row[column]
    return f"{shown(value)} ({type(value).__name__})"


def _line(row: Row) -> str:
    return ", ".join(f"{name}={shown(value)}" for name, value in row.items())


def _bag(rows: Sequence[Row]) -> Counter[Hashable]:
    return Counter(map(row_identity, rows))


def _rows_of_bag(bag: Counter[Hashable], rows: Sequence[Row]) -> list[Row]:
    """Return the rows that `bag` counts, as often as it counts them."""
    left = bag.copy()
    chosen = []
    for row in rows:
        key = row_identity(row)
        if left[key] > 0:
            left[key] -= 1
            chosen.append(row)
    return chosen
