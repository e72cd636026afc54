"""Confirmation before data is lost."""

from __future__ import annotations

import sys

import click

from provender.cli.frame.invocation import Invocation
from provender.errors import RequestError


def can_ask(invocation: Invocation) -> bool:
    """Return whether there is a terminal; nobody is asked when the answer is JSON."""
    return not invocation.as_json and sys.stdin.isatty() and sys.stderr.isatty()


def need_consent(invocation: Invocation, question: str, loss: str) -> None:
    """Return when somebody at a terminal agrees to lose something.

    Args:
        invocation: The call; see `can_ask`.
        question: What to ask.
        loss: What would be lost.

    Raises:
        RequestError: Nobody is there to answer, or the answer is no.
    """
    if not can_ask(invocation):
        fix = "to accept the loss, run it again with --yes"
        raise RequestError(
            "this would lose data, and there is no terminal to confirm it", got=loss, fix=fix
        )
    if not click.confirm(question, err=True):
        raise RequestError("cancelled; nothing was changed")
