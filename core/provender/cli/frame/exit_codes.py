"""What the exit codes of ``provender`` mean."""

from __future__ import annotations

FINE = 0
FAILED = 1
"""A mistake in what was given, or a store that failed."""
USAGE = 2
"""The command line itself cannot be understood; click's own code for it."""
CHANGES = 2
"""``plan`` or ``datasets compare`` with ``--detailed-exitcode`` found changes; the same number as
in other tools that plan."""
INTERRUPTED = 130
"""Ctrl-C: 128 and the number of the signal, as shells count."""
