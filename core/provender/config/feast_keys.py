"""Keys of the Feast feature store's configuration that have no meaning here."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, Final

from provender.config.yaml_text import YamlText
from provender.errors import Problem

FEAST_KEYS: Final[Mapping[str, str]] = {
    "auth": "stores are opened with the credentials of their own systems",
    "batch_engine": "the key is `engine` here",
    "coerce_tz_aware": "timestamps are always in UTC",
    "entity_key_serialization_version": "keys have one encoding",
    "feature_server": "the key is `server` here",
    "flags": "nothing is experimental here",
    "project_description": "a project has no description",
}
"""The keys that are left out with a warning, and why."""

_NO_AUTH = (None, "no_auth", {"type": "no_auth"})


def leave_out(text: YamlText) -> list[Problem]:
    """Warn of each Feast key of a file, at its line; nothing is done with what they say.

    Args:
        text: The file.

    Returns:
        A problem for an `auth` that wants access to be controlled: leaving that out would open
        what was closed.
    """
    problems = []
    for key, why in FEAST_KEYS.items():
        if key not in text.data:
            continue
        if key == "auth" and text.data[key] not in _NO_AUTH:
            problems.append(_no_access_control(text))
        else:
            _warn(text, key, why)
    return problems


def _warn(text: YamlText, key: str, why: str) -> None:
    line, _ = text.lines[(key,)]
    seen: dict[Any, Any] = globals().setdefault("__warningregistry__", {})
    message = f"key {key!r} of the Feast feature store is left out: {why}"
    warnings.warn_explicit(message, UserWarning, str(text.file), line, registry=seen)


def _no_access_control(text: YamlText) -> Problem:
    return Problem(
        "Provender has no access control of its own, so it cannot enforce `auth`",
        got=text.shown(("auth",), text.data["auth"]),
        allowed="no_auth",
        fix="remove the key, and control access in the systems that hold the data",
        place=text.place(("auth",)),
    )
