"""The machine: its Python, the libraries that Provender needs, and its clock."""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, requires, version

from provender.clock import Clock, to_us
from provender.errors import ProvenderError
from provender.plugin import Finding
from provender.plugin.kit.findings import run_check

_OLDEST = (3, 11)
_EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)
"""No machine that runs this release lives before it."""


def machine(clock: Clock) -> Iterator[Finding]:
    """Look at the machine.

    Args:
        clock: Returns the current time.
    """
    yield run_check("Python", _python)
    yield run_check("libraries", _libraries)
    yield run_check("the machine's clock", lambda: _clock(clock))


def _python() -> str:
    found = f"Python {platform.python_version()} on {sys.platform}"
    if sys.version_info < _OLDEST:
        raise ProvenderError("this Python is too old", got=found, allowed="3.11 or newer")
    return found


def _libraries() -> str:
    """Say the versions of what every installation needs."""
    found, missing = [f"provender {version('provender')}"], []
    for name in _needed():
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        raise ProvenderError(
            "libraries are missing", got=", ".join(missing), fix="pip install --upgrade provender"
        )
    return ", ".join(found)


def _needed() -> list[str]:
    """Return the names of the distributions that Provender needs without any extra."""
    plain = [line for line in requires("provender") or [] if "extra ==" not in line]
    return sorted(re.split(r"[^\w.-]", line, maxsplit=1)[0] for line in plain)


def _clock(clock: Clock) -> str:
    now = clock()
    if to_us(now) < to_us(_EARLIEST):
        raise ProvenderError(
            "the machine's clock is far behind",
            got=now.isoformat(),
            fix="set it, for example with NTP: incremental loads end at the current time",
        )
    return f"{now.isoformat(timespec='seconds')} (UTC)"
