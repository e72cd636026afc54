"""The command line: thin commands over `provender.store.FeatureStore`.

Only what every command needs is imported before one is chosen.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run ``provender`` with the arguments of the process, and exit with its code."""
    from provender.cli.run import run

    sys.exit(run())
