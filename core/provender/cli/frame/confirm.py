"""Confirmation before data is lost."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

import click

from provender.cli.frame.invocation import Invocation
from provender.errors import DataLoss, RequestError

if TYPE_CHECKING:
    from provender.store import FeatureStore

T = TypeVar("T")


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


def asking(
    invocation: Invocation,
    store: FeatureStore,
    attempt: Callable[[Sequence[str]], T],
    agreed: Sequence[str] = (),
) -> T:
    """Do something; where rows would be lost, ask at a terminal, and do it with that consent.

    Consent holds for the views that were named and for no other.

    Args:
        invocation: The call; see `can_ask`.
        store: The store whose views may be named.
        attempt: Does it with the consent for some views.
        agreed: The views to whose loss somebody agreed already.

    Raises:
        DataLoss: Rows would be lost, and there is no terminal.
        RequestError: The answer is no.
    """
    consent = list(agreed)
    while True:
        try:
            return attempt(consent)
        except DataLoss as error:
            if not can_ask(invocation):
                raise
            for problem in error.problems:
                loss = f"{problem.fact}: {problem.got}"
                need_consent(invocation, f"{loss[0].upper()}{loss[1:]}. Lose them?", loss)
                names = store.catalog.view_names
                consent += [name for name in names if repr(name) in problem.fact]
