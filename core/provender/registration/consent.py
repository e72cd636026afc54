"""What online rows a plan may lose: those with consent, and no more."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from provender.errors import DataLoss, Problem, count_text
from provender.plugin.contract.online_store import OnlineTable
from provender.registration.plan import Plan

Consent = bool | Collection[str]
"""The views whose online rows may be lost, as many as the plan says; True: those of all."""


def check_loss(plan: Plan, consent: Consent, count: Callable[[OnlineTable], int | None]) -> None:
    """Check that no more rows are lost than was agreed to.

    Args:
        plan: What is about to be done.
        consent: What was agreed to.
        count: Counts the rows of an online table as they are now; None: nobody can tell.

    Raises:
        DataLoss: Rows would be lost that nobody agreed to lose, or more of them than the plan says.
    """
    if problems := list(_problems(plan, consent, count)):
        raise DataLoss.of(problems)


def _problems(
    plan: Plan, consent: Consent, count: Callable[[OnlineTable], int | None]
) -> Iterator[Problem]:
    for table, planned in plan.tables_dropped:
        rows = count(table)
        if rows == 0:
            continue
        if not is_agreed(table.view, consent):
            yield Problem(
                f"online rows of feature view {table.view!r} would be lost",
                got=rows_text(rows),
                fix=f"to accept the loss: apply(…, allow_data_loss=[{table.view!r}]), or --yes",
            )
        elif planned is not None and (rows is None or rows > planned):
            yield Problem(
                f"more online rows of feature view {table.view!r} would be lost than the plan says",
                got=rows_text(rows),
                allowed=rows_text(planned),
                fix="plan and apply again",
            )


def is_agreed(view: str, consent: Consent) -> bool:
    """Return whether the online rows of a view may be lost."""
    if isinstance(consent, bool):
        return consent
    return view == consent if isinstance(consent, str) else view in consent


def rows_text(rows: int | None) -> str:
    """Return a number of rows in words; None: nobody can tell."""
    if rows is None:
        return "an unknown number of rows"
    return count_text(rows, "row")
