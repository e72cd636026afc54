"""Names: whether they are text, and those of columns that clash.

Columns clash when a name is given twice, or when two names differ only in the case of letters.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from provender.errors import RequestError, value_text


def check_given_name(kind: str, name: object) -> None:
    """Do nothing when what names a thing is text.

    Args:
        kind: What it names, such as ``feature view``.
        name: The name.

    Raises:
        RequestError: It is not text.
    """
    if isinstance(name, str):
        return
    inside = getattr(name, "name", None)
    fix = f"pass its name, {inside!r}" if isinstance(inside, str) else None
    fact = f"the name of a {kind} is not a string"
    raise RequestError(fact, got=value_text(name), allowed="the name as a string", fix=fix)


def check_given_names(kind: str, names: object) -> None:
    """Do nothing when names are given as a list of texts.

    Args:
        kind: What they name, such as ``feature view``.
        names: The names.

    Raises:
        RequestError: They are not.
    """
    if isinstance(names, str) or not isinstance(names, Iterable):
        fix = f"put it into a list: [{names!r}]" if isinstance(names, str) else None
        fact = f"the names of {kind}s are not a list"
        raise RequestError(fact, got=value_text(names), allowed="a list of names", fix=fix)
    for name in names:
        check_given_name(kind, name)


def repeated(names: Iterable[str]) -> list[str]:
    """Return the names that occur more than once, sorted."""
    return sorted(name for name, times in Counter(names).items() if times > 1)


def alike_names(names: Iterable[str]) -> list[str]:
    """Return the names that some dialect does not distinguish from others of them, in order."""
    names = list(names)
    folded = Counter(map(str.casefold, names))
    return [name for name in names if folded[name.casefold()] > 1]
