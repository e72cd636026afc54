"""Settings of the feature server: the section ``server`` of feature_store.yaml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from provender.config.durations import Duration

Scope = Literal["read", "write", "admin"]
"""What a caller may do; each scope holds those before it."""
Algorithm = Literal["RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "EdDSA"]
"""How a JWT may be signed: by a private key, never by a shared secret."""


_HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")


def _host(name: str) -> str:
    if not _HOST.fullmatch(name):
        raise ValueError("the name or address of a host, without scheme, brackets and port")
    return name


HostName = Annotated[str, AfterValidator(_host)]
"""The name or address of a host, without scheme, brackets and port."""


class JwtConfig(BaseModel):
    """Which JSON Web Tokens (of an OIDC provider, say) are accepted.

    Attributes:
        issuer: Who issues them (``iss``).
        audience: Whom they are for (``aud``).
        jwks: Where the public keys are: an https URL, or a file.
        algorithms: How they may be signed.
        scope_claim: The claim with the scopes: text parted by spaces, or a list.
        scopes: What each scope is called there; one that is not given is called
            ``provender:read``, ``provender:write``, ``provender:admin``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: str
    audience: str
    jwks: str
    algorithms: tuple[Algorithm, ...] = Field(default=("RS256", "ES256"), min_length=1)
    scope_claim: str = "scope"
    scopes: Mapping[Scope, str] = {}


class ServerConfig(BaseModel):
    """Settings of ``provender serve``.

    Attributes:
        max_rows: The most entity rows, or pushed rows, of one request.
        max_body_bytes: The most bytes of one request's body.
        deadline: How long a read may take, and its body to arrive, until it is answered with an
            error; and the headers of any request.
        write_deadline: How long a push may take, and its body to arrive, until it is answered
            with an error; and each batch that is uploaded to ``provender serve-offline``.
        threads: How many requests wait for stores at once.
        breaker_failures: After how many failures in a row of the online store its circuit breaker
            opens.
        breaker_pause: How long it stays open, until one request tries the store again.
        online_figures_every: How often the rows of the online store are measured for
            ``/metrics``; 0: never.
        drain: How long open requests may take when the server is stopped.
        stores: Whether feature stores elsewhere may work through this server: they read and write
            the rows and the registry as they are, those of other projects too.
        allowed_hosts: Further values of the header ``Host`` that are served, without a port. On
            loopback without tokens only loopback names are served besides them; elsewhere every
            name is, unless some are listed.
        jwt: The tokens that are accepted; None: the static ones of the environment.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_rows: int = Field(default=10_000, ge=1)
    max_body_bytes: int = Field(default=16 * 1024**2, ge=1024)
    deadline: Duration = timedelta(seconds=5)
    write_deadline: Duration = timedelta(seconds=30)
    threads: int = Field(default=16, ge=1, le=1000)
    breaker_failures: int = Field(default=5, ge=1)
    breaker_pause: Duration = timedelta(seconds=5)
    online_figures_every: Duration = timedelta(minutes=15)
    drain: Duration = timedelta(seconds=30)
    stores: bool = False
    allowed_hosts: tuple[HostName, ...] = ()
    jwt: JwtConfig | None = None
