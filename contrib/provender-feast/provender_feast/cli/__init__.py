"""The command ``feast``: Feast's verbs, options, exit codes and wording."""

from provender_feast.cli.app import cli, main

__all__ = ["cli", "main"]
