"""Programs of tests: their output, their deadline, and that nothing of them stays."""

from __future__ import annotations

import sys

import pytest

from harness.children import is_alive
from provender.testing.processes import OverdueError, run, started
from waiting import until

PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
child.wait()
"""


def python(program):
    return [sys.executable, "-c", program]


def wait_until_gone(pid):
    until(lambda: not is_alive(pid), f"the end of process {pid}")


def test_what_is_read_and_printed():
    done = run(python("import sys; print(input()); print('hm', file=sys.stderr)"), stdin="hello\n")
    assert (done.stdout, done.stderr, done.returncode) == ("hello\n", "hm\n", 0)
    assert run(python("raise SystemExit(3)"), code=3).returncode == 3
    assert run(python("raise SystemExit(4)"), code=None).returncode == 4


def test_nothing_is_read_unless_it_is_given():
    assert run(python("import sys; print(repr(sys.stdin.read()))")).stdout == "''\n"


def test_another_code_shows_what_was_printed():
    with pytest.raises(AssertionError, match=r"(?s)ended with code 1, not 0.*ZeroDivisionError"):
        run(python("1 / 0"))


def test_a_program_without_end_is_killed_with_its_children():
    with pytest.raises(OverdueError, match=r"did not end within 2 s\n\d+") as caught:
        run(python(PARENT), seconds=2)
    wait_until_gone(int(str(caught.value).rpartition("\n")[2]))


def test_children_are_ended_with_the_block():
    with started(python(PARENT), stdout=-1) as process:
        child = int(process.stdout.readline())
        assert is_alive(child)
    assert process.returncode is not None
    wait_until_gone(child)
