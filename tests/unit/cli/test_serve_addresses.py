"""A server that cannot listen where it is told to ends with an error of ours, and exit code 1."""

from __future__ import annotations

import socket

import pytest

from provender.cli.run import run

COMMANDS = ("serve", "serve-offline")


@pytest.fixture
def started(tmp_path, capsys):
    """Return what starts a server and returns its exit code and what it printed to stderr."""
    file = tmp_path / "feature_store.yaml"
    file.write_text("project: p\nregistry: registry.db\nonline_store: {path: online.db}\n")

    def start(*arguments):
        code = run(["--config", str(file), *arguments])
        return code, capsys.readouterr().err

    return start


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_port_in_use(started, command, host):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, told = started(command, "--host", host, "--port", port)
    assert code == 1
    assert f"port {port} is in use" in told
    assert "choose another port with --port" in told
    assert "Traceback" not in told


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("host", ["192.0.2.1", "no such host", "a" * 70])
def test_an_address_that_is_not_this_machines(started, command, host):
    code, told = started(command, "--insecure", "--host", host)
    assert code == 1
    assert "cannot listen at this address" in told
    assert "--host" in told
    assert "Traceback" not in told
