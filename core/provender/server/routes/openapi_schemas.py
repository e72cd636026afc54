"""The structs of `provender.wire` as schemas of OpenAPI 3.0."""

from __future__ import annotations

import inspect
import re
from typing import Any, Final

import msgspec

from provender.online.response import Status
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
_INSTANT: Final = {"format": "date-time"}
_REFUSED_WHEN_TRUE: Final = {"enum": [False]}
_REFERENCES: Final = {"type": "array", "items": {"type": "string"}, "minItems": 1}
_MORE: Final[dict[tuple[str, str], dict[str, Any]]] = {
    ("MaterializeRequest", "start_ts"): _INSTANT,
    ("MaterializeRequest", "end_ts"): _INSTANT,
    ("MaterializeIncrementalRequest", "end_ts"): _INSTANT,
    ("RebuildRequest", "end_ts"): _INSTANT,
    ("MaterializeRequest", "disable_event_timestamp"): _REFUSED_WHEN_TRUE,
    ("OnlineRequest", "include_feature_view_version_metadata"): _REFUSED_WHEN_TRUE,
    ("Run", "created"): _INSTANT,
    ("Run", "updated"): _INSTANT,
    ("Vector", "event_timestamps"): _INSTANT,
    ("Vector", "statuses"): {"enum": [status.value for status in Status]},
}
"""What a struct cannot say of a member, or of the items of one that is a list."""
_WANTED: Final[dict[str, dict[str, Any]]] = {
    "WantedByReference": {
        "type": "object",
        "description": "Features named by references.",
        "required": ["features"],
        "properties": {"features": _REFERENCES},
    },
    "WantedByService": {
        "type": "object",
        "description": "The features of a feature service.",
        "required": ["feature_service"],
        "properties": {"feature_service": {"type": "string", "minLength": 1}},
    },
}
"""Features are named in one of two ways."""


def reference(kind: type) -> dict[str, Any]:
    """Return what points at the schema of a struct."""
    return {"$ref": _HOME + kind.__name__}


FAILURE: Final = reference(answers.FailureAnswer)
"""What points at the one shape of all errors."""


def schemas() -> dict[str, Any]:
    """Return the schemas of all structs by their names."""
    _, components = msgspec.json.schema_components(_TYPES, ref_template=_HOME + "{name}")
    whole = _always_whole()
    found = {
        name: _described(_older(schema), defaults=name not in whole)
        for name, schema in components.items()
    }
    for (struct, member), more in _MORE.items():
        property_ = found[struct]["properties"][member]
        target = property_["items"] if property_.get("type") == "array" else property_
        target.update(more)
    for name in whole:
        found[name]["required"] = list(found[name]["properties"])
    found[requests.OnlineRequest.__name__]["oneOf"] = [{"$ref": _HOME + name} for name in _WANTED]
    return {**found, **_WANTED}


def _always_whole() -> list[str]:
    """Return the names of the structs of answers that are written with every member."""
    kinds = [kind for kind in vars(answers).values() if isinstance(kind, type)]
    structs = [kind for kind in kinds if issubclass(kind, msgspec.Struct)]
    return [one.__name__ for one in structs if not one.__struct_config__.omit_defaults]


def _described(schema: dict[str, Any], *, defaults: bool) -> dict[str, Any]:
    """Return the schema of a struct with what its docstring says of each member at that member.

    What a member is by default is said in words: generators of clients take a member with a
    default for one that is always there.

    Args:
        schema: The schema.
        defaults: Whether members may be left out, so that it matters what they are by default.
    """
    text = inspect.cleandoc(schema.get("description", ""))
    head, _, members = text.partition("\n\nAttributes:\n")
    said = _members(members)
    properties = {
        name: _member(member, said.get(name, ""), defaults=defaults)
        for name, member in schema.get("properties", {}).items()
    }
    return {**schema, "description": _plain(head), "properties": properties}


def _member(member: dict[str, Any], text: str, *, defaults: bool) -> dict[str, Any]:
    """Return a member with a description; one that is a reference needs a schema around it."""
    left_out = member.get("default")
    rest = {name: part for name, part in member.items() if name not in ("default", "$ref")}
    if defaults and left_out not in (None, [], {}, ""):
        default = msgspec.json.encode(left_out).decode()
        text = f"{text} By default {default}.".strip()
    if "enum" in member:
        rest["type"] = "string"  # all of them are
    if "$ref" in member:
        rest["allOf"] = [{"$ref": member["$ref"]}]
    return rest | ({"description": text} if text else {})


def _members(text: str) -> dict[str, str]:
    """Return what the section ``Attributes`` of a docstring says of each name."""
    entries = re.findall(r"^ {4}(\w+): (.+(?:\n {8}.+)*)", text, re.MULTILINE)
    return {name: _plain(said) for name, said in entries}


def _plain(text: str) -> str:
    """Return a part of a docstring as one line of plain text."""
    return re.sub(r"``?", "`", " ".join(text.split()))


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
