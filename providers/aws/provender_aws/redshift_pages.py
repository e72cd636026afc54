"""Small results: the Data API's pages as Arrow batches."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.types as at

from provender_aws.redshift_types import arrow_type


def page_schema(page: Mapping[str, Any]) -> pa.Schema:
    """Return the columns that a page describes."""
    return pa.schema([(c.get("name", ""), arrow_type(c)) for c in page["ColumnMetadata"]])


def page_batches(pages: Iterable[Mapping[str, Any]]) -> Iterator[pa.RecordBatch]:
    """Return the rows of each page."""
    for page in pages:
        kinds = page_schema(page).types
        columns: Iterable[Sequence[Any]] = zip(*page["Records"], strict=True)
        arrays = [
            pa.array([_value(field, kind) for field in column], kind)
            for column, kind in zip(columns, kinds, strict=False)
        ]
        if arrays:
            yield pa.RecordBatch.from_arrays(arrays, [str(n) for n in range(len(arrays))])


def _value(field: Mapping[str, Any], kind: pa.DataType) -> Any:
    if field.get("isNull"):
        return None
    value = next(iter(field.values()))
    if at.is_floating(kind):
        return float(value)  # NaN and the infinities may come as text
    if at.is_decimal(kind):
        return Decimal(value)
    if at.is_date(kind):
        return date.fromisoformat(value)
    if at.is_timestamp(kind):
        found = datetime.fromisoformat(value)
        return found.astimezone(UTC) if found.tzinfo else found
    if at.is_binary(kind) and isinstance(value, str):
        return base64.b64decode(value)
    return value
