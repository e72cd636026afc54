"""`describe`: counts rows in a database file of its own, so that memory is bounded."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from provender.plugin.reading import EVENT_TIMESTAMP
from provender.statistics.figures import Bin, ColumnFigures, ViewFigures
from provender.types import FeatureType

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

QUANTILES = (0.0, 0.25, 0.5, 0.75, 1.0)
_BINS = 12
_NUMBERS = frozenset({"Int32", "Int64", "Float32", "Float64", "Decimal"})
_INSTANTS = frozenset({"UnixTimestamp", "Date"})
_NESTED = frozenset({"Array", "Map", "Struct"})


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
        rows,
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
    """Write the rows into a table whose columns have plain names."""
    import pyarrow as pa

    schema = pa.schema([(f"c{n}", _plain(field.type)) for n, field in enumerate(rows.schema)])

    def plain(batch: pa.RecordBatch) -> pa.RecordBatch:
        columns = [getattr(column, "storage", column) for column in batch.columns]
        stored = [c.cast(kind) for c, kind in zip(columns, schema.types, strict=True)]
        return pa.RecordBatch.from_arrays(stored, schema=schema)

    batches = map(plain, rows)
    connection.register("given", pa.RecordBatchReader.from_batches(schema, batches))
    connection.execute("CREATE TABLE rows AS SELECT * FROM given")
    connection.unregister("given")


def _plain(kind: pa.DataType) -> pa.DataType:
    """Return what is stored of a type: instants as those of UTC, extensions as their storage."""
    import pyarrow as pa

    kind = getattr(kind, "storage_type", kind)
    return pa.timestamp("us") if pa.types.is_timestamp(kind) else kind


def _column(
    connection: duckdb.DuckDBPyConnection, column: str, name: str, kind: FeatureType
) -> ColumnFigures:
    if kind.name in _NESTED:
        (nulls,) = _one(connection, f"count(*) - count({column})")
        return ColumnFigures(name, str(kind), nulls)
    nulls, distinct = _one(connection, f"count(*) - count({column}), count(DISTINCT {column})")
    if kind.name not in _NUMBERS | _INSTANTS:
        common = _commonest(connection, column)
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
    value = f"epoch({column})" if kind.name in _INSTANTS else f"{column}::DOUBLE"
    low, high = _one(connection, f"min({value}), max({value})", where)
    width = (high - low) / _BINS or 1.0
    place = f"least({_BINS - 1}, floor(({value} - {low!r}) / {width!r})::INTEGER)"
    counted = dict(
        connection.execute(
            f"SELECT {place} AS bin, count(*) FROM rows {where} GROUP BY bin"  # noqa: S608
        ).fetchall()
    )
    if high == low:
        return (Bin(_end(low, kind), _end(high, kind), counted.get(0, 0)),)
    ends = [_end(low + n * width, kind) for n in range(_BINS)] + [_end(high, kind)]
    return tuple(
        Bin(start, end, counted.get(n, 0))
        for n, (start, end) in enumerate(itertools.pairwise(ends))
    )


def _end(at: float, kind: FeatureType) -> Any:
    return datetime.fromtimestamp(at, UTC) if kind.name in _INSTANTS else at


def _commonest(connection: duckdb.DuckDBPyConnection, column: str) -> tuple[Bin, ...]:
    found = connection.execute(
        f"SELECT {column}, count(*) AS n FROM rows WHERE {column} IS NOT NULL "  # noqa: S608
        f"GROUP BY {column} ORDER BY n DESC, {column} LIMIT {_BINS}"
    ).fetchall()
    return tuple(Bin(value, value, count) for value, count in found)


def _one(connection: duckdb.DuckDBPyConnection, values: str, where: str = "") -> tuple[Any, ...]:
    """Return the one row of a query over all rows; names in it are our own."""
    found: tuple[Any, ...] | None = connection.execute(
        f"SELECT {values} FROM rows {where}"  # noqa: S608
    ).fetchone()
    return found or ()


def _utc(value: Any) -> Any:
    """Return an instant in UTC; anything else as it is."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return value
