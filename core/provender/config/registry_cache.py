"""How long readers hold the catalog: ``cache_ttl_seconds`` in the registry's section."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from provender.config.checking import check
from provender.config.yaml_text import YamlText
from provender.errors import Problem

CACHE_TTL = "cache_ttl_seconds"
"""The setting's name, which is Feast's."""


class RegistryCache(BaseModel):
    """What may be set for every registry, whichever provider it is from.

    Attributes:
        cache_ttl_seconds: How long a reader caches the catalog before it is reloaded in the
            background; 0: it is read for each request; null: it is cached for ever.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    cache_ttl_seconds: Annotated[float, Field(ge=0)] | None = 600.0


def registry_cache(registry: object, text: YamlText) -> tuple[RegistryCache, list[Problem]]:
    """Return what the registry's section says of the cache, with a problem if it is not valid.

    Args:
        registry: The section.
        text: The file.
    """
    settings: dict[str, Any] = registry if isinstance(registry, dict) else {}
    given = {CACHE_TTL: settings[CACHE_TTL]} if CACHE_TTL in settings else {}
    checked, problems = check(RegistryCache, given, text, ("registry",))
    return checked or RegistryCache(), problems
