"""What is created while the modules of a repository load, also if no variable keeps it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import Field
from typing import ClassVar, Self

from provender.errors import shortened

_NOTHING: tuple[object, ...] = (None, "", (), {})
_noted: ContextVar[list[tuple[str, object]] | None] = ContextVar("noted", default=None)


class Defined:
    """A definition: each one that is made inside `noting` is noted; its repr is short.

    Attributes:
        usable: False for one that has problems and was made because those are being collected.
    """

    usable: ClassVar[bool] = True

    def __new__(cls, *_: object, **__: object) -> Self:
        """Make a definition and note it."""
        made = super().__new__(cls)
        noted = _noted.get()
        if noted is not None:
            noted.append((_running_module(), made))
        return made

    def __repr__(self) -> str:
        """Return the name and what was said besides; what was left open is left out."""
        fields: dict[str, Field[object]] = getattr(type(self), "__dataclass_fields__", {})
        said = [
            f"{name}={_short(value)}"
            for name, field in fields.items()
            if name != "name" and field.repr
            if (value := getattr(self, name, None)) != field.default and value not in _NOTHING
        ]
        return f"{type(self).__name__}({', '.join([repr(getattr(self, 'name', '')), *said])})"


def set_fields(definition: object, /, **values: object) -> None:
    """Set the fields of a frozen dataclass, in a constructor that checks what it is given."""
    for name, value in values.items():
        object.__setattr__(definition, name, value)


def _short(value: object) -> str:
    if isinstance(value, tuple | list):
        return f"[{shortened(map(repr, value))}]"
    return repr(value)


@contextmanager
def noting() -> Iterator[list[tuple[str, object]]]:
    """Note each definition that is made inside, with the file whose top level made it."""
    noted: list[tuple[str, object]] = []
    token = _noted.set(noted)
    try:
        yield noted
    finally:
        _noted.reset(token)


def _running_module() -> str:
    """Return the file of the module that is being imported, whichever function it called."""
    frame = sys._getframe(2)
    while frame.f_back and frame.f_code.co_name != "<module>":
        frame = frame.f_back
    return frame.f_code.co_filename
