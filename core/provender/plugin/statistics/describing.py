"""`describe`: counts rows in a database file of its own, so that memory is bounded."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from provender.plugin.contract.plan import EVENT_TIMESTAMP
from provender.plugin.kit.readers import reading
from provender.plugin.statistics.bars import BARS, bar_bounds, bar_ends, bars
from provender.plugin.statistics.figures import (
    MEASURED,
    NESTED,
    QUANTILES,
    Bin,
    ColumnFigures,
    ViewFigures,
)
from provender.types import FeatureType

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


def describe(
    view: str, rows: pa.RecordBatchReader, columns: Sequence[tuple[str, FeatureType]]
) -> ViewFigures:
    """Return the figures of rows, as an offline store's `rows` gives them.

    Args:
        view: The view's name.
        rows: The rows; they are read once, to their end.
        columns: The join keys and features.
    """
    import duckdb

    with (
        tempfile.TemporaryDirectory(prefix="provender-stats-") as folder,
        duckdb.connect(Path(folder, "rows.duckdb")) as connection,
        reading(rows),
    ):
        connection.execute("SET TimeZone = 'UTC'")
        event = rows.schema.get_field_index(EVENT_TIMESTAMP)
        _store(connection, rows)
        (count, first, last) = _one(connection, f"count(*), min(c{event}), max(c{event})")
        found = tuple(
            _column(connection, f"c{rows.schema.get_field_index(name)}", name, kind)
            for name, kind in columns
        )
        return ViewFigures(view, count, _utc(first), _utc(last), found)


def _store(connection: duckdb.DuckDBPyConnection, rows: pa.RecordBatchReader) -> None:
    """Write the rows into a table whose columns have plain names.

    They are read here and not by DuckDB's threads, so that an error of the store stays what it is.
    """
    import pyarrow as pa

    schema = pa.schema([(f"c{n}", _plain(field.type)) for n, field in enumerate(rows.schema)])
    connection.register("given", pa.Table.from_batches([], schema))
    connection.execute("CREATE TABLE rows AS SELECT * FROM given")
    connection.begin()
    for batch in rows:
        stored = list(map(_stored, batch.columns, schema.types))
        connection.register("given", pa.Table.from_arrays(stored, schema=schema))
        connection.execute("INSERT INTO rows SELECT * FROM given")
    connection.commit()
    connection.unregister("given")


def _plain(kind: pa.DataType) -> pa.DataType:
    """Return what is stored of a type: instants as those of UTC, extensions as their storage.

    Of lists, maps and structs it is only whether they are null.
    """
    import pyarrow as pa
    import pyarrow.types as at

    kind = getattr(kind, "storage_type", kind)
    if at.is_nested(kind):
        return pa.bool_()
    return pa.timestamp("us") if at.is_timestamp(kind) else kind


def _stored(column: pa.Array, kind: pa.DataType) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_nested(column.type):
        return pc.if_else(pc.is_valid(column), True, pa.scalar(None, pa.bool_()))
    return getattr(column, "storage", column).cast(kind)


def _column(
    connection: duckdb.DuckDBPyConnection, column: str, name: str, kind: FeatureType
) -> ColumnFigures:
    if kind.name in NESTED:
        (nulls,) = _one(connection, f"count(*) - count({column})")
        return ColumnFigures(name, str(kind), nulls)
    nulls, distinct = _one(connection, f"count(*) - count({column}), count(DISTINCT {column})")
    if kind.name not in MEASURED:
        common = _commonest(connection, column, kind)
        return ColumnFigures(name, str(kind), nulls, distinct=distinct, bins=common)
    number = f"WHERE {column} IS NOT NULL" + _finite(column, kind)
    nans = 0
    if kind.name.startswith("Float"):
        (nans,) = _one(connection, f"count(*) FILTER (isnan({column}))")
    quantiles = _quantiles(connection, column, number)
    bins = _histogram(connection, column, number, kind, quantiles)
    return ColumnFigures(name, str(kind), nulls, nans, distinct, quantiles, bins)


def _finite(column: str, kind: FeatureType) -> str:
    return f" AND isfinite({column})" if kind.name.startswith("Float") else ""


def _quantiles(connection: duckdb.DuckDBPyConnection, column: str, where: str) -> dict[float, Any]:
    shares = ", ".join(map(str, QUANTILES))
    (found,) = _one(connection, f"quantile_disc({column}, [{shares}])", where)
    return {} if found is None else dict(zip(QUANTILES, map(_utc, found), strict=True))


def _histogram(
    connection: duckdb.DuckDBPyConnection,
    column: str,
    where: str,
    kind: FeatureType,
    quantiles: dict[float, Any],
) -> tuple[Bin, ...]:
    """Return bars of one width from the least to the greatest value."""
    if not quantiles:
        return ()
    ends = bar_ends(quantiles[0.0], quantiles[1.0], kind)
    bounds = bar_bounds(ends, kind)
    reached = [f"count(*) FILTER ({column} >= ?::{_bound_type(kind)})" for _ in bounds]
    given = [
        bound.replace(tzinfo=None) if isinstance(bound, datetime) else bound for bound in bounds
    ]
    return bars(ends, _one(connection, ", ".join(["count(*)", *reached]), where, given))


def _bound_type(kind: FeatureType) -> str:
    """Return the type that keeps the bounds of bars exactly."""
    if kind.digits:
        return f"DECIMAL(38, {kind.digits[1]})"
    whole = {"Int32": "BIGINT", "Int64": "BIGINT", "Date": "DATE", "UnixTimestamp": "TIMESTAMP"}
    return whole.get(kind.name, "DOUBLE")


def _commonest(
    connection: duckdb.DuckDBPyConnection, column: str, kind: FeatureType
) -> tuple[Bin, ...]:
    found = connection.execute(
        f"SELECT {column}, count(*) AS n FROM rows WHERE {column} IS NOT NULL "  # noqa: S608
        f"GROUP BY {column} ORDER BY n DESC, {column} LIMIT {BARS}"
    ).fetchall()
    values = [uuid.UUID(bytes=value) if kind.name == "Uuid" else value for value, _ in found]
    return tuple(Bin(v, v, count) for v, (_, count) in zip(values, found, strict=True))


def _one(
    connection: duckdb.DuckDBPyConnection, values: str, where: str = "", given: Sequence[Any] = ()
) -> tuple[Any, ...]:
    """Return the one row of a query over all rows; names in it are our own."""
    found: tuple[Any, ...] | None = connection.execute(
        f"SELECT {values} FROM rows {where}",  # noqa: S608
        given,
    ).fetchone()
    return found or ()


def _utc(value: Any) -> Any:
    """Return an instant in UTC; anything else as it is."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return value
