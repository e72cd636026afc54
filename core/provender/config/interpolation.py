"""Environment variables in texts: ``${NAME}``, ``${NAME:-default}``, and ``$${`` for ``${``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_PATTERN = re.compile(
    r"(?P<escaped>\$\$\{)|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\}|\$\{"
)


@dataclass
class Filled:
    """A text whose variables have been put in.

    Attributes:
        text: The text.
        taken: What came from the environment, with the ``${NAME}`` that stands for it.
        unset: The variables that are neither set nor have a default.
        empty: The variables that are set to nothing and have no default.
        malformed: Whether a ``${`` begins no variable.
    """

    text: str = ""
    taken: list[tuple[str, str]] = field(default_factory=list)
    unset: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    malformed: bool = False


def fill(text: str, environment: Mapping[str, str]) -> Filled:
    """Put variables into a text.

    As in a shell, the default of ``${NAME:-default}`` also stands for a variable that is empty.

    Args:
        text: The text.
        environment: The variables.
    """
    filled = Filled()
    filled.text = _PATTERN.sub(lambda match: _value(match, environment, filled), text)
    return filled


def _value(match: re.Match[str], environment: Mapping[str, str], filled: Filled) -> str:
    name, default = match["name"], match["default"]
    if match["escaped"]:
        return "${"
    if name is None:
        filled.malformed = True
        return match[0]
    value = environment.get(name)
    if value is None and default is None:
        filled.unset.append(name)
    elif not value and default is None:
        filled.empty.append(name)
    if value:
        filled.taken.append((value, f"${{{name}}}"))
    return value or default or ""
