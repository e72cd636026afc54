"""The values of partition columns: text in the names of folders, of whatever type is declared.

Where nothing is declared, a column of which every value is a whole number as one writes it is an
``Int64`` (``00123`` is none), one of dates a ``Date``, any other a ``String``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from provender.errors import SourceError
from provender.plugin.kit.arrow_cast import cast_column
from provender.types import PARTITION, is_partition

if TYPE_CHECKING:
    import pyarrow as pa

_INTEGER = re.compile(r"0|-?[1-9]\d{0,17}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def partition_type(texts: Sequence[str | None]) -> pa.DataType:
    """Return the type of a partition column of which no type is declared.

    Its storage is the type that fits the values; it can be read as any scalar type.
    """
    import pyarrow as pa

    present = [text for text in texts if text is not None]
    kind = pa.string()
    if present and all(map(_INTEGER.fullmatch, present)):
        kind = pa.int64()
    elif present and all(map(_DATE.fullmatch, present)):
        kind = pa.date32()
    return pa.opaque(kind, *PARTITION)


def value_type(kind: pa.DataType) -> pa.DataType:
    """Return the type of a column's values: that of a partition is its storage's."""
    import pyarrow as pa

    return kind.storage_type if is_partition(kind) and isinstance(kind, pa.OpaqueType) else kind


def partition_values(name: str, texts: Sequence[str | None], kind: pa.DataType) -> pa.Array:
    """Return the values of a partition column as a type.

    Raises:
        SourceError: A folder's value is none of the type.
    """
    import pyarrow as pa
    import pyarrow.types as at

    given = pa.array(texts, pa.string())
    try:
        if at.is_timestamp(kind):
            return _instants(given, kind)
        return cast_column(given, pa.field(name, kind))
    except (SourceError, pa.ArrowException) as error:
        raise SourceError(
            f"the folders of partition column {name!r} hold a value of another type",
            got=", ".join(sorted({f"{name}={text}" for text in texts if text is not None})[:5]),
            allowed=str(kind),
            fix="declare the column with the type of its values, or rename the folder",
        ) from error


def _instants(texts: pa.Array, kind: pa.DataType) -> pa.Array:
    """Return texts as instants; one without a zone means UTC."""
    import pyarrow as pa

    try:
        return texts.cast(pa.timestamp("us")).cast(kind)
    except pa.ArrowInvalid:
        return texts.cast(kind)
