"""Feast's configuration as Provender's: its stores under our names, nothing dropped in silence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from provender.config import Config, arrived
from provender.plugin import ProjectConfig
from provender_feast.errors import FeastConfigError, as_feasts
from provender_feast.repo_config import RegistryConfig, RepoConfig

Settings = Mapping[str, Any]


def provender_config(config: RepoConfig) -> Config:
    """Return the configuration of Provender that a Feast configuration means.

    Raises:
        FeastConfigError: It asks for what Provender does not do, or is wrong.
    """
    _check(config)
    _check_file(config)
    settings: dict[str, Any] = {
        "project": config.project,
        "provider": "local",
        "registry": _registry(config.registry),
        "online_store": _store("online_store", config.online_store, _ONLINE),
        "offline_store": _store("offline_store", config.offline_store, _OFFLINE),
    }
    file = Path(config.repo_path or Path.cwd()) / "feature_store.yaml"
    with as_feasts():
        return arrived(ProjectConfig(str(file), settings), {})


def _check_file(config: RepoConfig) -> None:
    """Refuse a registry that Feast itself wrote: nothing of it is lost."""
    given = config.registry
    file = Path(config.repo_path or Path.cwd()) / given.path
    if given.registry_type != "file" or "://" in given.path or not file.is_file():
        return
    with file.open("rb") as opened:
        begins = opened.read(len(_SQLITE))
    if begins not in (b"", _SQLITE):
        raise FeastConfigError(
            "the registry is one that Feast wrote, which Provender does not read",
            got=str(file),
            fix="give `registry` another path in feature_store.yaml; then run `feast apply`, and "
            "materialize once",
        )


_SQLITE: Final = b"SQLite format 3\0"
"""What a registry of Provender begins with, once something was written to it."""


def _check(config: RepoConfig) -> None:
    """Refuse what would change results, or open what is closed, if it were left out."""
    server = config.feature_server or {}
    logging = _dumped(server).get("feature_logging") or {}
    kind = _dumped(config.auth_config).get("type")
    engine = config.batch_engine_config
    engine = engine if isinstance(engine, str | None) else _dumped(engine).get("type")
    wrong = [
        (kind != "no_auth", f"auth: {kind}", "control access in the systems that hold the data"),
        (engine not in (None, "local", "local.engine"), f"batch_engine: {engine}", _ENGINE),
        (bool(_dumped(logging).get("enabled")), "feature_server.feature_logging", _LOGGING),
        (_enabled(config.openlineage_config), "openlineage", "leave it out"),
        (_enabled(config.mlflow_config), "mlflow", "leave it out"),
    ]
    for is_wrong, what, fix in wrong:
        if is_wrong:
            raise FeastConfigError(f"{what} is not supported", fix=fix)


_ENGINE: Final = "leave it out: materialization runs in this process"
_LOGGING: Final = "set enabled: false; Provender's feature server logs no features"


def _enabled(section: Any) -> bool:
    return section is not None and bool(_dumped(section).get("enabled", True))


def _dumped(section: Any) -> dict[str, Any]:
    if isinstance(section, BaseModel):
        return section.model_dump()
    return dict(section) if isinstance(section, Mapping) else {}


def _registry(registry: RegistryConfig) -> dict[str, Any]:
    ttl = registry.cache_ttl_seconds or None
    path = registry.path
    if registry.registry_type == "sql":
        return {"type": "sql", "url": path, "cache_ttl_seconds": ttl}
    if registry.registry_type != "file":
        raise FeastConfigError(
            f"registry_type: {registry.registry_type} is not supported", allowed="file, sql"
        )
    kind = {"gs": "gcs", "s3": "s3"}.get(path.partition("://")[0], "file")
    return {"type": kind, "path": path, "cache_ttl_seconds": ttl}


def _redis(given: Settings) -> dict[str, Any]:
    """Translate ``host:port,name=value,…``."""
    kind = given.get("redis_type", "redis")
    if kind != "redis":
        raise FeastConfigError(f"online_store.redis_type: {kind} is not supported", allowed="redis")
    address, *options = str(given.get("connection_string", "localhost:6379")).split(",")
    host, _, port = address.partition(":")
    found: dict[str, Any] = {"host": host, "port": int(port or 6379)}
    for option in options:
        name, _, value = option.partition("=")
        if name not in _REDIS_OPTIONS:
            raise FeastConfigError(
                f"online_store.connection_string: {name} is not supported",
                allowed=", ".join(_REDIS_OPTIONS),
            )
        key, read = _REDIS_OPTIONS[name]
        found[key] = read(value)
    return found


_REDIS_OPTIONS: Final[Mapping[str, tuple[str, Callable[[str], Any]]]] = {
    "db": ("db", int),
    "password": ("password", str),
    "username": ("username", str),
    "ssl": ("tls", lambda text: text.lower() == "true"),
}


def _renamed(**names: str) -> Callable[[Settings], dict[str, Any]]:
    def rename(given: Settings) -> dict[str, Any]:
        return {
            ours: given[theirs]
            for theirs, ours in names.items()
            if given.get(theirs) not in (None, "")
        }

    return rename


_POSTGRES = {name: name for name in ("host", "port", "database", "user", "password", "sslmode")}
_Kinds = Mapping[str, tuple[str, Callable[[Settings], dict[str, Any]], frozenset[str]]]
_ONLINE: Final[_Kinds] = {
    "sqlite": ("sqlite", _renamed(path="path"), frozenset({"path"})),
    "redis": ("redis", _redis, frozenset({"connection_string", "redis_type"})),
    "dynamodb": (
        "dynamodb",
        _renamed(region="region", endpoint_url="endpoint", consistent_reads="consistent_reads"),
        frozenset({"region", "endpoint_url", "consistent_reads", "batch_size"}),
    ),
    "datastore": (
        "firestore",
        _renamed(project_id="project_id", database="database"),
        frozenset({"project_id", "database", "write_concurrency", "write_batch_size"}),
    ),
    "postgres": (
        "postgres",
        _renamed(**_POSTGRES, db_schema="schema_name"),
        frozenset({*_POSTGRES, "db_schema"}),
    ),
}
"""Feast's online stores: our type, how its settings are translated, and those that are known."""
_DUCKDB = ("duckdb", _renamed(), frozenset[str]())
_OFFLINE: Final[_Kinds] = {
    "file": _DUCKDB,
    "dask": _DUCKDB,
    "duckdb": _DUCKDB,
    "bigquery": (
        "bigquery",
        _renamed(project_id="project_id", dataset="dataset", location="location"),
        frozenset({"project_id", "dataset", "location"}),
    ),
    "redshift": (
        "redshift",
        _renamed(
            cluster_id="cluster",
            workgroup="workgroup",
            region="region",
            database="database",
            user="db_user",
            iam_role="iam_role",
            s3_staging_location="s3_staging_location",
        ),
        frozenset(
            {"cluster_id", "workgroup", "region", "database", "user", "iam_role"}
            | {"s3_staging_location"}
        ),
    ),
    "postgres": (
        "postgres",
        _renamed(**_POSTGRES),
        frozenset({*_POSTGRES, "db_schema"}),
    ),
}


def _store(key: str, section: Any, kinds: _Kinds) -> dict[str, Any]:
    given = {name: value for name, value in _dumped(section).items() if value is not None}
    theirs = given.pop("type", None)
    if theirs is None and key == "online_store":
        return {"type": "sqlite"}
    if theirs not in kinds:
        raise FeastConfigError(
            f"{key}.type: {theirs} is not supported", allowed=", ".join(sorted(kinds))
        )
    ours, translate, known = kinds[theirs]
    for name, value in given.items():
        if name not in known and value not in (False, ""):
            raise FeastConfigError(
                f"{key}.{name} is not supported for {theirs}",
                allowed=", ".join(sorted(known)) or "no settings",
            )
    return {"type": ours, **translate(given)}
