"""Programs that run as processes of their own, also on a disk that is soon full."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from contextlib import ExitStack

import pytest

from provender.testing import processes


def _command(program, arguments):
    return [sys.executable, "-c", textwrap.dedent(program), *map(str, arguments)]


@pytest.fixture
def start():
    """Start a program whose input and output are pipes; it is killed when the test ends."""
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with ExitStack() as running:
        yield lambda program, *arguments: running.enter_context(
            processes.started(_command(program, arguments), **pipes)
        )


@pytest.fixture
def run():
    """Run a program to its end; returns what it printed."""

    def to_end(program, *arguments, within=()):
        return processes.run([*within, *_command(program, arguments)], seconds=120).stdout

    return to_end


@pytest.fixture
def run_on_small_disk(run, tmp_path):
    """Run a program whose first argument is a directory with 2 MB of room."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = 'mount -t tmpfs -o size=2m tmpfs "$0" && exec "$@"'
    within = ["unshare", "-rm", "sh", "-c", mounted, str(disk)]
    try:
        possible = processes.run([*within, "true"], code=None).returncode == 0
    except OSError:
        possible = False
    if not possible:
        pytest.skip("this system does not let a process mount a disk for itself")
    return lambda program: run(program, disk, within=within)
