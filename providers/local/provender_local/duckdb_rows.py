"""The rows of Parquet files as DuckDB reads them."""

from __future__ import annotations

from sqlglot import exp

from provender.plugin.sql.names import double
from provender.plugin.sql.rows import SourceRows


class DuckDBRows(SourceRows):
    """Rows of which DuckDB knows the bounds that their files give.

    The bounds of a column of floats leave NaN out (parquet-format, ``ColumnOrder``). DuckDB takes a
    comparison, and even ``isnan``, for decided when it is decided for all that is within the
    bounds; of its functions ``isfinite`` alone looks at the values.
    """

    def is_number(self, value: exp.Expr) -> exp.Expr:
        """Return that a float is not NaN."""
        infinite = exp.EQ(this=exp.Abs(this=value.copy()), expression=double(float("inf")))
        return exp.or_(self.is_finite(value), infinite)

    def is_finite(self, value: exp.Expr) -> exp.Expr:
        """Return that a float is neither NaN nor infinite."""
        return exp.Anonymous(this="isfinite", expressions=[value])
