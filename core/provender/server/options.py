"""`ServeOptions`: what the command line says of one server, and how its workers get to know it."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Final

import msgspec

from provender.wire.names import DEFAULT_PORT

VARIABLE: Final = "PROVENDER_SERVE"
"""The environment variable by which workers get the options."""


class ServeOptions(msgspec.Struct, frozen=True):
    """How a server is started.

    Attributes:
        config_file: The path of feature_store.yaml.
        host: Where it listens.
        port: The TCP port; 0: any free port.
        workers: The number of worker processes.
        insecure: Whether it may be open to everybody on a public address.
        tls_cert: The certificate's file (PEM); None: no TLS.
        tls_key: The file of its private key.
        tls_client_ca: The file with the authorities whose client certificates are demanded.
        log_level: What is logged.
        access_log: Whether each request is logged.
    """

    config_file: str
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    workers: int = 1
    insecure: bool = False
    tls_cert: str | None = None
    tls_key: str | None = None
    tls_client_ca: str | None = None
    log_level: str = "info"
    access_log: bool = False

    def put(self, environment: MutableMapping[str, str]) -> None:
        """Write the options down for workers."""
        environment[VARIABLE] = msgspec.json.encode(self).decode()


def options_of(environment: MutableMapping[str, str]) -> ServeOptions:
    """Return the options that were written down."""
    return msgspec.json.decode(environment[VARIABLE], type=ServeOptions)
