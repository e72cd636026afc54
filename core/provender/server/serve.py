"""`launch`: checks what can be checked before anything listens, then serves until told to stop."""

from __future__ import annotations

import errno
import logging
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.config import LOGGING_CONFIG

from provender.config import Config
from provender.errors import ConfigError
from provender.server.auth.loopback import is_loopback
from provender.server.auth.tokens import VARIABLES
from provender.server.http.head_deadline import PROTOCOL
from provender.server.options import VARIABLE, ServeOptions
from provender.server.runtime.thread_pool import Threads
from provender.server.worker import FACTORY, guard
from provender.store import FeatureStore

_MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"
_KEEP_ALIVE_SECONDS = 75
"""Longer than the minute for which proxies keep connections, so that they close them first."""
_log = logging.getLogger("provender.server")


def launch(config: Config, options: ServeOptions) -> None:
    """Serve until a signal says to stop; requests under way are done first.

    Raises:
        ConfigError: The server would be open to everybody, its TLS files are not there, its port
            is in use, or a setting of a store, the engine or the provider is wrong.
        PluginError: A plug-in cannot be used.
        StoreError: The online store cannot be opened as it is configured.
    """
    check(config, options)
    with FeatureStore(config=config) as store:  # what is misconfigured is told here and now
        store.stores.check_settings()
        _ = store.stores.online, store.stores.registry
    with _environment(options):
        uvicorn.run(
            FACTORY,
            factory=True,
            interface="asgi3",
            http=PROTOCOL,
            host=options.host,
            port=options.port,
            workers=options.workers,
            log_level=options.log_level,
            log_config=_logging(options),
            access_log=options.access_log,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=max(1, int(config.server.drain.total_seconds())),
            ssl_certfile=options.tls_cert,
            ssl_keyfile=options.tls_key,
            **_client_certificates(options),
        )


def check(config: Config, options: ServeOptions) -> None:
    """Do nothing, unless the server must not be started like this.

    Raises:
        ConfigError: It would be open to everybody, its TLS files are not there, or nothing can
            listen at its address.
    """
    for name in (options.tls_cert, options.tls_key, options.tls_client_ca):
        if name is not None and not Path(name).is_file():
            raise ConfigError("there is no such file for TLS", got=name)
    if (options.tls_cert is None) != (options.tls_key is None):
        raise ConfigError("--tls-cert and --tls-key go together")
    if options.tls_client_ca is not None and options.tls_cert is None:
        raise ConfigError("--tls-client-ca needs --tls-cert and --tls-key")
    _check_access(config, options)
    _check_address(options.host, options.port)


def _check_access(config: Config, options: ServeOptions) -> None:
    is_open = guard(config, Threads(1, 1)) is None and options.tls_client_ca is None
    if is_loopback(options.host):
        return
    if is_open and not options.insecure:
        raise ConfigError(
            "the server would be open to everybody who reaches this machine",
            got=f"--host {options.host} without tokens",
            allowed="127.0.0.1, ::1 or localhost without tokens",
            fix=f"set {VARIABLES['admin']}, or server.jwt in feature_store.yaml; "
            "or pass --insecure if a proxy in front of the server controls access",
        )
    if options.tls_cert is None:
        _log.warning("without TLS, tokens and features can be read in transit")


def _check_address(host: str, port: int) -> None:
    """Listen at the address for a moment, since uvicorn and Arrow report failures as logs."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _, address in found:
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                probe.bind(address)
                probe.listen(1)
    except (OSError, UnicodeError) as error:
        raise _not_listening(host, port, error) from error


def _not_listening(host: str, port: int, error: Exception) -> ConfigError:
    number = getattr(error, "errno", None)
    if number == errno.EADDRINUSE:
        fix = "stop the process that listens there, or choose another port with --port"
        return ConfigError(f"port {port} is in use", got=f"--host {host} --port {port}", fix=fix)
    if number == errno.EACCES:
        fix = "choose a port from 1024 on with --port"
        return ConfigError(f"port {port} needs more rights than this user has", fix=fix)
    return ConfigError(
        "the server cannot listen at this address",
        got=f"--host {host} --port {port}: {getattr(error, 'strerror', None) or error}",
        fix="choose an address of this machine with --host",
    )


def _client_certificates(options: ServeOptions) -> dict[str, Any]:
    if options.tls_client_ca is None:
        return {}
    import ssl

    return {"ssl_ca_certs": options.tls_client_ca, "ssl_cert_reqs": ssl.CERT_REQUIRED}


@contextmanager
def _environment(options: ServeOptions) -> Iterator[None]:
    """Tell the workers what they need; several of them share their metrics in files."""
    options.put(os.environ)
    try:
        if options.workers == 1:
            yield
            return
        with tempfile.TemporaryDirectory(prefix="provender-metrics-") as directory:
            os.environ[_MULTIPROCESS] = directory
            yield
    finally:
        os.environ.pop(VARIABLE, None)
        os.environ.pop(_MULTIPROCESS, None)


def _logging(options: ServeOptions) -> dict[str, Any]:
    """Return uvicorn's way to log, for our own lines too."""
    settings = deepcopy(LOGGING_CONFIG)
    level = options.log_level.upper()
    own = {"handlers": ["default"], "level": level, "propagate": False}
    settings["loggers"]["provender"] = own
    return settings
