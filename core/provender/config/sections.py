"""What feature_store.yaml says of each store, as `StoreSection`s."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from provender.config.model import StoreSection
from provender.config.registry_cache import CACHE_SETTINGS
from provender.config.yaml_text import YamlText
from provender.errors import Problem
from provender.plugin.contract.info import Role

SECTIONS: Final[Mapping[Role, str]] = {
    "registry": "registry",
    "online": "online_store",
    "offline": "offline_store",
    "engine": "engine",
}
"""The key of each store's section."""

_DATABASES = frozenset({"cockroachdb", "mariadb", "mssql", "mysql", "oracle", "postgresql"})


def section(key: str, value: str | Mapping[str, Any] | None, text: YamlText) -> StoreSection:
    """Return a section.

    A plain string is the type of a store, but for the registry its path or URL: the one setting
    that the chosen type names as its shorthand.

    Args:
        key: The section's key.
        value: What the file says.
        text: The file.
    """
    if value is None:
        return StoreSection(key, text=text)
    if isinstance(value, str):
        if key == "registry":
            return StoreSection(key, _registry_type(value), shorthand=value, text=text)
        return StoreSection(key, value, text=text)
    others = {"type", *CACHE_SETTINGS} if key == "registry" else {"type"}
    settings = {name: setting for name, setting in value.items() if name not in others}
    return StoreSection(key, value.get("type"), settings, text=text)


def type_problems(text: YamlText) -> list[Problem]:
    """Return a problem for each section whose ``type`` is no text."""
    problems = []
    for key in SECTIONS.values():
        value = text.data.get(key)
        kind = value.get("type") if isinstance(value, dict) else None
        if kind is not None and not isinstance(kind, str):
            got, place = text.shown((key, "type"), kind), text.place((key, "type"))
            problems.append(Problem(f"{key}.type is not a string", got=got, place=place))
    return problems


def _registry_type(registry: str) -> str | None:
    """Return ``sql`` for an SQLAlchemy URL: one with ``dialect+driver`` or a known dialect.

    Other strings, such as paths and ``gs://…``, are for the provider's default registry.
    """
    scheme, separator, _ = registry.partition("://")
    dialect, driver, _ = scheme.partition("+")
    is_sql = bool(separator) and (bool(driver) or dialect == "sqlite" or dialect in _DATABASES)
    return "sql" if is_sql else None
