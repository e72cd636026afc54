"""Feast's feature types: Provender's, with the older ``ValueType`` of each."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING

from provender import types as ours
from provender.types import FeatureType
from provender_feast.errors import FeastUnsupportedError

if TYPE_CHECKING:
    import pyarrow as pa


class ValueType(Enum):
    """The older spelling of types."""

    UNKNOWN = 0
    BYTES = 1
    STRING = 2
    INT32 = 3
    INT64 = 4
    DOUBLE = 5
    FLOAT = 6
    BOOL = 7
    UNIX_TIMESTAMP = 8
    BYTES_LIST = 11
    STRING_LIST = 12
    INT32_LIST = 13
    INT64_LIST = 14
    DOUBLE_LIST = 15
    FLOAT_LIST = 16
    BOOL_LIST = 17
    UNIX_TIMESTAMP_LIST = 18
    NULL = 19
    MAP = 20
    MAP_LIST = 21
    BYTES_SET = 22
    STRING_SET = 23
    INT32_SET = 24
    INT64_SET = 25
    DOUBLE_SET = 26
    FLOAT_SET = 27
    BOOL_SET = 28
    UNIX_TIMESTAMP_SET = 29
    PDF_BYTES = 30
    IMAGE_BYTES = 31
    JSON = 32
    JSON_LIST = 33
    STRUCT = 34
    STRUCT_LIST = 35
    UUID = 36
    TIME_UUID = 37
    UUID_LIST = 38
    TIME_UUID_LIST = 39
    UUID_SET = 40
    TIME_UUID_SET = 41
    VALUE_LIST = 42
    VALUE_SET = 43
    DECIMAL = 44
    DECIMAL_LIST = 45
    DECIMAL_SET = 46


class FeastType(FeatureType):
    """A feature type of Provender with the methods that Feast's have."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FeatureType) and _parts(self) == _parts(other)

    def __hash__(self) -> int:
        return hash(_parts(self))

    def to_value_type(self) -> ValueType:
        """Return the older spelling of this type."""
        if self.name == "Array":
            inner = _feasts(self.items[0]).to_value_type().name
            return ValueType.__members__.get(f"{inner}_LIST", ValueType.VALUE_LIST)
        return _VALUE_TYPES[self.name]


def _parts(kind: FeatureType) -> tuple[object, ...]:
    return kind.name, kind.items, kind.labels, kind.digits


def _feasts(kind: FeatureType) -> FeastType:
    return FeastType(kind.name, kind.items, kind.labels, kind.digits)


Bool = _feasts(ours.Bool)
Int32 = _feasts(ours.Int32)
Int64 = _feasts(ours.Int64)
Float32 = _feasts(ours.Float32)
Float64 = _feasts(ours.Float64)
String = _feasts(ours.String)
Bytes = _feasts(ours.Bytes)
PdfBytes = ImageBytes = Bytes
UnixTimestamp = _feasts(ours.UnixTimestamp)
Uuid = _feasts(ours.Uuid)
TimeUuid = Uuid
Json = _feasts(ours.Json)
Decimal = _feasts(ours.Decimal())
Map = FeastType("Map")
"""Maps whose types the data say; see `completed`."""

_VALUE_TYPES: Mapping[str, ValueType] = {
    "Bool": ValueType.BOOL,
    "Int32": ValueType.INT32,
    "Int64": ValueType.INT64,
    "Float32": ValueType.FLOAT,
    "Float64": ValueType.DOUBLE,
    "String": ValueType.STRING,
    "Bytes": ValueType.BYTES,
    "UnixTimestamp": ValueType.UNIX_TIMESTAMP,
    "Date": ValueType.UNIX_TIMESTAMP,
    "Uuid": ValueType.UUID,
    "Json": ValueType.JSON,
    "Decimal": ValueType.DECIMAL,
    "Map": ValueType.MAP,
    "Struct": ValueType.STRUCT,
}
_TYPES: Mapping[ValueType, FeastType] = {
    **{_VALUE_TYPES[kind.name]: kind for kind in (Bool, Int32, Int64, Float32, Float64, String)},
    **{_VALUE_TYPES[kind.name]: kind for kind in (Bytes, UnixTimestamp, Uuid, Json, Decimal, Map)},
    ValueType.PDF_BYTES: Bytes,
    ValueType.IMAGE_BYTES: Bytes,
    ValueType.TIME_UUID: Uuid,
}


def Array(base_type: FeatureType) -> FeastType:  # noqa: N802 - reads as a type
    """Return the type of lists of `base_type`."""
    return _feasts(ours.Array(base_type))


def Struct(fields: Mapping[str, FeatureType]) -> FeastType:  # noqa: N802
    """Return the type of records with the given named fields, in their order."""
    return _feasts(ours.Struct(fields))


def Set(base_type: FeatureType) -> FeastType:  # noqa: N802
    """Refuse sets, whose values have no order and no duplicates.

    Raises:
        FeastUnsupportedError: Always.
    """
    raise FeastUnsupportedError(
        "Provender has no sets", got=f"Set({base_type})", fix=f"declare Array({base_type})"
    )


def from_value_type(value_type: ValueType) -> FeastType:
    """Return the type that the older spelling means.

    Raises:
        FeastUnsupportedError: Provender has no such type.
    """
    if value_type in _TYPES:
        return _TYPES[value_type]
    inner = ValueType.__members__.get(value_type.name.removesuffix("_LIST"))
    if value_type.name.endswith("_LIST") and inner and inner in _TYPES:
        return Array(_TYPES[inner])
    raise FeastUnsupportedError("Provender has no such type", got=f"ValueType.{value_type.name}")


def from_feast_to_pyarrow_type(feast_type: FeatureType) -> pa.DataType:
    """Return the Arrow type of a type."""
    return completed(feast_type, None).arrow()


def from_feast_type(feast_type: FeatureType) -> pa.DataType:
    """Return the Arrow type of a type; an older name of `from_feast_to_pyarrow_type`."""
    return from_feast_to_pyarrow_type(feast_type)


def feast_type(kind: FeatureType) -> FeastType:
    """Return one of Provender's types under Feast's methods; maps lose their inner types."""
    if kind.name == "Map":
        return Map
    return _feasts(kind)


def completed(kind: FeatureType, stored: pa.DataType | None) -> FeatureType:
    """Return a type of Provender's: what Feast's ``Map`` leaves open is what the data say.

    Feast writes maps as structs, too, which have the same fields in every row.

    Args:
        kind: The declared type.
        stored: The type of the data, if it is known; otherwise maps are of text to text.
    """
    if kind.name == "Map" and not kind.items:
        found = None if stored is None else ours.from_arrow(stored)
        known = found is not None and found.name in ("Map", "Struct")
        return found if found and known else ours.Map(ours.String, ours.String)
    items = [completed(item, _inner(stored, number)) for number, item in enumerate(kind.items)]
    return FeatureType(kind.name, tuple(items), kind.labels, kind.digits)


def _inner(stored: pa.DataType | None, number: int) -> pa.DataType | None:
    if stored is None or number >= getattr(stored, "num_fields", 0):
        return None
    return stored.field(number).type
