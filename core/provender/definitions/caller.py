"""Where in the user's files a definition stands."""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType

_PACKAGE = str(Path(__file__).parent.parent)


def caller_frame() -> FrameType:
    """Return the nearest calling frame outside Provender."""
    frame = sys._getframe(1)
    while frame.f_back and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    return frame


def caller_place() -> str:
    """Return ``file:line`` of the nearest caller outside Provender."""
    frame = caller_frame()
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"
