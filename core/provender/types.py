"""Feature types: what a value is, independent of the store that holds it.

A type is written as text in the catalog (``Int64``, ``Array(String)``, ``Decimal(38, 9)``,
``Struct(lat: Float64, lon: Float64)``) and has exactly one Arrow type.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from provender.errors import DefinitionError, did_you_mean, listed, value_text

if TYPE_CHECKING:
    import pyarrow as pa

SCALARS = (
    "Bool",
    "Int32",
    "Int64",
    "Float32",
    "Float64",
    "String",
    "Bytes",
    "UnixTimestamp",
    "Date",
    "Uuid",
    "Json",
)
_NESTED = ("Array(T)", "Map(K, V)", "Struct(a: T, …)", "Decimal(p, s)")
KEY_TYPES = frozenset(
    {"Bool", "Int32", "Int64", "String", "Bytes", "UnixTimestamp", "Date", "Uuid"}
)
"""Names of the types that can be a join key: those whose equality is exact."""

PARTITION = ("partition", "provender")
"""The name and vendor of the opaque Arrow type of a column that only the names of folders have."""


@dataclass(frozen=True, slots=True)
class FeatureType:
    """The type of a feature or of a join key.

    Attributes:
        name: ``Int64``, ``Array``, …
        items: The types inside an ``Array``, ``Map`` or ``Struct``.
        labels: The field names of a ``Struct``, in the order of `items`.
        digits: Precision and scale of a ``Decimal``.
    """

    name: str
    items: tuple[FeatureType, ...] = ()
    labels: tuple[str, ...] = ()
    digits: tuple[int, int] | None = None

    def __str__(self) -> str:
        if self.digits:
            return f"{self.name}({self.digits[0]}, {self.digits[1]})"
        if self.labels:
            inner = ", ".join(f"{n}: {t}" for n, t in zip(self.labels, self.items, strict=True))
            return f"{self.name}({inner})"
        return f"{self.name}({', '.join(map(str, self.items))})" if self.items else self.name

    __repr__ = __str__

    def arrow(self) -> pa.DataType:
        """Return the Arrow type; timestamps are ``timestamp[us, UTC]``."""
        import pyarrow as pa

        if self.name in SCALARS:
            return _scalar_arrow(self.name)
        inner = [item.arrow() for item in self.items]
        if self.name == "Array":
            return pa.list_(inner[0])
        if self.name == "Map":
            return pa.map_(inner[0], inner[1])
        if self.name == "Struct":
            return pa.struct(list(zip(self.labels, inner, strict=True)))
        precision, scale = self.digits or (38, 9)
        return pa.decimal128(precision, scale)


Bool = FeatureType("Bool")
Int32 = FeatureType("Int32")
Int64 = FeatureType("Int64")
Float32 = FeatureType("Float32")
Float64 = FeatureType("Float64")
String = FeatureType("String")
Bytes = FeatureType("Bytes")
UnixTimestamp = FeatureType("UnixTimestamp")
Date = FeatureType("Date")
Uuid = FeatureType("Uuid")
Json = FeatureType("Json")


def Array(item: FeatureType) -> FeatureType:  # noqa: N802 - reads as a type
    """Return the type of lists of `item`."""
    return FeatureType("Array", (item,))


def Map(key: FeatureType, value: FeatureType) -> FeatureType:  # noqa: N802
    """Return the type of maps from `key` to `value`."""
    return FeatureType("Map", (key, value))


def Struct(fields: Mapping[str, FeatureType]) -> FeatureType:  # noqa: N802
    """Return the type of records with the given named fields, in their order."""
    return FeatureType("Struct", tuple(fields.values()), tuple(fields))


def Decimal(precision: int = 38, scale: int = 9) -> FeatureType:  # noqa: N802
    """Return the type of exact decimals with `precision` digits, `scale` of them fractional."""
    return FeatureType("Decimal", digits=(precision, scale))


def _scalar_arrow(name: str) -> pa.DataType:
    import pyarrow as pa

    return {
        "Bool": pa.bool_(),
        "Int32": pa.int32(),
        "Int64": pa.int64(),
        "Float32": pa.float32(),
        "Float64": pa.float64(),
        "String": pa.string(),
        "Bytes": pa.binary(),
        "UnixTimestamp": pa.timestamp("us", "UTC"),
        "Date": pa.date32(),
        "Uuid": pa.uuid(),
        "Json": pa.json_(pa.string()),
    }[name]


@lru_cache(maxsize=4096)
def parse_type(text: str) -> FeatureType:
    """Return the type that `text` spells, the inverse of ``str``.

    Raises:
        DefinitionError: The text spells no type.
    """
    parsed, rest = _parse(text.strip(), text)
    if rest.strip():
        raise _unreadable(text)
    return parsed


def _parse(text: str, whole: str) -> tuple[FeatureType, str]:
    cut = next((i for i, c in enumerate(text) if c in "(,)"), len(text))
    name, rest = text[:cut].strip(), text[cut:]
    if not rest.startswith("("):
        return _scalar(name, whole), rest
    if name == "Decimal":
        inside, closed, rest = rest[1:].partition(")")
        return _decimal(inside, closed, whole), rest
    return _nested(name, rest[1:], whole)


def _nested(name: str, rest: str, whole: str) -> tuple[FeatureType, str]:
    """Read the arguments of ``Array(``, ``Map(`` or ``Struct(`` up to the closing bracket."""
    labels: list[str] = []
    items: list[FeatureType] = []
    while True:
        if name == "Struct":
            label, colon, rest = rest.partition(":")
            if not colon:
                raise _unreadable(whole)
            labels.append(label.strip())
        item, rest = _parse(rest.strip(), whole)
        items.append(item)
        rest = rest.strip()
        if rest[:1] == ")":
            break
        if rest[:1] != ",":
            raise _unreadable(whole)
        rest = rest[1:]
    if {"Array": 1, "Map": 2, "Struct": len(items)}.get(name) != len(items):
        raise _unreadable(whole)
    return FeatureType(name, tuple(items), tuple(labels)), rest[1:]


def _scalar(name: str, whole: str) -> FeatureType:
    if name == "Decimal":
        return Decimal()
    if name not in SCALARS:
        raise _unreadable(whole, name)
    return FeatureType(name)


def _decimal(inside: str, closed: str, whole: str) -> FeatureType:
    precision, _, scale = inside.partition(",")
    try:
        return Decimal(int(precision), int(scale))
    except ValueError:
        raise _unreadable(whole) from None
    finally:
        if not closed:
            raise _unreadable(whole)


def _unreadable(text: str, name: str | None = None) -> DefinitionError:
    return DefinitionError(
        "unknown feature type",
        got=value_text(text),
        allowed=listed([*SCALARS, *_NESTED], 20),
        fix=did_you_mean(name, SCALARS) if name else None,
    )


@lru_cache(maxsize=4096)
def from_arrow(arrow: pa.DataType) -> FeatureType | None:
    """Return the feature type that holds values of an Arrow type, or None when none does.

    Small integers widen; timestamps of any unit become µs in UTC; dictionaries are read as
    their values.
    """
    import pyarrow.types as at

    if at.is_dictionary(arrow):
        return from_arrow(arrow.value_type)
    if at.is_decimal(arrow) and arrow.precision <= 38:
        return Decimal(arrow.precision, arrow.scale)
    if at.is_map(arrow):
        return _wrap("Map", [arrow.key_type, arrow.item_type])
    if is_list(arrow):
        return _wrap("Array", [arrow.value_type])
    if at.is_struct(arrow):
        fields = [arrow.field(i) for i in range(arrow.num_fields)]
        return _wrap("Struct", [f.type for f in fields], tuple(f.name for f in fields))
    return _scalar_from_arrow(arrow)


def _wrap(name: str, inner: list[pa.DataType], labels: tuple[str, ...] = ()) -> FeatureType | None:
    items = [from_arrow(item) for item in inner]
    known = tuple(item for item in items if item is not None)
    return FeatureType(name, known, labels) if len(known) == len(items) else None


def _scalar_from_arrow(arrow: pa.DataType) -> FeatureType | None:
    import pyarrow as pa
    import pyarrow.types as at

    if is_partition(arrow):
        return from_arrow(arrow.storage_type)
    if isinstance(arrow, pa.BaseExtensionType):
        return {"arrow.uuid": Uuid, "arrow.json": Json}.get(arrow.extension_name)
    tests = (
        (at.is_boolean, Bool),
        (lambda t: at.is_integer(t) and _fits(t, 32), Int32),
        (lambda t: at.is_integer(t) and _fits(t, 64), Int64),
        (lambda t: at.is_float16(t) or at.is_float32(t), Float32),
        (at.is_float64, Float64),
        (lambda t: at.is_string(t) or at.is_large_string(t) or at.is_string_view(t), String),
        (lambda t: at.is_binary(t) or at.is_large_binary(t) or at.is_binary_view(t), Bytes),
        (at.is_fixed_size_binary, Bytes),
        (at.is_timestamp, UnixTimestamp),
        (at.is_date, Date),
    )
    return next((kind for test, kind in tests if test(arrow)), None)


def is_partition(arrow: pa.DataType) -> bool:
    """Whether an Arrow type is that of a column which exists only in the names of folders.

    Such values are text; they are read as the type that is declared, otherwise as the storage's.
    """
    import pyarrow as pa

    return isinstance(arrow, pa.OpaqueType) and (arrow.type_name, arrow.vendor_name) == PARTITION


def is_list(arrow: pa.DataType) -> bool:
    """Whether the values of an Arrow type are lists, however they are laid out in memory."""
    import pyarrow.types as at

    return bool(at.is_list(arrow) or at.is_large_list(arrow) or at.is_fixed_size_list(arrow))


def with_scalars(arrow: pa.DataType, change: Callable[[pa.DataType], pa.DataType]) -> pa.DataType:
    """Return an Arrow type with other scalars, however deep in lists, maps and structs.

    Args:
        arrow: The type.
        change: Returns what replaces a type that is not a list, map or struct.
    """
    import pyarrow as pa
    import pyarrow.types as at

    if at.is_list(arrow):
        return pa.list_(with_scalars(arrow.value_type, change))
    if at.is_map(arrow):
        return pa.map_(*(with_scalars(t, change) for t in (arrow.key_type, arrow.item_type)))
    if at.is_struct(arrow):
        return pa.struct([(field.name, with_scalars(field.type, change)) for field in arrow])
    return change(arrow)


def _fits(arrow: pa.DataType, bits: int) -> bool:
    """Whether every value of an Arrow integer type fits a signed integer of `bits`."""
    import pyarrow.types as at

    return bool(arrow.bit_width < bits or (arrow.bit_width == bits and at.is_signed_integer(arrow)))
