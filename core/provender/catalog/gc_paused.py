"""A pause of Python's garbage collection while very many objects are made."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collection_paused() -> Iterator[None]:
    """Pause the search for cyclic garbage while the block makes many objects that stay.

    Without it Python walks through all of them again and again: a catalog of thousands of views
    takes six times as long. Threads that overlap may end each other's pause early.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
