"""The entity rows of a join, as they are staged in Redshift."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.types as at
from sqlglot import exp

from provender.plugin import HistoricalPlan, Spine, TableSpine
from provender.plugin.sql.as_of_join import SpineFacts, numbered
from provender.plugin.sql.names import ORDER
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
        rows, facts = numbered(plan, spine.table, whole=whole)
        return session.loaded(rows.table), facts
    relation = session.stage(spine)
    schema = session.schema(relation)
    check_cases(schema.names)
    kept = session.numbered(relation, schema)
    return kept, SpineFacts(as_text(schema), {name: name for name in schema.names}, order=ORDER)


def as_text(schema: pa.Schema) -> pa.Schema:
    """Return a schema whose SUPER columns are text."""
    return pa.schema([f.with_type(pa.string()) if at.is_null(f.type) else f for f in schema])
