"""Words that nothing new can be called: those of Python, and the names of Provender itself."""

from __future__ import annotations

from keyword import iskeyword

_OWN = frozenset({"core", "provender"})


def taken_word(name: str) -> str | None:
    """Return why a word cannot be the name of a project or a provider, or None when it can."""
    if iskeyword(name) or iskeyword(name.capitalize()):
        return "a keyword of Python"
    if name.lower() in _OWN:
        return "a name of Provender itself"
    return None
