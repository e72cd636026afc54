"""The settings of the Redis store."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, SecretStr
from pydantic import model_validator as validator

from provender.plugin import Matching, StoreConfig

_SCHEMES = ("redis://", "rediss://", "unix://")

Port = Annotated[int, Field(ge=1, le=65535)]
Prefix = Annotated[
    str, Matching(r"[A-Za-z0-9_.:-]+", "letters, digits, and the characters _ . : -")
]
Address = Annotated[str, Matching(r".+:[0-9]+", "host:port, such as 10.0.0.1:26379")]


class RedisConfig(StoreConfig):
    """Settings of the ``redis`` online store.

    Attributes:
        url: ``redis://``, ``rediss://`` (TLS) or ``unix://``, instead of host, port, db and tls.
        host: The server.
        port: Its port.
        db: The number of the database.
        username: The user; None: the server's default user.
        password: The password; better ``${NAME}`` than written out.
        tls: Whether the connection is encrypted.
        tls_ca_file: The certificates that the server's is checked against; None: the system's.
        tls_cert_file: The client's own certificate, if the server asks for one.
        tls_key_file: The key of the client's certificate.
        sentinels: Sentinels as ``host:port``, which know the server instead of host and port.
        sentinel_service: The name under which the sentinels know it.
        sentinel_password: The sentinels' own password.
        connect_timeout_seconds: How long to wait for a connection.
        timeout_seconds: How long to wait for an answer.
        retries: How often a call is repeated after a lost connection or a timeout.
        key_prefix: What every key begins with.
        expiry_grace_seconds: How long a row outlives its view's ttl; None: rows never expire.
        allow_eviction: Whether a server may be used that evicts rows when its memory is full.
    """

    url: SecretStr | None = None
    host: str = "localhost"
    port: Port = 6379
    db: NonNegativeInt = 0
    username: str | None = None
    password: SecretStr | None = None
    tls: bool = False
    tls_ca_file: str | None = None
    tls_cert_file: str | None = None
    tls_key_file: str | None = None
    sentinels: tuple[Address, ...] = ()
    sentinel_service: str = "mymaster"
    sentinel_password: SecretStr | None = None
    connect_timeout_seconds: PositiveFloat = 5.0
    timeout_seconds: PositiveFloat = 5.0
    retries: NonNegativeInt = 3
    key_prefix: Prefix = "provender"
    expiry_grace_seconds: NonNegativeFloat | None = 86_400.0
    allow_eviction: bool = False

    @validator(mode="after")
    def _one_address(self) -> Self:
        addresses = {"host", "port", "db", "tls", "sentinels"} & self.model_fields_set
        if self.url is None:
            return self
        if addresses:
            raise ValueError(f"the url already says this: remove {', '.join(sorted(addresses))}")
        if not self.url.get_secret_value().startswith(_SCHEMES):
            raise ValueError(f"the url must begin with {', '.join(_SCHEMES)}")
        return self
