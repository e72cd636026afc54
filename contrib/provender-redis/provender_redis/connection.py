"""`connect`: a client of redis-py as the settings want it; it connects when it is first used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from redis import Redis, Sentinel
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


def connect(config: RedisConfig, repo_path: Path) -> Redis:
    """Return a client.

    Args:
        config: The settings.
        repo_path: Where relative paths of certificates start.

    Raises:
        ConfigError: The url is no address, or a certificate is not there.
    """
    options = _patience(config) | _credentials(config) | _certificates(config, repo_path)
    if config.url is not None:
        return _from_url(config.url.get_secret_value(), options)
    if config.tls:
        options["ssl"] = True
    if config.sentinels:
        return _from_sentinels(config, options)
    return Redis(host=config.host, port=config.port, db=config.db, **options)


def _from_url(url: str, options: dict[str, Any]) -> Redis:
    try:
        parse_url(url)  # type: ignore[no-untyped-call]
    except ValueError:
        # what it says is not told: it may hold a password
        fix = "write redis://HOST:PORT/DB, and percent-encode a password"
        raise ConfigError("online_store.url is not a Redis address", fix=fix) from None
    if not url.startswith("rediss://"):
        options = {name: value for name, value in options.items() if not name.startswith("ssl_")}
    return Redis.from_url(url, **options)


def _from_sentinels(config: RedisConfig, options: dict[str, Any]) -> Redis:
    addresses = [item.rpartition(":") for item in config.sentinels]
    secret = config.sentinel_password
    password = secret.get_secret_value() if secret else None
    sentinel = Sentinel(  # type: ignore[no-untyped-call]
        [(host, int(port)) for host, _, port in addresses],
        sentinel_kwargs={**_patience(config), "password": password},
    )
    named = {"db": config.db, **options}
    master: Redis = sentinel.master_for(  # type: ignore[no-untyped-call]
        config.sentinel_service, **named
    )
    return master


def _patience(config: RedisConfig) -> dict[str, Any]:
    pauses = ExponentialWithJitterBackoff(cap=_LONGEST_PAUSE_SECONDS, base=_FIRST_PAUSE_SECONDS)
    return {
        "socket_connect_timeout": config.connect_timeout_seconds,
        "socket_timeout": config.timeout_seconds,
        "retry": Retry(pauses, config.retries),
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
            raise ConfigError(f"online_store.{setting} is no file", got=str(file))
        found[option] = str(file)
    return found
