"""How long the catalog is cached: by readers, and by those who write rows."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from provender.config.checking import check
from provender.config.yaml_text import YamlText
from provender.errors import Problem

Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
CACHE_TTL = "cache_ttl_seconds"
"""The setting's name, which is Feast's."""
CACHE_SETTINGS = (CACHE_TTL, "write_cache_ttl_seconds")
"""What the registry's section may say of it."""


class RegistryCache(BaseModel):
    """What may be set for every registry, whichever provider it is from.

    Attributes:
        cache_ttl_seconds: How long a reader caches the catalog before it is reloaded in the
            background; 0: it is read for each request; null: it is cached for ever.
        write_cache_ttl_seconds: How old the catalog may be under which rows are written. A rebuild
            takes at least as long, so that no row is missed; it has to be the same in all
            processes of a project. 0: the registry is read again after each write.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    cache_ttl_seconds: Seconds | None = 600.0
    write_cache_ttl_seconds: Seconds = 5.0


def registry_cache(registry: object, text: YamlText) -> tuple[RegistryCache, list[Problem]]:
    """Return what the registry's section says of the cache, with a problem if it is not valid.

    Args:
        registry: The section.
        text: The file.
    """
    settings: dict[str, Any] = registry if isinstance(registry, dict) else {}
    given = {name: settings[name] for name in CACHE_SETTINGS if name in settings}
    checked, problems = check(RegistryCache, given, text, ("registry",))
    return checked or RegistryCache(), problems
