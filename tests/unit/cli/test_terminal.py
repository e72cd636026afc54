"""What is different at a terminal: questions, colors and bars."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = str(Path(sys.executable).with_name("provender"))

AT_A_TERMINAL = """
import os, sys
os.login_tty(int(sys.argv[1]))
os.execv(sys.argv[2], sys.argv[2:])
"""


MOST_SILENCES = 240
"""How often a command may show nothing for half a second before it is taken to hang."""


@pytest.fixture
def terminal(weather):
    """Run a command at a terminal of its own; return its exit code and what was shown.

    `typed` is typed when the command asks, and again while it does not answer: a Ctrl-C
    between the question and the reading of the answer is only seen at the next key.
    """

    def run(*arguments, typed="", **environment):
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-c", AT_A_TERMINAL, str(theirs), COMMAND, *arguments],
            cwd=weather.path,
            pass_fds=[theirs],
            env={**os.environ, "TERM": "xterm-256color", **environment},
        )
        os.close(theirs)
        os.set_blocking(ours, False)  # Ctrl-C may flush what `select` has just seen
        shown = b""
        silent = 0
        while (part := _read(ours)) != b"":
            silent = 0 if part else silent + 1
            if silent > MOST_SILENCES:
                process.kill()
            shown += part or b""
            asked = b"[y/N]" in shown and b"interrupted" not in shown
            if typed and asked and (part is None or b"[y/N]" in part):
                os.write(ours, typed.encode())
        os.close(ours)
        return process.wait(), shown.decode().replace("\r\n", "\n")

    return run


def _read(file):
    """Return what is shown; None when nothing is for a while, nothing when the end is reached."""
    if not select.select([file], [], [], 0.5)[0]:
        return None
    try:
        return os.read(file, 65536)
    except BlockingIOError:
        return None
    except OSError:  # the other end was closed
        return b""


@pytest.fixture
def loaded(terminal, weather):
    assert terminal("apply")[0] == 0
    assert terminal("materialize-incremental", "2026-03-01T12:00:00")[0] == 0
    file = weather.path / "features.py"
    file.write_text(file.read_text().replace("online=True", "").partition("delays =")[0])
    return weather


def test_losing_rows_needs_a_yes(loaded, terminal, provender):
    lost = "! online rows of delays are lost: 2 rows"
    code, shown = terminal("apply", typed="n\n")
    assert code == 1
    assert lost in shown
    assert "nothing was changed" in shown
    assert "delays" in provender("feature-views", "list", cwd=loaded.path).stdout
    code, shown = terminal("apply", typed="y\n")
    assert code == 0
    assert "delays" not in provender("feature-views", "list", cwd=loaded.path).stdout


def test_ctrl_c_at_a_question_changes_nothing(loaded, terminal, provender):
    code, shown = terminal("teardown", typed="\x03")
    assert code == 130
    assert "Traceback" not in shown
    assert "delays" in provender("feature-views", "list", cwd=loaded.path).stdout
    assert terminal("teardown", typed="y\n")[0] == 0


def test_a_bar_with_count_and_rate(terminal, provender, weather):
    terminal("apply")
    range_ = ("2026-03-01", "2026-03-01T12:00:00")
    code, shown = terminal("materialize", *range_, "-v", "weather")
    assert code == 0
    assert "━" in shown
    assert re.search(r"3 rows in \d+\.\d s \([\d,]+ rows/s\)", shown)
    plain = provender("materialize", *range_, "-v", "weather", cwd=weather.path)
    assert plain.stderr == ""
    assert re.search(r"^  3 rows in \d+\.\d s \([\d,]+ rows/s\)$", plain.stdout, re.MULTILINE)


def test_colors_are_only_for_terminals_that_want_them(terminal, provender, weather):
    assert "\x1b[32m+ entity origin" in terminal("plan")[1]
    for shown in (
        terminal("plan", "--no-color")[1],
        terminal("plan", NO_COLOR="1")[1],
        provender("plan", cwd=weather.path).stdout,
    ):
        assert "+ entity origin" in shown
        assert "\x1b[" not in shown
    wrong = ("materialize", "soon", "later")
    assert "\x1b[31m" in terminal(*wrong)[1]
    assert "\x1b[" not in terminal(*wrong, "--no-color")[1]
