"""Settings in feature_store.yaml: those of a provider, text of a given form, errors in words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError
from pydantic_core import CoreSchema, core_schema

from provender.errors import ConfigError, Problem, did_you_mean, listed
from provender.plugin.contract.info import PluginContext

Settings = TypeVar("Settings", bound=BaseModel)
DURATION = "a duration such as 90m, 24h, 7d, or in ISO 8601 such as PT24H"
_WORDS = {
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "dict_type": "a mapping",
    "float_parsing": "a number",
    "float_type": "a number",
    "frozen_set_type": "a list",
    "greater_than": "more than {gt}",
    "greater_than_equal": "{ge} or more",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "less_than": "less than {lt}",
    "less_than_equal": "{le} or less",
    "list_type": "a list",
    "literal_error": "{expected}",
    "model_type": "a mapping",
    "set_type": "a list",
    "string_too_short": "a string that is not empty",
    "string_too_long": "no more than {max_length} characters",
    "string_type": "a string",
    "time_delta_parsing": DURATION,
    "time_delta_type": DURATION,
    "too_short": "a list that is not empty",
    "tuple_type": "a list",
}
"""What pydantic's types of errors are to people who write YAML."""


def allowed_words(error: Mapping[str, Any]) -> str:
    """Return what a setting may be instead of what it is.

    Args:
        error: One of the `errors` of pydantic's ``ValidationError``.
    """
    words = _WORDS.get(error["type"])
    if words is None:
        return str(error["msg"]).removeprefix("Value error, ")
    limits = {
        name: f"{limit:g}" if isinstance(limit, float) else limit
        for name, limit in error.get("ctx", {}).items()
    }
    return words.format_map(limits)


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
    return Problem(fact, got=got, allowed=allowed_words(found), fix=f"fix it in {file}")
