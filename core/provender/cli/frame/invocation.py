"""`Invocation`: what the global options say, shared by every command of one call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from provender.config import Config
    from provender.store import FeatureStore

CONFIG_NAME = "feature_store.yaml"


@dataclass
class Invocation:
    """One call of ``provender``.

    Attributes:
        config: The configuration file; None: feature_store.yaml in the current directory.
        as_json: Whether the answer is JSON.
        color: False: never; None: as the terminal can.
        debug: Whether errors are shown with their traceback.
        answered: Whether the JSON answer was already printed.
        interrupted: Whether there was a Ctrl-C.
        plugin_commands: The commands that plug-ins add; None: not yet asked.
    """

    config: Path | None = None
    as_json: bool = False
    color: bool | None = None
    debug: bool = False
    answered: bool = False
    interrupted: bool = False
    plugin_commands: Mapping[str, click.Command] | None = None

    @property
    def config_file(self) -> Path:
        """The configuration file, which need not exist."""
        return self.config or Path(CONFIG_NAME)

    def load_config(self) -> Config:
        """Read the configuration.

        Raises:
            ConfigError: It is missing or wrong.
        """
        from provender.cli.frame.errors import warnings_in_one_line
        from provender.config import load_config

        with warnings_in_one_line(self.config_file.parent):
            return load_config(self.config_file)

    @contextmanager
    def open_store(self) -> Iterator[FeatureStore]:
        """Open the feature store of the configuration, and close it afterwards.

        Raises:
            ConfigError: The configuration is missing or wrong.
        """
        from provender.store import FeatureStore

        with FeatureStore(config=self.load_config()) as store:
            yield store


pass_invocation = click.make_pass_decorator(Invocation, ensure=True)
"""Gives a command the `Invocation` as its first argument."""
