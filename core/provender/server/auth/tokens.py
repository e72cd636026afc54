"""Who may do what: scopes, and the bearer tokens of the environment."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Final, Protocol, get_args

from provender.config.server import Scope
from provender.errors import ConfigError
from provender.server.http.errors import Forbidden, Unauthenticated

VARIABLES: Final[Mapping[Scope, str]] = {
    "read": "PROVENDER_SERVER_READ_TOKEN",
    "write": "PROVENDER_SERVER_WRITE_TOKEN",
    "admin": "PROVENDER_SERVER_TOKEN",
}
"""The environment variables with a token for each scope; that for ``admin`` may do everything."""
_SHORTEST = 16
_LEVELS: Final[Mapping[Scope, int]] = {scope: i for i, scope in enumerate(get_args(Scope))}
_BEARER = b"bearer "


class Guard(Protocol):
    """Tells what the bearer of a token may do."""

    async def scope_of(self, token: bytes) -> Scope | None:
        """Return the highest scope of a token; None when it does not count."""
        ...


async def check_access(guard: Guard, headers: Mapping[bytes, bytes], needed: Scope) -> None:
    """Let a request pass that has a token for a scope.

    Raises:
        Unauthenticated: It has no token, or one that does not count.
        Forbidden: The token is for less.
    """
    given = headers.get(b"authorization", b"")
    if given[: len(_BEARER)].lower() != _BEARER:
        raise Unauthenticated(
            "a token is needed", fix="send the header authorization: Bearer <token>"
        )
    scope = await guard.scope_of(given[len(_BEARER) :].strip())
    if scope is None:
        raise Unauthenticated("the token is not valid here, or has expired")
    if _LEVELS[scope] < _LEVELS[needed]:
        raise Forbidden("the scope of the token does not allow this", got=scope, allowed=needed)


def highest(scopes: set[Scope]) -> Scope | None:
    """Return the highest of some scopes."""
    return max(scopes, key=lambda scope: _LEVELS[scope], default=None)


class StaticTokens:
    """The tokens of the environment; compared in a time that tells nothing of them.

    Args:
        tokens: The token of each scope.
    """

    def __init__(self, tokens: Mapping[Scope, bytes]) -> None:
        self._tokens = tokens

    async def scope_of(self, token: bytes) -> Scope | None:
        """Return the highest scope of a token; None when it does not count."""
        same = {s for s, known in self._tokens.items() if hmac.compare_digest(known, token)}
        return highest(same)


class EitherTokens:
    """Accepts what either of two guards accepts.

    Args:
        first: The one that is asked first.
        second: The one that is asked about what the first does not know.
    """

    def __init__(self, first: Guard, second: Guard) -> None:
        self._first = first
        self._second = second

    async def scope_of(self, token: bytes) -> Scope | None:
        """Return the highest scope of a token; None when neither knows it."""
        return await self._first.scope_of(token) or await self._second.scope_of(token)


def static_tokens(environment: Mapping[str, str]) -> StaticTokens | None:
    """Return the tokens of the environment, None when there are none.

    Raises:
        ConfigError: A token is so short that it can be guessed.
    """
    found: dict[Scope, bytes] = {}
    for scope, variable in VARIABLES.items():
        token = environment.get(variable, "").strip()
        if token and len(token) < _SHORTEST:
            raise ConfigError(
                f"the token in {variable} is too short",
                got=f"{len(token)} characters",
                allowed=f"at least {_SHORTEST}",
                fix="create one with: python -c 'import secrets; print(secrets.token_urlsafe())'",
            )
        if token:
            found[scope] = token.encode()
    return StaticTokens(found) if found else None
