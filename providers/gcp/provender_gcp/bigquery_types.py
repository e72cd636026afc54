"""BigQuery's column types and Arrow's, both ways.

BigQuery keeps neither a null array nor a null inside an array. A list that may hold either is
kept as ``STRUCT<list ARRAY<STRUCT<element T>>>``, the form of a Parquet list, and a map as
``STRUCT<key_value ARRAY<STRUCT<key K, value V>>>``: both come back exactly. A plain ``ARRAY<T>``
is read as a list too, its null as an empty one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from provender.errors import SourceError
from provender.types import is_list

if TYPE_CHECKING:
    import pyarrow as pa
    from google.cloud.bigquery import SchemaField

LIST, ELEMENT = "list", "element"
"""The field that wraps a list, and the field that wraps each of its values."""
MAP, KEY, VALUE = "key_value", "key", "value"
"""The field that wraps a map, and those of each of its pairs."""
ELEMENTS = (ELEMENT, "item")
"""Names of the field that wraps a value of a list, as Parquet's writers choose them."""

NUMERIC = (29, 9)
"""The most digits before and after the point of a ``NUMERIC``."""
_PLAIN_BIGNUMERIC = (38, 18)
"""What a ``BIGNUMERIC`` without digits of its own is taken for; a value beyond it is refused."""


def arrow_schema(fields: Sequence[SchemaField]) -> pa.Schema:
    """Return the columns of a table as Arrow columns, whichever way lists are kept."""
    import pyarrow as pa

    return pa.schema([(field.name, arrow_type(field)) for field in fields])


def arrow_type(field: SchemaField) -> pa.DataType:
    """Return the Arrow type of a column, whichever way lists are kept."""
    import pyarrow as pa

    single = _struct_type(field) if field.field_type in ("RECORD", "STRUCT") else _scalar(field)
    if field.mode != "REPEATED":
        return single
    names = [child.name for child in field.fields]
    if names == [KEY, VALUE]:
        return pa.map_(*(arrow_type(child) for child in field.fields))
    return pa.list_(single)


def _struct_type(field: SchemaField) -> pa.DataType:
    import pyarrow as pa

    inner = arrow_type(field.fields[0]) if len(field.fields) == 1 else None
    name = field.fields[0].name
    if inner is not None and name == MAP and pa.types.is_map(inner):
        return inner
    if inner is not None and name == LIST and pa.types.is_list(inner):
        return pa.list_(unwrapped(inner.value_type))
    return pa.struct([(child.name, arrow_type(child)) for child in field.fields])


def unwrapped(element: pa.DataType) -> pa.DataType:
    """Return the type of a list's values without the field that wraps each."""
    import pyarrow.types as at

    wrapped = at.is_struct(element) and element.num_fields == 1
    return element.field(0).type if wrapped and element.field(0).name in ELEMENTS else element


def _scalar(field: SchemaField) -> pa.DataType:
    import pyarrow as pa

    if field.field_type in ("NUMERIC", "BIGNUMERIC"):
        return _decimal(field)
    return {
        "BOOLEAN": pa.bool_(),
        "BOOL": pa.bool_(),
        "INTEGER": pa.int64(),
        "INT64": pa.int64(),
        "FLOAT": pa.float64(),
        "FLOAT64": pa.float64(),
        "BYTES": pa.binary(),
        "TIMESTAMP": pa.timestamp("us", "UTC"),
        "DATETIME": pa.timestamp("us"),
        "DATE": pa.date32(),
        "TIME": pa.time64("us"),
        "JSON": pa.json_(pa.string()),
    }.get(field.field_type, pa.string())


def _decimal(field: SchemaField) -> pa.DataType:
    import pyarrow as pa

    if field.precision:
        digits = (int(field.precision), int(field.scale or 0))
    else:
        plain = (sum(NUMERIC), NUMERIC[1])
        digits = plain if field.field_type == "NUMERIC" else _PLAIN_BIGNUMERIC
    return pa.decimal128(*digits) if digits[0] <= 38 else pa.decimal256(*digits)


def table_field(name: str, arrow: pa.DataType) -> SchemaField:
    """Return the column that keeps values of an Arrow type exactly.

    Raises:
        SourceError: BigQuery has no such type.
    """
    import pyarrow as pa
    import pyarrow.types as at
    from google.cloud.bigquery import SchemaField

    if isinstance(arrow, pa.BaseExtensionType):
        kept = pa.string() if arrow.extension_name == "arrow.uuid" else arrow.storage_type
        return table_field(name, kept)
    if at.is_dictionary(arrow):
        return table_field(name, arrow.value_type)
    if is_list(arrow):
        element = table_field(ELEMENT, arrow.value_type)
        return _record(name, [SchemaField(LIST, "RECORD", "REPEATED", fields=[element])])
    if at.is_map(arrow):
        pair = [table_field(KEY, arrow.key_type), table_field(VALUE, arrow.item_type)]
        return _record(name, [SchemaField(MAP, "RECORD", "REPEATED", fields=pair)])
    if at.is_struct(arrow):
        return _record(name, [table_field(child.name, child.type) for child in arrow])
    if at.is_decimal(arrow):
        return _decimal_field(name, arrow.precision, arrow.scale)
    return SchemaField(name, _scalar_name(arrow))


def _record(name: str, fields: Sequence[SchemaField]) -> SchemaField:
    from google.cloud.bigquery import SchemaField

    return SchemaField(name, "RECORD", fields=fields)


def _decimal_field(name: str, precision: int, scale: int) -> SchemaField:
    from google.cloud.bigquery import SchemaField

    fits = scale <= NUMERIC[1] and precision - scale <= NUMERIC[0]
    kind = "NUMERIC" if fits else "BIGNUMERIC"
    return SchemaField(name, kind, precision=precision, scale=scale)


def _scalar_name(arrow: pa.DataType) -> str:
    import pyarrow.types as at

    tests: Sequence[tuple[Any, str]] = (
        (at.is_boolean, "BOOLEAN"),
        (at.is_uint64, "NUMERIC"),
        (at.is_integer, "INTEGER"),
        (at.is_floating, "FLOAT"),
        (lambda t: at.is_string(t) or at.is_large_string(t) or at.is_string_view(t), "STRING"),
        (lambda t: at.is_binary(t) or at.is_large_binary(t) or at.is_binary_view(t), "BYTES"),
        (at.is_fixed_size_binary, "BYTES"),
        (lambda t: at.is_timestamp(t) and t.tz is not None, "TIMESTAMP"),
        (at.is_timestamp, "DATETIME"),
        (at.is_date, "DATE"),
        (at.is_time, "TIME"),
        (at.is_null, "STRING"),
    )
    for test, name in tests:
        if test(arrow):
            return name
    raise SourceError(
        "BigQuery has no type for a column",
        got=str(arrow),
        fix="convert the column before handing it over",
    )
