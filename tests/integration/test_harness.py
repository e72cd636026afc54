"""The watch over test runs, by small runs of its own: however they begin, whatever they leave."""

from __future__ import annotations

import os
import pwd
import re
import sys
import textwrap
from pathlib import Path

import pytest

from harness.children import is_alive
from provender.testing.processes import run
from waiting import until

ROOT = Path(__file__).parents[2]
QUIET = ["-p", "no:cacheprovider", "-p", "no:schemathesis"]
SOON = ["-o", "end_patience=1"]
"""Options of a run that leaves processes, which do not end however long one waits."""
PLUGINS = [f"harness.{name}" for name in ("run", "leaks", "tiers", "order", "speed")]
CONFTEST = f"pytest_plugins = {PLUGINS}\n"
WELL = """
import os, signal, socket, subprocess, sys, tempfile, threading
from provender.testing.processes import run

def test_ctrl_c_means_what_it_usually_means():
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    shown = "import signal; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"
    assert run([sys.executable, "-c", shown]).stdout == "True\\n"

def test_files_of_all_kinds(tmp_path):
    (tmp_path / "file").write_text("ä")
    with tempfile.TemporaryDirectory() as folder:
        assert "provender-run-" in folder
    with socket.socket(), tempfile.TemporaryFile():
        threading.Thread(target=print).start()

def test_nothing_is_read():
    assert run([sys.executable, "-c", "import sys; print(sys.stdin.read())"]).stdout == "\\n"
"""


@pytest.fixture
def session(tmp_path):
    """Run pytest over the text of a test file, watched; returns its exit code and output."""
    folder = tmp_path / "session"
    for tier in ("unit", "integration"):
        (folder / "tests" / tier).mkdir(parents=True)
    (folder / "temporary").mkdir()
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "pytest.ini").write_text("[pytest]\ntmp_path_retention_policy = failed\n")

    def start(text, *options, code, before=(), tier="unit", **environment):
        (folder / "tests" / tier / "test_it.py").write_text(textwrap.dedent(text))
        path = os.pathsep.join([str(ROOT / "tests"), os.environ.get("PYTHONPATH", "")])
        env = {**os.environ, "PYTHONPATH": path, "TMPDIR": str(folder / "temporary")}
        env = {k: v for k, v in env.items() if not k.startswith(("PYTEST_", "PROVENDER_"))}
        command = [*before, sys.executable, "-m", "pytest", *QUIET, *options]
        done = run(command, cwd=folder, env=env | environment, code=None)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    start.folder = folder
    return start


WAYS = {
    "as usual": {},
    "with workers": {"options": ["-n", "2"]},
    "by a shell that ignores Ctrl-C": {"before": ["sh", "-c", "trap '' INT; \"$@\"", "sh"]},
    "workers, by such a shell": {
        "before": ["sh", "-c", "trap '' INT; \"$@\"", "sh"],
        "options": ["-n", "1"],
    },
    "with nothing to read from": {"before": ["sh", "-c", '"$@" <&-', "sh"]},
    "by a service": {"CI": "true", "HOME": "/nowhere"},
    "elsewhere": {"TZ": "Asia/Kolkata", "LC_ALL": "C", "LANG": "C"},
}


@pytest.mark.parametrize("way", WAYS)
def test_a_run_is_green_and_leaves_nothing_however_it_begins(session, way):
    how = dict(WAYS[way])
    options = how.pop("options", [])
    shown = session(WELL, *options, code=0, **how)
    assert "3 passed" in shown
    assert list((session.folder / "temporary").iterdir()) == []


def test_a_worker_that_is_killed_as_it_ends_leaves_nothing(session):
    """That happens to one that takes more than ten seconds, as on a busy machine."""
    text = """
    import os, pytest, tempfile

    class Killed:
        @pytest.hookimpl(tryfirst=True)
        def pytest_unconfigure(self):
            os._exit(1)

    def test_it(request):
        request.config.pluginmanager.register(Killed())
        assert os.path.basename(tempfile.gettempdir()) == "gw0"
    """
    session(text, "-n", "1", code=0)
    assert list((session.folder / "temporary").iterdir()) == []


