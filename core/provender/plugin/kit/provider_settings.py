"""`provider_settings`: the keys under a provider's own name in feature_store.yaml, checked."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from provender.errors import ConfigError, Problem, did_you_mean, listed
from provender.plugin.contract.info import PluginContext

Settings = TypeVar("Settings", bound=BaseModel)


def provider_settings(name: str, model: type[Settings], context: PluginContext) -> Settings:
    """Return the settings under ``name:`` of feature_store.yaml.

    Args:
        name: The provider.
        model: The settings that it knows.
        context: Whom a store is built for.

    Raises:
        ConfigError: With everything that is wrong there.
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
        return Problem(f"{name}.{key} is no setting", allowed=listed(known, len(known)), fix=fix)
    got = type(found["input"]).__name__
    fact = f"{name}.{key} is not valid"
    return Problem(fact, got=got, allowed=found["msg"], fix=f"mend it in {file}")
