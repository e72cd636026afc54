"""Warnings about the older spelling, a short line each."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import click


@contextmanager
def older_spelling_noted() -> Iterator[None]:
    """Print each DeprecationWarning that is raised inside once, as ``file:line: warning: …``."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", DeprecationWarning)
        try:
            yield
        finally:
            lines = [f"{w.filename}:{w.lineno}: warning: {w.message}" for w in caught]
            for line in dict.fromkeys(lines):
                click.echo(line, err=True)
