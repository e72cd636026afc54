"""Clients of redis-py as the settings want them; they connect when they are first used."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redis import Redis, Sentinel
from redis import asyncio as of_loops
from redis.asyncio.retry import Retry as LoopRetry
from redis.backoff import ExponentialWithJitterBackoff
from redis.connection import parse_url
from redis.retry import Retry

from provender.errors import ConfigError
from provender_redis.config import RedisConfig

_CERTIFICATES = {
    "tls_ca_file": "ssl_ca_certs",
    "tls_cert_file": "ssl_certfile",
    "tls_key_file": "ssl_keyfile",
}
_MOST_CONNECTIONS = 2**31
"""As many as there are threads: redis-py would refuse the hundred and first."""
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.05, 1.0


@dataclass(frozen=True)
class _Kind:
    """One of redis-py's two kinds of clients."""

    client: Any
    sentinel: Any
    retry: Any


_PLAIN = _Kind(Redis, Sentinel, Retry)
_OF_LOOPS = _Kind(of_loops.Redis, of_loops.Sentinel, LoopRetry)


def connect(config: RedisConfig, repo_path: Path) -> Redis:
    """Return a client.

    Args:
        config: The settings.
        repo_path: Where relative paths of certificates start.

    Raises:
        ConfigError: The url is no address, or a certificate is not there.
    """
    client: Redis = _connect(_PLAIN, config, repo_path)
    return client


def connect_async(config: RedisConfig, repo_path: Path) -> of_loops.Redis:
    """Return a client for one event loop.

    Args:
        config: The settings.
        repo_path: Where relative paths of certificates start.

    Raises:
        ConfigError: The url is no address, or a certificate is not there.
    """
    client: of_loops.Redis = _connect(_OF_LOOPS, config, repo_path)
    return client


def _connect(kind: _Kind, config: RedisConfig, repo_path: Path) -> Any:
    options = _patience(kind, config) | _credentials(config) | _certificates(config, repo_path)
    if config.url is not None:
        return _from_url(kind, config.url.get_secret_value(), options)
    if config.tls:
        options["ssl"] = True
    if config.sentinels:
        return _from_sentinels(kind, config, options)
    return kind.client(host=config.host, port=config.port, db=config.db, **options)


def _from_url(kind: _Kind, url: str, options: dict[str, Any]) -> Any:
    try:
        parse_url(url)  # type: ignore[no-untyped-call]
    except ValueError:
        # what it says is not told: it may hold a password
        fix = "write redis://HOST:PORT/DB, and percent-encode a password"
        raise ConfigError("online_store.url is not a Redis address", fix=fix) from None
    if not url.startswith("rediss://"):
        options = {name: value for name, value in options.items() if not name.startswith("ssl_")}
    return kind.client.from_url(url, **options)


def _from_sentinels(kind: _Kind, config: RedisConfig, options: dict[str, Any]) -> Any:
    addresses = [item.rpartition(":") for item in config.sentinels]
    secret = config.sentinel_password
    password = secret.get_secret_value() if secret else None
    sentinel = kind.sentinel(
        [(host, int(port)) for host, _, port in addresses],
        sentinel_kwargs={**_patience(kind, config), "password": password},
    )
    return sentinel.master_for(config.sentinel_service, db=config.db, **options)


def _patience(kind: _Kind, config: RedisConfig) -> dict[str, Any]:
    pauses = ExponentialWithJitterBackoff(cap=_LONGEST_PAUSE_SECONDS, base=_FIRST_PAUSE_SECONDS)
    return {
        "socket_connect_timeout": config.connect_timeout_seconds,
        "socket_timeout": config.timeout_seconds,
        "retry": kind.retry(pauses, config.retries),
        "max_connections": _MOST_CONNECTIONS,
    }


def _credentials(config: RedisConfig) -> dict[str, Any]:
    secret = config.password.get_secret_value() if config.password else None
    given = {"username": config.username, "password": secret}
    return {name: value for name, value in given.items() if value is not None}


def _certificates(config: RedisConfig, repo_path: Path) -> dict[str, Any]:
    found = {}
    for setting, option in _CERTIFICATES.items():
        name = getattr(config, setting)
        if name is None:
            continue
        file = repo_path / name
        if not file.is_file():
            raise ConfigError(f"online_store.{setting} is not a file", got=str(file))
        found[option] = str(file)
    return found
