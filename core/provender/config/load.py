"""`load_config`: reads and checks feature_store.yaml, reporting all that is wrong at once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from provender.config.checking import check
from provender.config.feast_keys import FEAST_KEYS, leave_out
from provender.config.model import Config, ConfigFile
from provender.config.registry_cache import registry_cache
from provender.config.sections import SECTIONS, section, type_problems
from provender.config.yaml_reader import read_yaml
from provender.config.yaml_text import YamlText
from provender.errors import ConfigError, Problem
from provender.plugin.contract.info import DEFAULT_PROVIDER

FILE_NAME = "feature_store.yaml"


def load_config(path: Path) -> Config:
    """Read feature_store.yaml.

    Keys of the Feast feature store that say nothing here are left out with a warning.

    Args:
        path: The file, or the directory that holds it.

    Raises:
        ConfigError: It is missing, or with everything that is wrong in it.
    """
    return config_of(read_yaml(_file(path)))


def config_of(text: YamlText) -> Config:
    """Return the configuration that was read from a file.

    Raises:
        ConfigError: With everything that is wrong in it.
    """
    if not isinstance(text.data, dict):
        raise _no_mapping(text)
    problems = [*leave_out(text), *text.problems]
    data = {name: value for name, value in text.data.items() if not _says_nothing(name, value)}
    written = {name: text.as_written((name,), value) for name, value in data.items()}
    own, wrong = _own_settings(data, text)
    checked, unfit = check(ConfigFile, data, text, ())
    unread = {problem.place for problem in problems}  # their values are None, and no mistake more
    unfit = [problem for problem in unfit if problem.place not in unread]
    cache, uncached = registry_cache(data.get("registry"), text)
    problems = [*problems, *wrong, *unfit, *uncached, *type_problems(text)]
    if problems:
        raise ConfigError.of(sorted(problems, key=_position))
    found = _config(checked, text, own)
    return replace(
        found,
        cache_ttl_seconds=cache.cache_ttl_seconds,
        write_cache_ttl_seconds=cache.write_cache_ttl_seconds,
        written=written,
    )


def _file(path: Path) -> Path:
    """Return the configuration file that `path` is, or that it holds."""
    is_file = os.path.isfile(path)  # noqa: PTH113 - Path.is_file raises when a directory is closed
    named = path.suffix in (".yaml", ".yml") and not os.path.isdir(path)  # noqa: PTH112
    file = path if is_file or named else path / FILE_NAME
    if not os.path.isfile(file):  # noqa: PTH113
        raise ConfigError(
            f"no {file.name} here",
            got=str(file.absolute()),
            fix="create a repository with `provender init`, or change to one with --chdir",
        )
    return file


def _no_mapping(text: YamlText) -> ConfigError:
    if text.problems:
        return ConfigError.of(text.problems)
    return ConfigError(
        "the configuration is empty or not a mapping",
        got="nothing" if text.data is None else type(text.data).__name__,
        allowed="a mapping such as `project: fraud`",
        place=text.place(()),
    )


def _says_nothing(name: str, value: object) -> bool:
    """Whether a key is left out: one of Feast's, or one of ours with nothing after it."""
    return name in FEAST_KEYS or (value is None and name in ConfigFile.model_fields)


def _own_settings(data: dict[str, Any], text: YamlText) -> tuple[Mapping[str, Any], list[Problem]]:
    """Take the settings under the provider's own name out of `data`."""
    provider = data.get("provider", DEFAULT_PROVIDER)
    if not isinstance(provider, str) or provider in ConfigFile.model_fields:
        return {}, []
    own = data.pop(provider, None)
    if own is None or isinstance(own, dict):
        return own or {}, []
    fact = f"{provider} is not valid"
    got, place = text.shown((provider,), own), text.place((provider,))
    allowed = "a mapping with settings of the provider"
    return {}, [Problem(fact, got=got, allowed=allowed, place=place)]


def _position(problem: Problem) -> tuple[int, int]:
    """Return the line and column of a problem, to tell problems in the file's order."""
    _, line, column = (problem.place or ":1:1").rsplit(":", 2)
    return int(line), int(column)


def _config(checked: ConfigFile, text: YamlText, own: Mapping[str, Any]) -> Config:
    file = text.file.resolve()
    keys = ("provider", "plugins", "definitions", *SECTIONS.values())
    return Config(
        project=checked.project,
        provider=checked.provider,
        plugins=checked.plugins,
        definitions=checked.definitions,
        on_demand_modules=checked.on_demand_modules,
        file=file,
        repo_path=file.parent,
        materialization=checked.materialization,
        stores={role: section(key, getattr(checked, key), text) for role, key in SECTIONS.items()},
        provider_settings=own,
        author=checked.author,
        server=checked.server,
        places={key: text.place((key,)) for key in keys if (key,) in text.lines},
    )
