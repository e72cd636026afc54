"""The command line: thin commands over `provender.store.FeatureStore`."""

from provender.cli.app import main

__all__ = ["main"]
