"""The command line: thin commands over `provender.store.FeatureStore`.

Only what every command needs is imported before one is chosen.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run ``provender`` with the arguments of the process, and exit with its code."""
    try:
        from provender.cli.run import run

        code = run()
    except KeyboardInterrupt:  # before or after the command itself: nothing was begun
        code = 130
    sys.exit(code)
