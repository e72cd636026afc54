"""Settings in feature_store.yaml: those under a provider's own name, and text of a given form."""

from __future__ import annotations

import re
from typing import Any, TypeVar

from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError
from pydantic_core import CoreSchema, core_schema

from provender.errors import ConfigError, Problem, did_you_mean, listed
from provender.plugin.contract.info import PluginContext

Settings = TypeVar("Settings", bound=BaseModel)


class Matching:
    """Text that matches a pattern; the error describes the pattern in words.

    >>> Url = Annotated[str, Matching(r"https?://[^/]+", "an address, such as https://host:8080")]

    Args:
        pattern: A regular expression that the whole text has to match.
        allowed: The same in words.
    """

    def __init__(self, pattern: str, allowed: str) -> None:
        self._pattern = re.compile(pattern)
        self._allowed = allowed

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {**handler(schema), "pattern": f"^{self._pattern.pattern}$"}

    def _check(self, text: str) -> str:
        if self._pattern.fullmatch(text) is None:
            raise ValueError(self._allowed)
        return text


def provider_settings(name: str, model: type[Settings], context: PluginContext) -> Settings:
    """Return the settings under ``name:`` of feature_store.yaml.

    Args:
        name: The provider.
        model: The settings that it knows.
        context: The project for which a store is built.

    Raises:
        ConfigError: Everything that is wrong there, as one error.
    """
    try:
        return model(**context.provider)
    except ValidationError as error:
        file = f"{context.repo_path / 'feature_store.yaml'}"
        problems = [_problem(name, model, dict(one), file) for one in error.errors()]
        raise ConfigError.of(problems) from error


def _problem(name: str, model: type[BaseModel], found: dict[str, Any], file: str) -> Problem:
    """Return a problem; the value itself is not shown, for it may come from the environment."""
    key = ".".join(map(str, found["loc"]))
    if found["type"] == "extra_forbidden":
        known = list(model.model_fields)
        fix = did_you_mean(key, known) or f"remove it from {file}"
        return Problem(f"{name}.{key} is not a setting", allowed=listed(known, len(known)), fix=fix)
    got = type(found["input"]).__name__
    fact = f"{name}.{key} is not valid"
    return Problem(fact, got=got, allowed=found["msg"], fix=f"fix it in {file}")
