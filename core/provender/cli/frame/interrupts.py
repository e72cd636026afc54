"""Ctrl-C that is not lost.

A KeyboardInterrupt that comes while a library of compiled code calls back into Python may be
swallowed there, or come out as an error of that library. So it is also written down, and looked
for where work goes on batch by batch, and when a command ends.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from provender.cli.frame.invocation import Invocation


@contextmanager
def noting_interrupts(invocation: Invocation) -> Iterator[None]:
    """Note a Ctrl-C in `invocation`, besides raising KeyboardInterrupt as Python does."""
    python_handles_it = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if not python_handles_it or threading.current_thread() is not threading.main_thread():
        yield
        return

    def note(number: int, frame: FrameType | None) -> None:
        invocation.interrupted = True
        signal.default_int_handler(number, frame)

    signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def stop_if_interrupted(invocation: Invocation) -> None:
    """Raise the KeyboardInterrupt that was noted and has not stopped the work.

    Raises:
        KeyboardInterrupt: There was a Ctrl-C.
    """
    if invocation.interrupted:
        raise KeyboardInterrupt
