"""`check`: data of feature_store.yaml against a pydantic model, each error as a `Problem`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, get_args

from pydantic import BaseModel, SecretBytes, SecretStr, ValidationError

from provender.config.yaml_text import Path_, YamlText
from provender.errors import Problem, did_you_mean, listed
from provender.plugin.kit.settings import allowed_words

_CONCEALED = "***"


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
        errors: list[Mapping[str, Any]] = [dict(item) for item in error.errors()]
    problems = []
    for inside, same in _by_path(errors, data).items():
        problems.append(_problem(model, same, text, at, inside))
    return None, problems


def _by_path(
    errors: Iterable[Mapping[str, Any]], data: Mapping[str, Any]
) -> dict[Path_, list[Mapping[str, Any]]]:
    """Group errors by their key: each alternative of a union has an error of its own."""
    groups: dict[Path_, list[Mapping[str, Any]]] = {}
    for error in errors:
        groups.setdefault(_keys(error, data), []).append(error)
    return groups


def _keys(error: Mapping[str, Any], data: Any) -> Path_:
    """Return the keys in an error's location, which also names the alternatives of unions."""
    inside: list[str | int] = []
    for part in error["loc"]:
        known = isinstance(data, Mapping) and part in data
        if known or (isinstance(data, list) and isinstance(part, int) and part < len(data)):
            inside.append(part)
            data = data[part]
    if error["type"] == "missing":
        inside.append(error["loc"][-1])
    return tuple(inside)


def _problem(
    model: type[BaseModel],
    errors: list[Mapping[str, Any]],
    text: YamlText,
    at: Path_,
    inside: Path_,
) -> Problem:
    path = (*at, *inside)
    name = ".".join(map(str, path)) or "the configuration"
    place = text.place(path)
    kinds = {error["type"] for error in errors}
    if kinds == {"extra_forbidden"}:
        known = _known(model, inside[:-1])
        fix = did_you_mean(str(inside[-1]), known)
        return Problem(f"unknown key {name!r}", allowed=listed(known), fix=fix, place=place)
    if kinds == {"missing"}:
        return Problem(f"key {name!r} is missing", fix=f"add `{inside[-1]}: …`", place=place)
    allowed = " or ".join(dict.fromkeys(text.hide(path, allowed_words(error)) for error in errors))
    got = text.shown(path, _concealed([model], inside, errors[0]["input"]))
    return Problem(f"{name} is not valid", got=got, allowed=allowed, place=place)


def _concealed(models: Sequence[type[BaseModel]], inside: Path_, value: Any) -> Any:
    """Return the value at a path below models, with `_CONCEALED` where they want a secret."""
    fields = {name: item.annotation for model in models for name, item in _fields(model)}
    if inside:
        if inside[0] not in fields:  # a position in a list
            return _concealed(models, inside[1:], value)
        annotation = fields[inside[0]]
        if _is_secret(annotation):
            return _CONCEALED
        return _concealed(list(_models(annotation)), inside[1:], value)
    if isinstance(value, Mapping):
        return {name: _concealed(models, (name,), item) for name, item in value.items()}
    if isinstance(value, list):
        return [_concealed(models, (), item) for item in value]
    return value


def _is_secret(annotation: Any) -> bool:
    return annotation in (SecretStr, SecretBytes) or any(map(_is_secret, get_args(annotation)))


def _known(model: type[BaseModel], inside: Path_) -> list[str]:
    """Return the keys that a model knows at a path below it."""
    models = [model]
    for part in inside:
        fields = {name: item for m in models for name, item in _fields(m) if name == part}
        if fields:  # a position in a list, or a key of a free mapping, leads no further
            models = [m for item in fields.values() for m in _models(item.annotation)]
    return [name for m in models for name, _ in _fields(m)]


def _fields(model: type[BaseModel]) -> list[tuple[str, Any]]:
    return [(item.alias or name, item) for name, item in model.model_fields.items()]


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """Return the models that a type annotation names, such as those of ``list[Model] | None``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)
