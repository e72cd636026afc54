"""Entity rows as people give them: any table, a Parquet path or SQL text."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from provender.errors import RequestError
from provender.plugin.contract.plan import ParquetSpine, Spine, SqlSpine, TableSpine
from provender.tabular.given_rows import ALLOWED, GivenRows, given_rows, inferred
from provender.tabular.typed_column import DoesNotFit, typed
from provender.types import FeatureType

if TYPE_CHECKING:
    import pyarrow as pa

_WHAT = "entity rows"


def to_spine(entity_rows: Any, types: Mapping[str, FeatureType]) -> Spine:
    """Return entity rows as a spine.

    Args:
        entity_rows: A table, as `given_rows` takes it, a path (``Path``, or text that ends in
            ``.parquet``), or SQL text.
        types: The declared type of each join key, and that of timestamps. Python values are read
            as these; a column that has a type of its own keeps it.

    Raises:
        RequestError: It is none of these, or a column has values of several types.
    """
    if isinstance(entity_rows, Path):
        return ParquetSpine(str(entity_rows))
    if isinstance(entity_rows, str):
        is_path = entity_rows.strip().endswith(".parquet")
        return ParquetSpine(entity_rows.strip()) if is_path else SqlSpine(entity_rows)
    if entity_rows is None:
        allowed = f"{ALLOWED}, the path of a Parquet file, or SQL text"
        raise RequestError("no entity rows are given", got="None", allowed=allowed)
    return TableSpine(_table(given_rows(entity_rows, _WHAT), types))


def _table(rows: GivenRows, types: Mapping[str, FeatureType]) -> pa.Table:
    import pyarrow as pa

    columns = [_column(rows, name, types.get(name)) for name in rows.columns]
    return pa.Table.from_arrays(columns, names=list(rows.columns))


def _column(rows: GivenRows, name: str, kind: FeatureType | None) -> pa.ChunkedArray | pa.Array:
    given = rows.columns[name]
    if kind is None or not isinstance(given, list):
        return inferred(name, given, _WHAT)
    try:
        return typed(given, kind, exact_floats=rows.exact_floats)
    except DoesNotFit as error:
        where = f" in {rows.numbered(error.rows)}" if error.rows else ""
        fact = f"column {name!r} of the entity rows is of the wrong type{where}"
        raise RequestError(fact, got=error.got, allowed=str(kind)) from error
