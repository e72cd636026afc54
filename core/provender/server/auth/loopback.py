"""Addresses that only this machine reaches, and the names by which a server may be called."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from functools import lru_cache

from provender.config.server import ServerConfig
from provender.server.http.bodies import Headers
from provender.server.http.errors import WrongHost


def is_loopback(host: str) -> bool:
    """Return whether nobody but this machine reaches a server at `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:  # a name may mean anything
        return False


class AllowedHosts:
    """The values of the header ``Host`` that are served.

    A server on loopback without tokens trusts whoever reaches it. A web page can make a browser on
    this machine reach it, under a name of the page's own that resolves to 127.0.0.1 (DNS
    rebinding), but the browser then sends that name as ``Host``.

    Args:
        others: Host names, without a port, that are served besides loopback ones.
    """

    def __init__(self, others: Iterable[str] = ()) -> None:
        self._others = frozenset(host.lower() for host in others)
        self._is_allowed = lru_cache(maxsize=64)(self._allows)

    def check(self, headers: Headers) -> None:
        """Let a request pass that names an allowed host, with any port.

        Raises:
            WrongHost: It names another host, or none.
        """
        given = headers.get(b"host", b"")
        if not self._is_allowed(given):
            raise WrongHost(
                "the request is for a host name that is not served here",
                got=given.decode("latin-1")[:200] or "no header host",
                allowed=", ".join(["127.0.0.1", "localhost", "[::1]", *sorted(self._others)]),
                fix="use one of these names, or list the name under server.allowed_hosts in "
                "feature_store.yaml",
            )

    def _allows(self, given: bytes) -> bool:
        host = given.decode("latin-1").lower()
        name, _, port = host.rpartition(":")
        if name and not host.endswith("]") and (port.isdecimal() or not port):
            host = name
        if host.startswith("[") and host.endswith("]"):
            host = host[1:-1]
        return is_loopback(host) or host in self._others


def allowed_hosts(settings: ServerConfig, host: str, *, is_open: bool) -> AllowedHosts | None:
    """Return which hosts a server at `host` serves; None: all.

    Args:
        settings: The server's settings.
        host: Where it listens.
        is_open: Whether it needs no tokens.
    """
    if settings.allowed_hosts or (is_open and is_loopback(host)):
        return AllowedHosts(settings.allowed_hosts)
    return None
