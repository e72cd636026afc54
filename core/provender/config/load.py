"""`load_config`: reads and checks feature_store.yaml, reporting all that is wrong at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from provender.config.model import Config, ConfigFile, StoreSection
from provender.config.yaml_text import Path_, YamlText, read_yaml
from provender.errors import ConfigError, Problem, did_you_mean, listed
from provender.plugin.info import Role

FILE_NAME = "feature_store.yaml"
SECTIONS: Mapping[Role, str] = {
    "registry": "registry",
    "online": "online_store",
    "offline": "offline_store",
    "engine": "engine",
}
"""The key of each store's section."""

_IGNORED = ("entity_key_serialization_version", "flags", "auth", "feature_server", "batch_engine")
"""Keys of the Feast feature store that say nothing here; they are accepted and left out."""


def load_config(path: Path) -> Config:
    """Read feature_store.yaml.

    Args:
        path: The file, or the directory that holds it.

    Raises:
        ConfigError: It is missing, or with everything that is wrong in it.
    """
    file = path / FILE_NAME if path.is_dir() or not path.suffix else path
    if not file.is_file():
        raise ConfigError(
            f"no {file.name} here",
            got=str(file.resolve()),
            fix="make a repository with `provender init`, or go to one with --chdir",
        )
    text = read_yaml(file)
    if not isinstance(text.data, dict):
        got = type(text.data).__name__
        allowed = "a mapping such as `project: fraud`"
        raise ConfigError("the configuration is empty or no mapping", got=got, allowed=allowed)
    data = {name: value for name, value in text.data.items() if name not in _IGNORED}
    own = data.pop(str(data.get("provider", "local")), {})
    checked, problems = check(ConfigFile, data, text, ())
    problems = [*text.problems, *problems]
    if problems or checked is None:
        raise ConfigError.of(problems)
    return _config(checked, text, own if isinstance(own, dict) else {})


def _config(checked: ConfigFile, text: YamlText, own: Mapping[str, Any]) -> Config:
    file = text.file.resolve()
    keys = ("provider", "plugins", *SECTIONS.values())
    return Config(
        project=checked.project,
        provider=checked.provider,
        plugins=checked.plugins,
        definitions=checked.definitions,
        file=file,
        repo_path=file.parent,
        materialization=checked.materialization,
        stores={role: _section(key, getattr(checked, key), text) for role, key in SECTIONS.items()},
        provider_settings=own,
        places={key: text.place((key,)) for key in keys if (key,) in text.lines},
    )


def _section(key: str, value: str | dict[str, Any] | None, text: YamlText) -> StoreSection:
    """Return a section; a string is a type for stores, and a path or URL for the registry."""
    if value is None:
        return StoreSection(key, text=text)
    if isinstance(value, str):
        if key == "registry":
            return StoreSection(key, _url_type(value), shorthand=value, text=text)
        return StoreSection(key, value, text=text)
    settings = {name: setting for name, setting in value.items() if name != "type"}
    kind = value.get("type")
    if kind is not None and not isinstance(kind, str):
        place = text.place((key, "type"))
        raise ConfigError(f"{key}.type is not a text", got=repr(kind), place=place)
    return StoreSection(key, kind, settings, text=text)


def _url_type(registry: str) -> str | None:
    """Return ``sql`` for an SQLAlchemy URL; other strings are for the provider's default."""
    scheme, separator, _ = registry.partition("://")
    backend = scheme.split("+")[0]
    return "sql" if separator and backend in ("sqlite", "postgresql", "mysql", "mariadb") else None


def check(
    model: type[BaseModel], data: Mapping[str, Any], text: YamlText, at: Path_
) -> tuple[Any, list[Problem]]:
    """Return `data` as an instance of `model`, or None with a problem for each error.

    Args:
        model: The pydantic model.
        data: What the file says.
        text: The file.
        at: The path of `data` in the file.
    """
    try:
        return model.model_validate(data), []
    except ValidationError as error:
        return None, [_problem(model, dict(item), text, at) for item in error.errors()]


def _problem(
    model: type[BaseModel], error: Mapping[str, Any], text: YamlText, at: Path_
) -> Problem:
    inside = tuple(part for part in error["loc"] if _is_key(part))
    path: Path_ = (*at, *inside)
    name = ".".join(map(str, path))
    place = text.place(path)
    if error["type"] == "extra_forbidden":
        known = _fields(model, inside[:-1])
        fix = did_you_mean(str(inside[-1]), known)
        return Problem(f"unknown key {name!r}", allowed=listed(known), fix=fix, place=place)
    if error["type"] == "missing":
        return Problem(f"key {name!r} is missing", fix=f"add `{name}: …`", place=place)
    got = text.shown(path, error["input"])
    return Problem(f"{name} is not valid", got=got, allowed=error["msg"], place=place)


def _is_key(part: object) -> bool:
    """Whether a part of pydantic's location is a key, not the name of a union's member."""
    return part != "str" and not str(part).startswith("dict[")


def _fields(model: type[BaseModel], inside: Path_) -> list[str]:
    for part in inside:
        annotation = model.model_fields[str(part)].annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            model = annotation
    return list(model.model_fields)
