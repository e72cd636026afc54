"""Programs that run as processes of their own, also on a disk that is soon full."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest


def _command(program, arguments):
    return [sys.executable, "-c", textwrap.dedent(program), *map(str, arguments)]


@pytest.fixture
def start():
    """Start a program whose input and output are pipes; it is killed when the test ends."""
    running = []

    def begin(program, *arguments):
        pipe = subprocess.PIPE
        process = subprocess.Popen(
            _command(program, arguments), stdin=pipe, stdout=pipe, stderr=pipe, text=True
        )
        running.append(process)
        return process

    yield begin
    for process in running:
        process.kill()
        process.communicate()


@pytest.fixture
def run():
    """Run a program to its end; returns what it printed."""

    def to_end(program, *arguments, within=()):
        command = [*within, *_command(program, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return to_end


@pytest.fixture
def run_on_small_disk(run, tmp_path):
    """Run a program whose first argument is a directory with 2 MB of room."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = 'mount -t tmpfs -o size=2m tmpfs "$0" && exec "$@"'
    within = ["unshare", "-rm", "sh", "-c", mounted, str(disk)]
    try:
        possible = subprocess.run([*within, "true"], capture_output=True).returncode == 0
    except OSError:
        possible = False
    if not possible:
        pytest.skip("this system does not let a process mount a disk for itself")
    return lambda program: run(program, disk, within=within)
