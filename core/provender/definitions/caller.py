"""Where in the user's files a definition stands."""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType

_PACKAGE = str(Path(__file__).parent.parent)
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
