"""`Repository`: the feature repository that a command works on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from provender_feast.repo_config import load_repo_config
from provender_feast.store import FeatureStore


class Repository:
    """A feature repository.

    Args:
        root: Its directory.
        file: The configuration file; by default feature_store.yaml there.
    """

    def __init__(self, root: Path, file: Path | None) -> None:
        self.root = root
        self.file = file

    @contextmanager
    def store(self) -> Iterator[FeatureStore]:
        """Open the feature store of the repository.

        Raises:
            FeastConfigError: The configuration is missing or wrong.
        """
        config = load_repo_config(self.root, self.file)
        store = FeatureStore(config=config)
        try:
            yield store
        finally:
            store.close()


repository = click.make_pass_decorator(Repository)
