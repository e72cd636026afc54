"""Entity rows in BigQuery: loaded or evaluated once, with what is known of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from provender.plugin import HistoricalPlan, SqlSpine, TableSpine
from provender.plugin.sql.as_of_join import SpineFacts
from provender.plugin.sql.names import ORDER, column, named, spine_name
from provender.plugin.sql.rows import Instant
from provender_gcp.bigquery_session import BigQuerySession

if TYPE_CHECKING:
    import pyarrow as pa


def staged(
    session: BigQuerySession,
    plan: HistoricalPlan,
    spine: TableSpine | SqlSpine,
    to_instant: Instant,
    *,
    whole: bool,
) -> tuple[exp.Expr, SpineFacts]:
    """Return entity rows as what stands after FROM, and what is known of them.

    A table gets internal column names, so that its own may be any, and a number for each row.

    Args:
        session: Where they are staged.
        plan: What they are for.
        spine: The rows.
        to_instant: Turns a stored column into a timestamp in UTC.
        whole: Whether all columns of a table are loaded, or only those that the join needs.
    """
    if isinstance(spine, SqlSpine):
        return _query(session, plan, spine, to_instant)
    rows = spine.table
    needed = plan.needed_columns()
    columns = {
        name: spine_name(number)
        for number, name in enumerate(plan.spine_columns)
        if whole or name in needed
    }
    first, last = _ends(rows.column(plan.timestamp))
    loaded = rows.select(list(columns)).rename_columns(list(columns.values()))
    relation = session.stage(TableSpine(loaded.append_column(ORDER, _numbers(rows))))
    return relation, SpineFacts(rows.schema, columns, rows.num_rows, first, last, ORDER)


def _numbers(rows: pa.Table) -> pa.Array:
    import pyarrow as pa

    return pa.array(range(rows.num_rows), pa.int64())


def _ends(instants: pa.ChunkedArray) -> tuple[int | None, int | None]:
    """Return the first and the last instant in µs."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = pc.min_max(instants.cast(pa.timestamp("us", "UTC"), safe=False).cast(pa.int64()))
    return found["min"].as_py(), found["max"].as_py()


def _query(
    session: BigQuerySession, plan: HistoricalPlan, spine: SqlSpine, to_instant: Instant
) -> tuple[exp.Expr, SpineFacts]:
    """Evaluate a query once and for all, and find the ends of its instants."""
    relation = session.stage(spine)
    schema = session.schema(relation)
    columns = {name: name for name in schema.names}
    if session.dry:
        return relation, SpineFacts(schema, columns)
    kept = session.kept(relation.this.sql("bigquery"))
    event = to_instant(column(plan.timestamp), schema.field(plan.timestamp).type)
    micros = exp.Anonymous(this="UNIX_MICROS", expressions=[event])
    ends = exp.select(
        named(exp.Min(this=micros), "first"),
        named(exp.Max(this=micros.copy()), "last"),
        named(exp.Count(this=exp.Star()), "rows"),
    ).from_(kept.copy())
    (batch,) = session.run(ends.sql("bigquery"))
    (found,) = batch.to_pylist()
    return kept, SpineFacts(schema, columns, found["rows"], found["first"], found["last"])
