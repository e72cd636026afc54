"""The structs of `provender.wire` as schemas of OpenAPI 3.0."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from provender.wire import answers, requests

_TYPES = (
    requests.OnlineRequest,
    requests.PushRequest,
    requests.WriteRequest,
    requests.MaterializeRequest,
    requests.MaterializeIncrementalRequest,
    requests.RebuildRequest,
    answers.OnlineAnswer,
    answers.PushAnswer,
    answers.Run,
    answers.FailureAnswer,
)
_HOME = "#/components/schemas/"


def reference(kind: type) -> dict[str, Any]:
    """Return what points at the schema of a struct."""
    return {"$ref": _HOME + kind.__name__}


FAILURE: Final = reference(answers.FailureAnswer)
"""What points at the one shape of all errors."""


def schemas() -> dict[str, Any]:
    """Return the schemas of all structs by their names."""
    _, components = msgspec.json.schema_components(_TYPES, ref_template=_HOME + "{name}")
    return {name: _older(schema) for name, schema in components.items()}


def _older(schema: Any) -> Any:
    """Return a schema without what OpenAPI 3.0 lacks: a null beside other types."""
    if isinstance(schema, list):
        return [_older(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    parts = schema.get("anyOf", [])
    if {"type": "null"} in parts:
        (other,) = (part for part in parts if part != {"type": "null"})
        rest = {name: part for name, part in schema.items() if name != "anyOf"}
        return {**_older(rest), **_older(other), "nullable": True}
    return {name: _older(part) for name, part in schema.items()}
