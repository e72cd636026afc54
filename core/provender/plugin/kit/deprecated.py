"""Names of earlier versions of the plug-in API, which still work and warn."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, Final, TypeVar

from provender.plugin.contract.engine import Task, TaskReport
from provender.plugin.kit.findings import run_check, run_checks
from provender.plugin.kit.parallel import ThreadFanOut
from provender.plugin.kit.retry import Retry

T = TypeVar("T")


class Patience(Retry):
    """`Retry` with the names that its methods had before."""

    renew = Retry.restart
    after_race = Retry.after_conflict

    def after_fault(self, error: BaseException, *, passing: bool) -> None:
        """See `Retry.after_failure`."""
        self.after_failure(error, transient=passing)

    def until_done(self, call: Callable[[], T], passing: Callable[[BaseException], bool]) -> T:
        """See `Retry.call`."""
        return self.call(call, passing)


_RENAMED: Final[dict[str, tuple[str, Any]]] = {
    "Beside": ("ThreadFanOut", ThreadFanOut),
    "Patience": ("Retry", Patience),
    "Shard": ("Task", Task),
    "ShardReport": ("TaskReport", TaskReport),
    "looked_at": ("run_check", run_check),
    "looked_at_each": ("run_checks", run_checks),
}


def renamed(name: str) -> Any:
    """Return what a name of an earlier version means, and warn.

    Args:
        name: A name that `provender.plugin` does not have.

    Raises:
        AttributeError: It never had it.
    """
    if name not in _RENAMED:
        raise AttributeError(f"module 'provender.plugin' has no attribute {name!r}")
    now, found = _RENAMED[name]
    warnings.warn(
        f"provender.plugin.{name} is now called {now}; the old name works until version 0.3",
        DeprecationWarning,
        stacklevel=3,
    )
    return found
