"""JSON Web Tokens, checked against the public keys of their issuer."""

from __future__ import annotations

import hashlib
import logging
import time
from collections import OrderedDict
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jwt

from provender.config.server import JwtConfig, Scope
from provender.errors import ConfigError
from provender.server.auth.loopback import is_loopback
from provender.server.auth.tokens import highest
from provender.server.runtime.thread_pool import Threads

_log = logging.getLogger("provender.server")
_SCOPES: tuple[Scope, ...] = ("read", "write", "admin")
_LEEWAY_SECONDS = 10
_FETCH_SECONDS = 5
_PAUSE_SECONDS = 10
"""Between two looks for keys, so that tokens with made-up key ids do not cause as many."""
_KEPT = 10_000


class PublicKeys:
    """The keys of a JWKS document, read anew when a token names one that is not known.

    Args:
        place: An https URL, or a file.
    """

    def __init__(self, place: str) -> None:
        self._place = place
        self._keys: list[jwt.PyJWK] = []
        self._next = 0.0

    def find(self, key_id: str | None) -> jwt.PyJWK | None:
        """Return a key by its id, or the only one for a token without an id."""
        found = self._held(key_id)
        if found is None and time.monotonic() >= self._next:
            self._next = time.monotonic() + _PAUSE_SECONDS
            try:
                self._keys = self._read().keys
            except (jwt.PyJWTError, OSError, ValueError) as error:
                _log.warning(
                    "the keys that verify tokens cannot be read from %s: %s", self._place, error
                )
            found = self._held(key_id)
        return found

    def _held(self, key_id: str | None) -> jwt.PyJWK | None:
        if key_id is None:
            return self._keys[0] if len(self._keys) == 1 else None
        return next((key for key in self._keys if key.key_id == key_id), None)

    def _read(self) -> jwt.PyJWKSet:
        if "://" in self._place:
            client = jwt.PyJWKClient(self._place, cache_jwk_set=False, timeout=_FETCH_SECONDS)
            return client.get_jwk_set()
        return jwt.PyJWKSet.from_json(Path(self._place).read_text())


class JwtTokens:
    """Accepts what an issuer signed; what was accepted is not checked again until it expires.

    Args:
        settings: What is accepted.
        threads: Where keys are waited for.
        repo_path: Where the path of a key file starts.
    """

    def __init__(self, settings: JwtConfig, threads: Threads, repo_path: Path) -> None:
        self._settings = settings
        self._threads = threads
        self._keys = PublicKeys(key_place(settings, repo_path))
        self._known: OrderedDict[bytes, tuple[float, Scope | None]] = OrderedDict()

    async def scope_of(self, token: bytes) -> Scope | None:
        """Return the highest scope of a token; None when it does not count."""
        digest = hashlib.sha256(token).digest()
        known = self._known.get(digest)
        if known is not None and time.time() < known[0]:
            return known[1]
        claims = await self._threads.run(self._claims, token)
        if claims is None:
            return None
        scope = self._scope(claims)
        self._known[digest] = (float(claims["exp"]), scope)
        if len(self._known) > _KEPT:
            self._known.popitem(last=False)
        return scope

    def _claims(self, token: bytes) -> dict[str, Any] | None:
        settings = self._settings
        try:
            key = self._keys.find(jwt.get_unverified_header(token).get("kid"))
            if key is None:
                return None
            return jwt.decode(
                token,
                key,
                algorithms=list(settings.algorithms),
                audience=settings.audience,
                issuer=settings.issuer,
                leeway=_LEEWAY_SECONDS,
                options={"require": ["exp", "iss", "aud"]},
            )
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            _log.info("a token was refused: %s", error)
            return None

    def _scope(self, claims: dict[str, Any]) -> Scope | None:
        given = claims.get(self._settings.scope_claim, "")
        names = given.split() if isinstance(given, str) else given
        if not isinstance(names, list):
            return None
        called = {self._settings.scopes.get(s, f"provender:{s}"): s for s in _SCOPES}
        return highest({called[name] for name in names if name in called})


def key_place(settings: JwtConfig, repo_path: Path) -> str:
    """Return where the keys are, a file as its whole path.

    Raises:
        ConfigError: Keys would come over an open connection, or there is no such file.
    """
    place = settings.jwks
    parts = urlsplit(place)
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or "")):
        return place
    fix = "give an https URL, or a file"
    if "://" in place:
        fact = "server.jwt.jwks is not an https URL"
        raise ConfigError(fact, got=place, allowed="https", fix=fix)
    file = repo_path / place
    if not file.is_file():
        raise ConfigError("the file of server.jwt.jwks does not exist", got=str(file), fix=fix)
    return str(file)
