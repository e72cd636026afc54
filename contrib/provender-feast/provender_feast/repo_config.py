"""`RepoConfig`: Feast's configuration, read from feature_store.yaml or given as arguments."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr, ValidationError

from provender_feast.errors import FeastConfigError

_VALID_NAME = "alphanumerical values, underscores, and hyphens"


class _Section(BaseModel):
    """A part of the configuration; keys that it does not list are kept for the store."""

    model_config = ConfigDict(extra="allow")

    def get(self, key: str, default: Any = None) -> Any:
        """Return a setting, or a default where it is not set."""
        return getattr(self, key, default)


class RegistryConfig(_Section):
    """The registry.

    Attributes:
        registry_type: ``file`` or ``sql``.
        path: The file or URL.
        cache_ttl_seconds: How long readers cache it; 0: for ever.
        cache_mode: ``sync`` or ``thread``; Provender reloads in the background.
    """

    registry_type: StrictStr = "file"
    path: StrictStr = "data/registry.db"
    cache_ttl_seconds: float = 600
    cache_mode: Literal["sync", "thread"] = "sync"


class SqlRegistryConfig(RegistryConfig):
    """A registry in an SQL database, whose `path` is an SQLAlchemy URL."""

    registry_type: StrictStr = "sql"


class SqliteOnlineStoreConfig(_Section):
    """The SQLite online store.

    Attributes:
        type: ``sqlite``.
        path: The database file.
    """

    type: StrictStr = "sqlite"
    path: StrictStr = "data/online.db"


class DaskOfflineStoreConfig(_Section):
    """The offline store of Parquet files.

    Attributes:
        type: ``dask``, ``file`` or ``duckdb``, which all mean DuckDB here.
    """

    type: StrictStr = "dask"


class MaterializationConfig(_Section):
    """Settings of materialization.

    Attributes:
        pull_latest_features: Whether only the newest row of a key is read, as always here.
    """

    pull_latest_features: bool = False


class NoAuthConfig(_Section):
    """No access control.

    Attributes:
        type: ``no_auth``.
    """

    type: StrictStr = "no_auth"


class RepoConfig(BaseModel):
    """A Feast configuration.

    Attributes:
        project: The project's name.
        project_description: A description for people.
        provider: ``local``, ``gcp`` or ``aws``.
        registry_config: The registry: a path, a mapping or a `RegistryConfig`.
        online_config: The online store: a type, a mapping or a configuration.
        offline_config: The offline store: a type, a mapping or a configuration.
        batch_engine_config: Where materialization runs: ``local``.
        feature_server: Settings of Feast's feature server.
        flags: Feast's switches.
        repo_path: The directory of the repository.
        entity_key_serialization_version: Feast's encoding of keys; Provender has one.
        coerce_tz_aware: Timestamps are always in UTC.
        materialization_config: Settings of materialization.
        auth: Access control; only ``no_auth``.
        openlineage_config: Feast's lineage events.
        mlflow_config: Feast's MLflow integration.

    Raises:
        FeastConfigError: Everything that is wrong, as one error.
    """

    model_config = ConfigDict(
        extra="forbid",
        validate_by_name=True,
        validate_by_alias=True,
        arbitrary_types_allowed=True,
    )

    project: StrictStr
    project_description: StrictStr | None = None
    provider: StrictStr = "local"
    registry_config: Any = Field(alias="registry", default="data/registry.db")
    online_config: Any = Field(alias="online_store", default="sqlite")
    offline_config: Any = Field(alias="offline_store", default="dask")
    batch_engine_config: Any = Field(alias="batch_engine", default=None)
    feature_server: Any = None
    flags: Any = None
    repo_path: Path | None = None
    entity_key_serialization_version: StrictInt = 3
    coerce_tz_aware: bool | None = True
    materialization_config: MaterializationConfig = Field(
        alias="materialization", default_factory=MaterializationConfig
    )
    auth: Any = None
    openlineage_config: Any = Field(alias="openlineage", default=None)
    mlflow_config: Any = Field(alias="mlflow", default=None)

    def __init__(self, **data: Any) -> None:
        try:
            super().__init__(**data)
        except ValidationError as error:
            raise FeastConfigError(str(error)) from error
        if not is_valid_name(self.project):
            raise FeastConfigError(
                f"Project name, {self.project}, should only have {_VALID_NAME} "
                "but not start with an underscore or hyphen."
            )

    @property
    def registry(self) -> RegistryConfig:
        """The registry."""
        given = self.registry_config
        if isinstance(given, RegistryConfig):
            return given
        return RegistryConfig(**({"path": given} if isinstance(given, str) else given))

    @property
    def online_store(self) -> Any:
        """The online store; None: there is none."""
        return _section(self.online_config, SqliteOnlineStoreConfig, "sqlite")

    @property
    def offline_store(self) -> Any:
        """The offline store."""
        return _section(self.offline_config, DaskOfflineStoreConfig, "dask")

    @property
    def auth_config(self) -> Any:
        """The access control."""
        return self.auth if isinstance(self.auth, BaseModel) else NoAuthConfig(**(self.auth or {}))

    @classmethod
    def from_file(cls, file: Path) -> Self:
        """Read a configuration file; ``${NAME}`` means a variable of the environment.

        Raises:
            FeastConfigError: It is missing, is not a mapping, or something in it is wrong.
        """
        if not file.is_file():
            raise FeastConfigError(
                f"Can't find feature repo configuration file at {file}.",
                fix="make sure you're running feast from an initialized feast repository",
            )
        try:
            data = yaml.safe_load(os.path.expandvars(file.read_text()))
        except yaml.YAMLError as error:
            raise FeastConfigError("not valid YAML", got=str(error), place=str(file)) from error
        if not isinstance(data, dict):
            raise FeastConfigError("the configuration is not a mapping", place=str(file))
        try:
            return cls(**{**data, "repo_path": file.parent.absolute()})
        except FeastConfigError as error:
            problem = error.problems[0]
            raise FeastConfigError(f"{problem.fact}\n{file}") from error


def _section(given: Any, default: type[_Section], kind: str) -> Any:
    if given is None or isinstance(given, BaseModel):
        return given
    settings = {"type": given} if isinstance(given, str) else {"type": kind, **given}
    return (default if settings["type"] == kind else _Section)(**settings)


def load_repo_config(repo_path: Path, fs_yaml_file: Path | None = None) -> RepoConfig:
    """Read the configuration of a repository.

    Args:
        repo_path: Its directory.
        fs_yaml_file: The file; by default feature_store.yaml there.

    Raises:
        FeastConfigError: It is missing, or something in it is wrong.
    """
    config = RepoConfig.from_file(Path(fs_yaml_file or Path(repo_path) / "feature_store.yaml"))
    config.repo_path = Path(repo_path).absolute()
    return config


def is_valid_name(name: str) -> bool:
    """Return whether a project may have a name: letters, digits, _ and -, not first _ or -."""
    plain = name.replace("_", "").replace("-", "")
    return not name.startswith(("_", "-")) and plain.isalnum()
