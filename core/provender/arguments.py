"""Arguments of the verbs: whether each has a type that it may have."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from provender.errors import RequestError, value_text
from provender.names import check_given_names


def check_flags(**flags: object) -> None:
    """Do nothing when arguments, given by name, are True or False.

    Raises:
        RequestError: One is not.
    """
    for name, value in flags.items():
        check_argument(name, value, bool, "True or False")


def check_text(name: str, value: object) -> None:
    """Do nothing when an argument is text or None.

    Raises:
        RequestError: It is neither.
    """
    check_argument(name, value, (str, type(None)), "text")


def check_whole(name: str, value: object, *, negative: str | None = None) -> None:
    """Do nothing when an argument is a whole number of 64 bits.

    Args:
        name: Its name.
        value: Its value.
        negative: What is allowed instead of a negative number; None: it may be negative.

    Raises:
        RequestError: It is not.
    """
    number = None if isinstance(value, bool) else value
    check_argument(name, number, int, "a whole number")
    if not isinstance(value, int):
        return
    if value < 0 and negative:
        raise RequestError(f"{name} is negative", got=value_text(value), allowed=negative)
    if not -(2**63) <= value < 2**63:
        raise RequestError(f"{name} is out of range", got=value_text(value), allowed="64 bits")


def check_callable(name: str, value: object) -> None:
    """Do nothing when an argument can be called.

    Raises:
        RequestError: It cannot.
    """
    if not callable(value):
        raise RequestError(f"{name} cannot be called", got=value_text(value), allowed="a function")


def path_of(name: str, value: object) -> Path:
    """Return an argument as a path.

    Raises:
        RequestError: It is none.
    """
    check_argument(name, value, (str, PathLike), "a path")
    path = Path(value)  # type: ignore[arg-type]
    if "\0" in str(path):
        raise RequestError(f"{name} is not a path", got=value_text(str(path)))
    return path


def check_consent(value: object) -> None:
    """Do nothing when an argument `allow_data_loss` is True, False or names of views.

    Raises:
        RequestError: It is neither.
    """
    if isinstance(value, bool | str):
        return
    allowed = "True, False or the names of feature views"
    check_argument("allow_data_loss", value, (list, tuple, set, frozenset), allowed)
    check_given_names("feature view", value)


def check_argument(name: str, value: object, kinds: type | tuple[type, ...], allowed: str) -> None:
    """Do nothing when an argument is of some types.

    Args:
        name: Its name.
        value: Its value.
        kinds: The types.
        allowed: The same in words.

    Raises:
        RequestError: It is not.
    """
    if not isinstance(value, kinds):
        fact = f"{name} has a value of the wrong type"
        raise RequestError(fact, got=value_text(value), allowed=allowed)
