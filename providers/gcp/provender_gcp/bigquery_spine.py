"""Entity rows in BigQuery: loaded or evaluated once, with what is known of them."""

from __future__ import annotations

from sqlglot import exp

from provender.plugin import HistoricalPlan, SqlSpine, TableSpine
from provender.plugin.sql.as_of_join import SpineFacts, numbered
from provender.plugin.sql.names import column, named
from provender.plugin.sql.rows import Instant
from provender_gcp.bigquery_session import BigQuerySession


def staged(
    session: BigQuerySession,
    plan: HistoricalPlan,
    spine: TableSpine | SqlSpine,
    to_instant: Instant,
    *,
    whole: bool,
) -> tuple[exp.Expr, SpineFacts]:
    """Return entity rows as what stands after FROM, and what is known of them.

    Args:
        session: Where they are staged.
        plan: What they are for.
        spine: The rows.
        to_instant: Turns a stored column into a timestamp in UTC.
        whole: Whether all columns of a table are loaded, or only those that the join needs.
    """
    if isinstance(spine, SqlSpine):
        return _query(session, plan, spine, to_instant)
    rows, facts = numbered(plan, spine.table, whole=whole)
    return session.stage(rows), facts


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
