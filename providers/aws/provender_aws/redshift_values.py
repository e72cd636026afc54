"""Values on their way: as Parquet files of Redshift hold them, and as SUPER writes them as JSON."""

from __future__ import annotations

import base64
import json
import math
import struct
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.types as at

from provender.errors import SourceError, StoreError, bytes_text
from provender.types import FeatureType, is_list
from provender_aws.redshift_types import LONGEST_TEXT

_NOT_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def parquet_column(column: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    """Return a column as COPY takes it from a Parquet file.

    Instants are written in UTC without a zone, finer ones cut to µs; lists as
    `json_column` has them; uuids as text.

    Raises:
        StoreError: Redshift cannot hold a value.
    """
    kind = column.type
    if at.is_dictionary(kind):
        return parquet_column(column.cast(kind.value_type), name)
    if isinstance(kind, pa.BaseExtensionType):
        if kind.extension_name == "arrow.uuid":
            return _texts(None if v is None else str(v) for v in column.to_pylist())
        storage = pa.chunked_array([c.storage for c in column.chunks], kind.storage_type)
        return parquet_column(storage, name)
    if at.is_timestamp(kind):
        zone = "UTC" if kind.tz else None
        return column.cast(pa.timestamp("us", zone), safe=False).cast(pa.timestamp("us"))
    if is_list(kind):
        return json_column(column)
    for test, to in _CASTS:
        if test(kind):
            return column.cast(to)
    _check_texts(column, name)
    return column


_CASTS: tuple[tuple[Callable[[pa.DataType], bool], pa.DataType], ...] = (
    (at.is_uint64, pa.decimal128(20, 0)),
    (at.is_uint32, pa.int64()),
    (lambda t: at.is_integer(t) and t.bit_width < 32, pa.int32()),
    (at.is_float16, pa.float32()),
    (lambda t: at.is_large_string(t) or at.is_string_view(t) or at.is_null(t), pa.string()),
    (lambda t: at.is_large_binary(t) or at.is_fixed_size_binary(t), pa.binary()),
    (at.is_date64, pa.date32()),
)


def _check_texts(column: pa.ChunkedArray, name: str) -> None:
    import pyarrow.compute as pc

    if not at.is_string(column.type) or not len(column):
        return
    longest = pc.max(pc.binary_length(column)).as_py() or 0
    if longest > LONGEST_TEXT:
        raise StoreError(
            f"Redshift cannot hold a text of column {name!r}",
            got=bytes_text(longest),
            allowed=f"at most {LONGEST_TEXT} bytes of UTF-8",
        )
    if pc.any(pc.match_substring(column, "\0")).as_py():
        fact = f"Redshift cannot hold a text of column {name!r}"
        raise StoreError(fact, got="the character U+0000")


def json_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return values as the bytes of JSON for a SUPER column; what is JSON already stays as it is.

    A VARCHAR would hold 65535 bytes of it, a VARBYTE more:
    https://docs.aws.amazon.com/redshift/latest/dg/r_VARBYTE_type.html
    """
    kind = column.type
    if isinstance(kind, pa.BaseExtensionType) and kind.extension_name == "arrow.json":
        texts = pa.chunked_array([c.storage for c in column.chunks], kind.storage_type)
    else:
        texts = _texts(None if v is None else json.dumps(_plain(v)) for v in column.to_pylist())
    return texts.cast(pa.string()).cast(pa.binary())


def _texts(values: Iterable[str | None]) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(values, pa.string())])


def _plain(value: Any) -> Any:
    """Return a value as JSON can hold it."""
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return next(text for text, known in _NOT_FINITE.items() if str(known) == str(value))
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat() if value.tzinfo else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal | UUID) else value


def from_json(texts: Sequence[str | bytes | None], kind: FeatureType) -> pa.Array:
    """Return values that SUPER wrote as JSON as an array of a feature type.

    Raises:
        SourceError: A value is none of that type.
    """
    try:
        values = [None if text is None else _typed(_loaded(text), kind) for text in texts]
        return pa.array(values, kind.arrow())
    except (ValueError, TypeError, KeyError, OverflowError, pa.ArrowInvalid) as error:
        raise SourceError(
            "a value of a SUPER column does not fit the type of its feature",
            got=str(error),
            allowed=str(kind),
        ) from error


def _loaded(text: str | bytes) -> Any:
    return json.loads(text, parse_float=Decimal)


def _typed(value: Any, kind: FeatureType) -> Any:
    if value is None:
        return None
    if kind.name == "Array":
        return [_typed(item, kind.items[0]) for item in value]
    if kind.name == "Struct":
        fields = zip(kind.labels, kind.items, strict=True)
        return {label: _typed(value.get(label), item) for label, item in fields}
    if kind.name == "Map":
        pairs = value.items() if isinstance(value, dict) else value
        return [(_typed(k, kind.items[0]), _typed(v, kind.items[1])) for k, v in pairs]
    return _SCALARS[kind.name](value)


def _float(value: Any) -> float:
    return _NOT_FINITE[value] if isinstance(value, str) else float(value)


def _int(value: Any) -> int:
    if isinstance(value, bool) or value != int(value):
        raise ValueError(f"{value!r} is not a whole number")
    return int(value)


def _instant(value: Any) -> datetime:
    found = datetime.fromisoformat(value)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _float32(value: Any) -> float:
    found = _float(value)
    if math.isfinite(found):
        struct.pack("<f", found)  # refuses what is beyond the range: Arrow makes it infinite
    return found


def _exactly(kind: type) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if not isinstance(value, kind):
            raise TypeError(f"{value!r} is not of type {kind.__name__}")
        return value

    return check


_SCALARS: dict[str, Callable[[Any], Any]] = {
    "Bool": _exactly(bool),
    "Int32": _int,
    "Int64": _int,
    "Float32": _float32,
    "Float64": _float,
    "String": _exactly(str),
    "Bytes": lambda value: base64.b64decode(value, validate=True),
    "UnixTimestamp": _instant,
    "Date": date.fromisoformat,
    "Uuid": lambda value: UUID(value).bytes,
    "Json": lambda value: json.dumps(value, default=float),
    "Decimal": Decimal,
}
