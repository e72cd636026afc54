"""What is different at a terminal: questions, colors and bars."""

from __future__ import annotations

import os
import pty
import re
import select
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from provender.testing.processes import end_group, started

COMMAND = str(Path(sys.executable).with_name("provender"))
AT_A_TERMINAL = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
os.login_tty(int(sys.argv[1]))
os.execv(sys.argv[2], sys.argv[2:])
"""
"""Whoever started the tests may have Ctrl-C ignored, which a process inherits."""
PATIENCE_SECONDS = 120
"""How long a command may take before it is taken to hang."""


@pytest.fixture
def terminal(weather):
    """Run a command at a terminal of its own; return its exit code and what was shown.

    `typed` is typed when the command asks, and again while it does not answer: a Ctrl-C
    between the question and the reading of the answer is only seen at the next key.
    """

    def run(*arguments, typed="", **environment):
        ours, theirs = pty.openpty()
        command = [sys.executable, "-c", AT_A_TERMINAL, str(theirs), COMMAND, *arguments]
        variables = {**os.environ, "TERM": "xterm-256color", **environment}
        with os.fdopen(ours, "rb", buffering=0) as screen:
            try:
                running = started(command, cwd=weather.path, pass_fds=[theirs], env=variables)
                process = around.enter_context(running)
            finally:
                os.close(theirs)
            return _at_the_end(process, screen.fileno(), typed)

    with ExitStack() as around:
        yield run


def _at_the_end(process, screen, typed):
    """Return the exit code and what was shown until the end; at the deadline, fail with that."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    os.set_blocking(screen, False)  # Ctrl-C may flush what `select` has just seen
    shown = b""
    while (part := _read(screen)) != b"":
        shown += part or b""
        if time.monotonic() > deadline:
            end_group(process, kindly=False)
            pytest.fail(f"no end after {PATIENCE_SECONDS} s; shown until then:\n{_text(shown)}")
        asked = b"[y/N]" in shown and b"interrupted" not in shown
        if typed and asked and (part is None or b"[y/N]" in part):
            os.write(screen, typed.encode())
    return process.wait(PATIENCE_SECONDS), _text(shown)


def _text(shown):
    return shown.decode(errors="replace").replace("\r\n", "\n")


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


def test_a_rebuild_asks_before_rows_that_are_only_online_are_lost(terminal, weather, provender):
    features = weather.path / "features.py"
    source = 'FileSource("delays.parquet", timestamp_field="ts")'
    text = features.read_text().replace(source, f'PushSource("late", {source})')
    features.write_text(text.replace("FileSource\n", "FileSource, PushSource\n"))
    weather.configure(registry={"path": "registry.db", "write_cache_ttl_seconds": 0})
    assert terminal("apply")[0] == 0
    row = {"origin": "SFO", "carrier": "UA", "ts": weather.clock(), "late": 1}
    with weather.store() as store:
        store.push("late", [row])
    code, shown = terminal("rebuild", "delays", typed="n\n")
    assert code == 1
    lost = "Online rows of feature view 'delays' that are not in its source would be lost: 1 row, "
    assert lost in shown.replace("\n", "")
    assert "cancelled; nothing was changed" in shown
    code, shown = terminal("rebuild", "delays", typed="y\n")
    assert code == 0
    assert "dropped 1 row that the source does not have" in shown
    assert "━" in shown
    read = (
        "get-online",
        "--entity",
        "origin=SFO",
        "--entity",
        "carrier=UA",
        "--features",
        "delays",
    )
    assert "NOT_FOUND" in provender(*read, "--statuses", cwd=weather.path).stdout


def test_a_bar_with_count_and_rate(terminal, provender, weather):
    terminal("apply")
    range_ = ("2026-03-01", "2026-03-01T12:00:00")
    code, shown = terminal("materialize", *range_, "-v", "weather")
    assert code == 0
    assert "━" in shown
    assert re.search(r"3 rows in \d+\.\d s \([\d,]+ rows/s\)", shown)
    plain = provender("materialize", *range_, "-v", "delays", cwd=weather.path)
    assert plain.stderr == ""
    assert re.search(r"^  2 rows in \d+\.\d s \([\d,]+ rows/s\)$", plain.stdout, re.MULTILINE)
    _, shown = terminal("materialize", *range_, "-v", "weather")
    assert "3 rows read: 0 written, 3 equal; in " in shown


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


def test_erasing_an_entity_asks_first(loaded, terminal, provender):
    asked = "Erase origin=JFK: 1 online row of weather?"
    code, shown = terminal("forget", "--entity", "origin=JFK", typed="n\n")
    assert (code, asked in shown, "nothing was changed" in shown) == (1, True, True)
    code, shown = terminal("forget", "--entity", "origin=JFK", typed="y\n")
    assert (code, "Erased origin=JFK from feature view weather: 1 row" in shown) == (0, True)


def test_figures_of_the_online_store_fit_the_terminal(loaded, terminal):
    code, shown = terminal("online")
    assert code == 0
    assert "Online store: sqlite" in shown
    assert max(map(len, shown.splitlines())) <= 80