def test_a_run_of_another_user(session, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("only root can run as somebody else; the others are somebody else")
    nobody = pwd.getpwnam("nobody")
    for path in (tmp_path, *tmp_path.rglob("*")):
        os.chown(path, nobody.pw_uid, nobody.pw_gid)
    before = ["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups"]
    can = [*before, sys.executable, "-c", "import provender, pytest"]
    if (
        run(can, code=None, cwd=Path("/")).returncode
        or run([*before, "ls", tmp_path], code=None).returncode
    ):
        pytest.skip("another user may not read this checkout, its Python or its temporary files")
    assert "3 passed" in session(WELL, code=0, before=before)


def test_what_a_test_leaves_open_fails_it_by_name(session):
    shown = session(
        """
        import socket, subprocess, tempfile, threading, pytest
        kept = []

        def test_file(tmp_path):
            kept.append((tmp_path / "left.txt").open("w"))

        def test_socket():
            kept.append(socket.socket())

        def test_thread():
            stop = threading.Event()
            kept.append(stop)
            threading.Thread(target=stop.wait, name="left-thread", daemon=True).start()

        def test_process():
            kept.append(subprocess.Popen(["sleep", "1000"]))

        def test_temporary():
            tempfile.mkdtemp(prefix="left-folder")

        def test_tidy():
            [kept.pop(0).close() for _ in range(2)]

        @pytest.fixture(scope="module")
        def server():
            with socket.socket() as opened:
                yield opened

        def test_what_a_module_has(server):
            pass

        def test_it_still_has(server):
            pass
        """,
        *SOON,
        code=1,
    )
    for name, what in {
        "file": r"left\.txt",
        "socket": r"socket:\[.*AF_INET \('0.0.0.0', 0\)",
        "thread": "thread: left-thread",
        "process": "process: .*sleep 1000",
        "temporary": "temporary file: left-folder",
    }.items():
        part = shown.partition(f"ERROR at teardown of test_{name} ")[2]
        assert re.search(rf"this test left open:\n.*{what}", part), shown
    assert "8 passed, 5 errors" in shown
    assert re.search(
        r"left behind by the run ===.*\nprocess \d+: sleep 1000\ntemporary: left-f", shown
    )


def test_a_file_that_a_thread_of_a_library_still_reads_is_not_left_open(session):
    """As threads of Arrow's own do for a moment when a read has failed."""
    text = """
    import _thread, time

    def test_it(tmp_path):
        file = (tmp_path / "read.txt").open("w")
        _thread.start_new_thread(lambda: (time.sleep(0.3), file.close()), ())
    """
    assert "1 passed" in session(text, code=0)


def test_what_only_the_garbage_collector_closes_is_not_left_open_by_a_module(session):
    """Also when the garbage is made after the first collection, by a thread that ends late."""
    text = """
    import gc, socket, threading, weakref

    class Pool:
        def __init__(self):
            self.same = self
            weakref.finalize(self, socket.create_server(("127.0.0.1", 0)).close)

    def test_it():
        pool, collected = [Pool()], threading.Event()
        gc.callbacks.append(lambda phase, info: phase == "stop" and collected.set())
        gc.disable()
        threading.Thread(target=lambda: collected.wait() and pool.clear()).start()
    """
    assert "1 passed" in session(text, tier="integration", code=0)


def test_processes_that_hide_are_found_and_ended(session):
    shown = session(
        """
        import subprocess, sys

        def test_it():
            start = "import subprocess; subprocess.Popen(['sleep', '1001'], start_new_session=True)"
            subprocess.run([sys.executable, "-c", start], start_new_session=True)
        """,
        *SOON,
        code=1,
    )
    pid = int(re.search(r"process (\d+): sleep 1001", shown)[1])
    until(lambda: not is_alive(pid), f"the end of process {pid}")


def test_a_test_without_end_fails_and_shows_what_it_does(session):
    shown = session(
        """
        import threading

        def wait_for_nothing():
            threading.Event().wait()

        def test_endless():
            wait_for_nothing()

        def test_next():
            pass
        """,
        "-o",
        "timeout=1",
        code=1,
    )
    assert "Timeout (>1.0s)" in shown
    assert "in wait_for_nothing" in shown
    assert "1 failed, 1 passed" in shown


@pytest.mark.parametrize(
    ("limit", "workers"), [(6, []), (20, ["-n", "1"])], ids=["alone", "workers"]
)
def test_a_run_without_end_names_what_was_under_way(session, limit, workers):
    shown = session(
        """
        import signal

        def test_that_fails():
            assert "what" == "failed"

        def test_deaf():
            signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
            signal.sigwait([signal.SIGUSR2])
        """,
        *("-o", f"run_limit={limit}", *workers),
        code=3,
    )
    assert f"the run did not end within {limit} s; under way were:" in shown
    assert "tests/unit/test_it.py::test_deaf" in shown
    assert "AssertionError: assert 'what' == 'failed'" in shown
    assert "FAILED tests/unit/test_it.py::test_that_fails" in shown


def test_a_run_without_end_ends_also_when_nobody_reads_what_it_says(session):
    """The shell ends when the whole pipe has ended."""
    text = """
    import threading

    def test_endless():
        threading.Event().wait()
    """
    unread = ["sh", "-c", '"$@" 2>&1 | timeout 1 cat', "sh"]
    session(text, "-q", "-o", "run_limit=3", code=124, before=unread)


def test_of_each_rule_some_values_and_every_value_of_each_parameter(session):
    text = """
    import pytest

    @pytest.mark.values(4)
    @pytest.mark.parametrize("a", "wxyz")
    @pytest.mark.parametrize("b", [1, 2, 3])
    def test_rule(a, b):
        print(f"<{a}><{b}>")

    @pytest.mark.long
    def test_long():
        pass
    """
    shown = session(text, "-rP", code=0)
    assert "4 passed, 9 deselected" in shown
    assert all(f"<{value}>" in shown for value in "wxyz123")
    assert "13 passed" in session(text, code=0, PROVENDER_TEST_ALL="1")


def test_a_random_order_is_the_same_for_the_same_seed(session):
    text = """
    import pytest

    @pytest.mark.parametrize("n", range(8))
    def test_it(n):
        print(f"<{n}>")
    """

    def order(**environment):
        return re.findall(r"<(\d)>", session(text, "-rP", code=0, **environment))

    written = list("01234567")
    assert order() == written
    first = order(PROVENDER_TEST_ORDER="7")
    assert first != written
    assert sorted(first) == written
    assert order(PROVENDER_TEST_ORDER="7") == first
    assert order(PROVENDER_TEST_ORDER="8") != first


def test_a_slow_test_is_named_and_a_much_too_slow_one_fails_the_run(session):
    text = """
    import time
    import pytest

    def work(seconds):
        begun = time.process_time()
        while time.process_time() < begun + seconds:
            pass

    @pytest.mark.seconds(0.1)
    def test_fails():
        work(0.6)

    @pytest.mark.seconds(0.4)
    def test_slow():
        work(0.6)

    def test_waits():
        time.sleep(1.1)
    """
    shown = session(text, code=1)
    assert re.search(r"FAILED \S+::test_fails took 0\.\d\d s of processor, at most 0.1 s", shown)
    assert re.search(r"SLOW \S+::test_slow took \d\.\d\d s of processor, at most 0.4 s", shown)
    assert "test_waits took" not in shown
