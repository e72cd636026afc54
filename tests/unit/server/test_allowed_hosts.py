"""Which values of the header Host are served."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from provender.config.server import ServerConfig
from provender.server.auth.loopback import allowed_hosts
from provender.server.http.errors import WrongHost

LISTED = ServerConfig(allowed_hosts=("Features.example", "fd00::7"))


@pytest.mark.parametrize(
    "host",
    [b"127.0.0.1", b"localhost:6566", b"LOCALHOST", b"[::1]", b"[::1]:6566", b"127.0.0.2:1"],
)
def test_loopback_names_with_any_port(host):
    allowed_hosts(ServerConfig(), "127.0.0.1", is_open=True).check({b"host": host})


@pytest.mark.parametrize(
    "host",
    [
        b"",
        b"evil.example",
        b"127.0.0.1.evil.example",
        b"localhost.evil.example:80",
        b"evil.example:127.0.0.1",
        b"localhost:80@evil.example",
        b"[::1].evil.example",
        b"0.0.0.0",
        b"10.0.0.1",
    ],
)
def test_any_other_name_is_refused(host):
    with pytest.raises(WrongHost):
        allowed_hosts(ServerConfig(), "::1", is_open=True).check({b"host": host} if host else {})


def test_names_that_are_listed():
    hosts = allowed_hosts(LISTED, "localhost", is_open=True)
    for host in (b"features.EXAMPLE:80", b"[fd00::7]:1", b"localhost"):
        hosts.check({b"host": host})
    with pytest.raises(WrongHost, match="not served"):
        hosts.check({b"host": b"other.example"})


def test_elsewhere_every_name_is_served_unless_some_are_listed():
    assert allowed_hosts(ServerConfig(), "10.0.0.1", is_open=True) is None
    assert allowed_hosts(ServerConfig(), "127.0.0.1", is_open=False) is None
    with pytest.raises(WrongHost):
        allowed_hosts(LISTED, "10.0.0.1", is_open=False).check({b"host": b"other.example"})


@pytest.mark.parametrize("wrong", ["http://a", "a:80", "a/b", "[::1]", "", "a b"])
def test_what_is_no_host_name_is_refused_in_the_configuration(wrong):
    with pytest.raises(ValidationError, match="without scheme, brackets and port"):
        ServerConfig(allowed_hosts=(wrong,))
