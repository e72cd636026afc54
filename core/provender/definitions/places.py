"""Where a definition and its arguments are in the user's files."""

from __future__ import annotations

import ast
import linecache
import os
import sys
from functools import lru_cache
from pathlib import Path
from types import FrameType

_PACKAGE = f"{Path(__file__).parent.parent}{os.sep}"
_PROVIDER = "provender_"


def caller_frame() -> FrameType:
    """Return the nearest calling frame outside Provender and its providers' packages."""
    frame = sys._getframe(1)
    while frame.f_back and _is_ours(frame):
        frame = frame.f_back
    return frame


def _is_ours(frame: FrameType) -> bool:
    package = str(frame.f_globals.get("__name__")).partition(".")[0]
    return frame.f_code.co_filename.startswith(_PACKAGE) or package.startswith(_PROVIDER)


def caller_place() -> str:
    """Return ``file:line`` of the nearest caller outside Provender."""
    frame = caller_frame()
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


def argument_place(place: str, name: str, position: int | None = None) -> str:
    """Return ``file:line`` of a keyword argument, or that of the call where it is not found.

    Only problems ask for it: a definition itself keeps no more than the line of its call.

    Args:
        place: ``file:line`` of the call.
        name: The argument.
        position: That of an item, where the argument is written as a list.
    """
    file, _, line = place.rpartition(":")
    if not name or not file:
        return place
    linecache.checkcache(file)
    text = "".join(linecache.getlines(file))
    try:
        calls = _calls(text).get(int(line), []) if text else []
    except (SyntaxError, ValueError):
        return place
    found = [word.value for call in calls for word in call.keywords if word.arg == name]
    if not found:
        return place
    node = found[0]
    if position is not None and isinstance(node, ast.List | ast.Tuple):
        node = node.elts[position] if position < len(node.elts) else node
    return f"{file}:{node.lineno}"


@lru_cache(maxsize=8)
def _calls(text: str) -> dict[int, list[ast.Call]]:
    """Return the calls of a module by the line where each begins."""
    calls: dict[int, list[ast.Call]] = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            calls.setdefault(node.lineno, []).append(node)
    return calls
