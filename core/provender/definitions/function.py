"""`Function`: a function of a user, by its import path and its source text."""

from __future__ import annotations

import ast
import hashlib
import inspect
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import FunctionType
from typing import Any

from provender.definitions.places import argument_place
from provender.errors import Problem, listed, value_text


@dataclass(frozen=True, repr=False)
class Function:
    """A function as it is registered; it is never pickled, and its text is never executed.

    Attributes:
        path: Where it is imported from: ``module:name``.
        text: Its source text, without decorators.
        call: The function itself, where the process has it; not part of the definition.
    """

    path: str
    text: str
    call: Callable[..., Any] | None = field(default=None, compare=False, repr=False)

    def __repr__(self) -> str:
        return f"<Function {self.path}>"

    @cached_property
    def fingerprint(self) -> str:
        """The SHA-256 of its text, in hexadecimal digits."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def module(self) -> str:
        """The module that it is imported from."""
        return self.path.partition(":")[0]

    @property
    def name(self) -> str:
        """Its name within the module, such as ``total`` or ``Rules.total``."""
        return self.path.partition(":")[2]

    @property
    def can_be_imported(self) -> bool:
        """Whether another process can import it: not from the main program or a function."""
        return self.module != "__main__" and "<" not in self.name

    def to_document(self) -> dict[str, str]:
        """Return the function as plain JSON data."""
        return {"path": self.path, "text": self.text, "fingerprint": self.fingerprint}

    @classmethod
    def from_document(cls, document: Mapping[str, str]) -> Function:
        """Return the function that `to_document` wrote, which is not yet loaded."""
        return cls(document["path"], document["text"])


def function_of(what: str, given: object, place: str) -> tuple[Function | None, list[Problem]]:
    """Return a function as it is registered, and a problem when its text does not say all of it.

    What it captures (a closure, a default) would not be in its text, nor is it what another
    process imports; so a function takes one argument and captures nothing.

    Args:
        what: Whose function it is, in words.
        given: The function.
        place: ``file:line`` of the call.
    """
    at, whose = argument_place(place, "function"), f"the function of {what}"
    if not isinstance(given, FunctionType) or given.__name__ == "<lambda>":
        got = "a lambda" if isinstance(given, FunctionType) else value_text(given)
        allowed = "a function defined by def, with one parameter"
        return None, [Problem(f"{whose} is not one", got=got, allowed=allowed, place=at)]
    problems = _captured(whose, given, at)
    path = f"{given.__module__}:{given.__qualname__}"
    try:
        return Function(path, _text(given), given), problems
    except (OSError, SyntaxError):
        fact, fix = f"the source text of {whose} is not found", "write it to a file"
        return None, [*problems, Problem(fact, got=path, fix=fix, place=at)]


def _captured(whose: str, function: FunctionType, place: str) -> list[Problem]:
    problems = []
    if names := function.__code__.co_freevars:
        fact = f"{whose} captures variables of the function around it"
        fix = "make them variables of the module, or columns of a RequestSource"
        problems.append(Problem(fact, got=listed(names), fix=fix, place=place))
    parameters = list(inspect.signature(function, follow_wrapped=False).parameters.values())
    if len(parameters) != 1 or parameters[0].default is not inspect.Parameter.empty:
        got = f"{function.__name__}{inspect.signature(function, follow_wrapped=False)}"
        allowed = "one parameter, without a default"
        problems.append(
            Problem(f"{whose} has other parameters", got=got, allowed=allowed, place=place)
        )
    return problems


def _text(function: FunctionType) -> str:
    """Return the source text of a function, dedented and without its decorators.

    Raises:
        OSError: It is not found.
        SyntaxError: What is found is no function.
    """
    whole = textwrap.dedent(inspect.getsource(function))
    first = ast.parse(whole).body[0]
    return "\n".join(whole.splitlines()[first.lineno - 1 :]).rstrip()
