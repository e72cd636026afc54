"""Values of PostgreSQL as the fields and columns of the Redshift Data API."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

_NAMES = {
    16: "bool", 17: "varbyte", 20: "int8", 21: "int2", 23: "int4", 114: "super", 700: "float4",
    701: "float8", 1042: "bpchar", 1043: "varchar", 1082: "date", 1083: "time", 1114: "timestamp",
    1184: "timestamptz", 1700: "numeric", 3802: "super",
}  # fmt: skip


def metadata(column: Any) -> dict[str, Any]:
    """Return what GetStatementResult tells of a column."""
    return {
        "name": column.name,
        "label": column.name,
        "typeName": _NAMES.get(column.type_code, "varchar"),
        "precision": column.precision or 0,
        "scale": column.scale or 0,
        "length": 0,
        "nullable": 1,
    }


def field(value: Any) -> dict[str, Any]:
    """Return a value as one of the kinds of fields."""
    if value is None:
        return {"isNull": True}
    if isinstance(value, bool):
        return {"booleanValue": value}
    if isinstance(value, int):
        return {"longValue": value}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, bytes):
        return {"blobValue": base64.b64encode(value).decode()}
    if isinstance(value, datetime):
        return {"stringValue": _instant(value)}
    return {"stringValue": str(value)}


def _instant(value: datetime) -> str:
    zoned = value.tzinfo is not None
    plain = value.astimezone(UTC).replace(tzinfo=None) if zoned else value
    text = plain.isoformat(sep=" ")
    if "." in text:
        text = text.rstrip("0")
    return f"{text}+00" if zoned else text
