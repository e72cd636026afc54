"""`BothTokens`: tokens of the environment beside signed ones."""

from __future__ import annotations

from provender.config.server import Scope
from provender.server.tokens import Guard


class BothTokens:
    """Accepts what either of two guards accepts.

    Args:
        first: The one that is asked first.
        second: The one that is asked about what the first does not know.
    """

    def __init__(self, first: Guard, second: Guard) -> None:
        self._first = first
        self._second = second

    async def scope_of(self, token: bytes) -> Scope | None:
        """Return the highest scope of a token; None when it does not count."""
        return await self._first.scope_of(token) or await self._second.scope_of(token)
