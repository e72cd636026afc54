"""Servers for tests come up, are waited for, and leave nothing running."""

from __future__ import annotations

import sys

import pytest

from provender.testing.servers import ServerError, free_port, listens, running

SERVE = "import http.server, sys; http.server.test(port=int(sys.argv[1]), bind='127.0.0.1')"
PARENT = "import subprocess, sys; subprocess.run([sys.executable, '-c', *sys.argv[1:]])"


@pytest.mark.parametrize("command", [["-c", SERVE], ["-c", PARENT, SERVE]], ids=["one", "parent"])
def test_a_server_is_there_in_the_block_and_gone_after_it(tmp_path, command):
    port = free_port()
    assert not listens(port)
    with running(
        [sys.executable, *command, str(port)],
        ready=lambda: listens(port),
        log=tmp_path / "log",
    ) as process:
        assert listens(port)
    assert not listens(port)
    assert process.returncode is not None


def test_it_is_stopped_when_the_block_fails(tmp_path):
    port = free_port()
    command = [sys.executable, "-c", SERVE, str(port)]
    with (
        pytest.raises(ZeroDivisionError),
        running(command, ready=lambda: listens(port), log=tmp_path / "log"),
    ):
        raise ZeroDivisionError
    assert not listens(port)


def test_a_server_that_ends_shows_its_last_words(tmp_path):
    command = [sys.executable, "-c", "print('no such thing'); raise SystemExit(3)"]
    with (
        pytest.raises(ServerError, match=r"(?s)code 3.*no such thing"),
        running(command, ready=lambda: False, log=tmp_path / "log"),
    ):
        pass


def test_a_server_that_is_never_ready_is_given_up_and_stopped(tmp_path):
    command = [sys.executable, "-c", "import time; print('hm', flush=True); time.sleep(600)"]
    with (
        pytest.raises(ServerError, match="not ready in time"),
        running(command, ready=lambda: False, log=tmp_path / "log", seconds=0.3),
    ):
        pass
