"""Entity rows as they are staged in a warehouse, and what is known of them before the join."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provender.plugin.contract.plan import HistoricalPlan, TableSpine
from provender.plugin.sql.names import ORDER, spine_name

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class SpineFacts:
    """What is known of a spine before the query runs.

    Attributes:
        schema: Its columns.
        columns: The name of each of them in the staged relation.
        rows: How many rows it has, if known.
        first: Its first instant in µs, if known.
        last: Its last instant in µs, if known.
        order: The column of the staged relation that numbers its rows, if it has one.
    """

    schema: pa.Schema
    columns: Mapping[str, str]
    rows: int | None = None
    first: int | None = None
    last: int | None = None
    order: str | None = None


def numbered(
    plan: HistoricalPlan, rows: pa.Table, *, whole: bool = False
) -> tuple[TableSpine, SpineFacts]:
    """Return a table of entity rows as it is staged, and what is known of it.

    Its columns get internal names, so that their own may be any, and each row a number.

    Args:
        plan: What the rows are for.
        rows: The entity rows.
        whole: Whether all columns are staged, or only those that the join needs.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    needed = plan.needed_columns()
    columns = {
        name: spine_name(number)
        for number, name in enumerate(plan.spine_columns)
        if whole or name in needed
    }
    instants = rows.column(plan.timestamp).cast(pa.timestamp("us", "UTC"), safe=False)
    ends = pc.min_max(instants.cast(pa.int64()))
    staged = rows.select(list(columns)).rename_columns(list(columns.values()))
    staged = staged.append_column(ORDER, pa.arange(0, rows.num_rows))
    first, last = ends["min"].as_py(), ends["max"].as_py()
    own = rows.select(list(plan.spine_columns)).schema
    return TableSpine(staged), SpineFacts(own, columns, rows.num_rows, first, last, ORDER)
