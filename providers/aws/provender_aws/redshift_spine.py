"""The entity rows of a join, as they are staged in Redshift."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as at
from sqlglot import exp

from provender.plugin import HistoricalPlan, Spine, TableSpine
from provender.plugin.sql.as_of_join import SpineFacts
from provender.plugin.sql.names import ORDER, spine_name
from provender.plugin.sql.sql_store import check_cases
from provender_aws.redshift_session import RedshiftSession


def staged(
    session: RedshiftSession, plan: HistoricalPlan, spine: Spine, *, whole: bool
) -> tuple[exp.Expr, SpineFacts]:
    """Return entity rows with a number for each, and what is known of them.

    Args:
        session: Loads them when it runs.
        plan: What they are for.
        spine: The rows.
        whole: Whether all columns of a table travel, or only those that the join needs.

    Raises:
        RequestError: Columns of a query differ only in the case of letters.
    """
    if isinstance(spine, TableSpine):
        return _of_table(session, plan, spine.table, whole=whole)
    relation = session.stage(spine)
    schema = session.schema(relation)
    check_cases(schema.names)
    kept = session.numbered(relation, schema)
    return kept, SpineFacts(as_text(schema), {name: name for name in schema.names}, order=ORDER)


def as_text(schema: pa.Schema) -> pa.Schema:
    """Return a schema whose SUPER columns are text."""
    return pa.schema([f.with_type(pa.string()) if at.is_null(f.type) else f for f in schema])


def _of_table(
    session: RedshiftSession, plan: HistoricalPlan, rows: pa.Table, *, whole: bool
) -> tuple[exp.Expr, SpineFacts]:
    needed = plan.needed_columns()
    columns = {
        name: spine_name(number)
        for number, name in enumerate(plan.spine_columns)
        if whole or name in needed
    }
    ends = pc.min_max(rows.column(plan.timestamp).cast(pa.int64()))
    numbers = pa.array(range(rows.num_rows), pa.int64())
    travelling = rows.select(list(columns)).rename_columns(list(columns.values()))
    relation = session.loaded(travelling.append_column(ORDER, numbers))
    first, last = ends["min"].as_py(), ends["max"].as_py()
    own = rows.select(list(plan.spine_columns)).schema
    return relation, SpineFacts(own, columns, rows.num_rows, first, last, ORDER)
