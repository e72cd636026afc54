"""What was said before the command: where the repository is and how results are printed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from provender.store import FeatureStore


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of the whole command line.

    Attributes:
        chdir: The feature repository.
        config: The configuration file.
        output: ``text`` or ``json``.
        debug: Whether tracebacks are shown.
    """

    chdir: Path | None = None
    config: Path | None = None
    output: str = "text"
    debug: bool = False

    @property
    def json(self) -> bool:
        """Whether results are printed for machines."""
        return self.output == "json"

    def store(self) -> FeatureStore:
        """Open the feature store of the repository.

        Raises:
            ConfigError: The configuration is missing or wrong.
        """
        from provender.store import FeatureStore

        return FeatureStore(self.chdir or Path(), fs_yaml_file=self.config)

    def show(self, text: str, data: Any) -> None:
        """Print a result: as text for people, or as JSON for machines."""
        click.echo(json.dumps(data, default=str, indent=2) if self.json else text)

    def say(self, line: str) -> None:
        """Print a line for people; it is left out when the output is JSON."""
        if not self.json:
            click.echo(line)


pass_settings = click.make_pass_decorator(Settings, ensure=True)
"""Gives a command the `Settings` as its first argument."""
