"""Tokens of the environment count as a whole or not at all."""

from __future__ import annotations

import asyncio

from provender.server.auth.tokens import static_tokens

READ, ADMIN = "read-" + "a" * 20, "admin-" + "c" * 20


def scope_of(token):
    tokens = static_tokens({"PROVENDER_SERVER_READ_TOKEN": READ, "PROVENDER_SERVER_TOKEN": ADMIN})
    return asyncio.run(tokens.scope_of(token.encode()))


def test_only_the_whole_token_counts():
    assert (scope_of(READ), scope_of(ADMIN)) == ("read", "admin")
    for wrong in ("", ADMIN[:-1], ADMIN[1:], ADMIN + "c", ADMIN.upper(), READ + ADMIN):
        assert scope_of(wrong) is None, wrong
