"""`Config`: what feature_store.yaml says, checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from provender.config.durations import Duration
from provender.config.server import ServerConfig
from provender.config.yaml_text import Path_, YamlText
from provender.plugin.contract.info import DEFAULT_PROVIDER, Role
from provender.plugin.kit.settings import Matching

ProjectName = Annotated[
    str,
    Field(max_length=100),
    Matching(r"[A-Za-z_][A-Za-z0-9_]*", "letters, digits and _, beginning with a letter or _"),
]
"""Letters, digits and _, not beginning with a digit."""


class MaterializationConfig(BaseModel):
    """Settings of materialization.

    Attributes:
        lookback: The overlap that incremental runs read again, for rows that come late without
            a created timestamp or become visible long after it.
        batch_rows: The most rows that are encoded and written at once.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    lookback: Duration = timedelta(0)
    batch_rows: int = Field(default=125_000, ge=1)


class ConfigFile(BaseModel):
    """The keys of feature_store.yaml.

    Attributes:
        project: The project's name.
        provider: The provider of the stores that are not configured.
        registry: The registry: a path or URL, or a mapping with its ``type``.
        online_store: The online store: a type, or a mapping with its settings.
        offline_store: The offline store: a type, or a mapping with its settings.
        engine: Where materialization runs; by default in the process.
        plugins: The extensions to load.
        definitions: Globs of the definition modules; by default they are recognized.
        on_demand_modules: Globs of modules outside the repository from which the functions of
            on-demand feature views may be imported, such as ``my_company.features.*``.
        materialization: Settings of materialization.
        server: Settings of ``provender serve``.
        author: The author of the commits of the catalog; by default the user of the machine.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    project: ProjectName
    provider: str = DEFAULT_PROVIDER
    registry: str | dict[str, Any] | None = None
    online_store: str | dict[str, Any] | None = None
    offline_store: str | dict[str, Any] | None = None
    engine: str | dict[str, Any] | None = None
    plugins: tuple[str, ...] = ()
    definitions: tuple[str, ...] = ()
    on_demand_modules: tuple[str, ...] = ()
    materialization: MaterializationConfig = MaterializationConfig()
    server: ServerConfig = ServerConfig()
    author: str | None = None


@dataclass(frozen=True)
class StoreSection:
    """What the configuration says of one store, before its plug-in has checked it.

    Attributes:
        key: The key of the section.
        type: The store type; None: the provider's default.
        settings: Its settings.
        shorthand: The plain string that stands for the whole section.
        text: The file, for the places of problems.
    """

    key: str
    type: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    shorthand: str | None = None
    text: YamlText | None = None

    def place(self, *path: str | int) -> str | None:
        """Return ``file:line:col`` of the section or of a setting in it."""
        whole: Path_ = (self.key, *path)
        return self.text.place(whole) if self.text else None


@dataclass(frozen=True)
class Config:
    """A checked configuration.

    Attributes:
        project: The project's name.
        provider: The provider.
        plugins: The extensions to load.
        definitions: Globs of the definition modules; empty: they are recognized.
        file: The file it was read from.
        repo_path: The directory of the file, where relative paths start.
        materialization: Settings of materialization.
        stores: What it says of each store.
        provider_settings: The settings under the provider's own name.
        places: The places of its keys, as ``file:line:col``.
        cache_ttl_seconds: How long readers cache the catalog; 0: not at all; None: for ever.
        write_cache_ttl_seconds: How old the catalog may be under which rows are written.
        author: The author of the commits of the catalog; None: the user of the machine.
        server: Settings of ``provender serve``.
        on_demand_modules: Globs of modules outside the repository that functions of on-demand
            feature views may be imported from.
        written: What the file says, with ``${NAME}`` where a value comes from the environment.
    """

    project: str
    provider: str
    plugins: tuple[str, ...]
    definitions: tuple[str, ...]
    file: Path
    repo_path: Path
    materialization: MaterializationConfig
    stores: Mapping[Role, StoreSection]
    provider_settings: Mapping[str, Any] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)
    cache_ttl_seconds: float | None = None
    write_cache_ttl_seconds: float = 5.0
    author: str | None = None
    server: ServerConfig = field(default_factory=ServerConfig)
    on_demand_modules: tuple[str, ...] = ()
    written: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __repr__(self) -> str:
        return f"<Config of project {self.project!r}, {self.provider}, {self.file}>"
