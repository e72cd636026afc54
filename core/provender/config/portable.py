"""A configuration as plain data that can be sent to another process, and back."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from provender.config.interpolation import fill
from provender.config.load import config_of
from provender.config.model import Config
from provender.config.yaml_reader import note_filled
from provender.config.yaml_text import Path_, YamlText
from provender.plugin.contract.engine import ProjectConfig


def portable(config: Config) -> ProjectConfig:
    """Return a configuration as plain data, without the values that came from the environment."""
    import msgspec

    return ProjectConfig(str(config.file.absolute()), msgspec.to_builtins(config.written))


def arrived(config: ProjectConfig, environment: Mapping[str, str] | None = None) -> Config:
    """Return the configuration of which `portable` made plain data.

    Args:
        config: The plain data.
        environment: The variables to put in; by default those of this process.

    Raises:
        ConfigError: With everything that is wrong, such as a variable that is not set here.
    """
    text = YamlText(Path(config.file))
    variables = os.environ if environment is None else environment
    text.data = _filled(config.settings, (), text, variables)
    return config_of(text)


def _filled(value: Any, path: Path_, text: YamlText, variables: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {key: _filled(item, (*path, key), text, variables) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, (*path, n), text, variables) for n, item in enumerate(value)]
    if isinstance(value, str) and "${" in value:
        return note_filled(text, path, value, fill(value, variables))
    return value
