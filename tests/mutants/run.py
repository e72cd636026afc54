"""Try the mutants: `python tests/mutants/run.py [NAME …]`; see mutants.toml for what they are.

Each one is put into a copy of the checkout, and its tests have to fail there. It counts as caught
only by a test that passes without it, and that fails: a test that cannot be collected or set up
shows nothing. A run that hangs is caught, too, and is reported as such.
"""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from provender.testing import processes

ROOT = Path(__file__).parents[2]
SOURCES = ("core", "providers/*", "contrib/*", "tests")
PLUGINS = (
    "mutants.outcomes",
    "pytest_timeout",
    "provender.testing.pytest_plugin",
    "no:cacheprovider",
)
"""Those of other distributions are left out: loading them takes longer than most of the tests."""
FILE = "PROVENDER_OUTCOMES"
_SECONDS, _GRACE_SECONDS = 120, 10
_ALL_SECONDS = 3600
"""How long the tests of all mutants may take."""
_PASSED, _FAILED = 0, 1


class WrongList(Exception):  # noqa: N818 - reads as what it says
    """The list of mutants is wrong, or its tests fail without a mutant."""


@dataclass(frozen=True)
class Mutant:
    """One fault.

    Attributes:
        name: What it is called.
        breaks: The promise that it breaks.
        file: The file that it is in.
        old: The text that is replaced; it stands once in the file.
        new: The text that replaces it.
        tests: The tests that find it, all of one distribution.
    """

    name: str
    breaks: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


@dataclass(frozen=True)
class Run:
    """What became of some tests: the code of pytest, None when it hung, and their outcomes."""

    code: int | None
    outcomes: Mapping[str, str]
    printed: str


def listed() -> list[Mutant]:
    """Return the list."""
    found = tomllib.loads((ROOT / "tests/mutants/mutants.toml").read_text())["mutant"]
    return [Mutant(**{**entry, "tests": tuple(entry["tests"])}) for entry in found]


def mutated(mutant: Mutant, text: str) -> str:
    """Return the text of a file with a mutant in it.

    Raises:
        WrongList: The text to be replaced does not stand there once.
    """
    count = text.count(mutant.old)
    if count != 1:
        raise WrongList(f"{mutant.name}: its text stands {count} times in {mutant.file}")
    return text.replace(mutant.old, mutant.new)


class Checkout:
    """A copy of the checkout, without what git ignores.

    Args:
        path: An empty directory.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamps = itertools.count(1_000_000_000)
        for name in _of_git():
            if (ROOT / name).is_file():
                (path / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, path / name)
        if (ROOT / ".servers").exists():
            (path / ".servers").symlink_to((ROOT / ".servers").resolve())

    @contextmanager
    def changed(self, mutant: Mutant) -> Iterator[None]:
        """Have a mutant in the copy while the block runs."""
        file = self._path / mutant.file
        text = file.read_text()
        try:
            self._write(file, mutated(mutant, text))
            yield
        finally:
            self._write(file, text)

    def _write(self, file: Path, text: str) -> None:
        """Write a file with a time of its own, in whole seconds: by it bytecode is known stale."""
        file.write_text(text)
        stamp = next(self._stamps)
        os.utime(file, (stamp, stamp))

    def run(self, tests: Sequence[str], *options: str, seconds: float = _ALL_SECONDS) -> Run:
        """Run tests of one distribution in the copy."""
        with tempfile.TemporaryDirectory(prefix="provender-outcomes-") as folder:
            outcomes, log = Path(folder, "outcomes"), Path(folder, "log")
            plugins = [part for name in PLUGINS for part in ("-p", name)]
            command = [sys.executable, "-m", "pytest", "-q", *plugins, *options, *tests]
            where = {"cwd": self._path, "env": self._environment(outcomes)}
            with (
                log.open("wb") as output,
                processes.started(
                    command, stdout=output, stderr=subprocess.STDOUT, **where
                ) as process,
            ):
                code = _ended(process, seconds)
            lines = outcomes.read_text().splitlines() if outcomes.exists() else []
            found = dict(reversed(line.split(" ", 1)) for line in lines)
            return Run(code, found, log.read_text(errors="replace"))

    def _environment(self, outcomes: Path) -> dict[str, str]:
        """Return the environment in which everything is imported from the copy."""
        folders = [str(path) for part in SOURCES for path in sorted(self._path.glob(part))]
        before = os.environ.get("PYTHONPATH", "")
        whole = os.pathsep.join(folders + ([before] if before else []))
        alone = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", FILE: str(outcomes)}
        return {**os.environ, **alone, "PYTHONPATH": whole}


def _of_git() -> list[str]:
    """Return the files that git knows, or that could be added."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    return processes.run(command, cwd=ROOT).stdout.split("\0")


def _ended(process: subprocess.Popen[str], seconds: float) -> int | None:
    """Wait for pytest and end whatever it left; None when it took too long."""
    code = None
    with suppress(subprocess.TimeoutExpired):
        code = process.wait(seconds)
    if code is None:
        process.send_signal(signal.SIGINT)  # so that it stops the servers that it started
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_SECONDS)
    processes.end_group(process, kindly=False)
    return code


def distribution(test: str) -> str:
    """Return where a test's distribution begins: pytest reads its settings there."""
    parts = Path(test).parts
    return "/".join(parts[:2]) if parts[0] == "contrib" else "."


def without_mutant(checkout: Checkout, mutants: Sequence[Mutant]) -> set[str]:
    """Return the tests that pass without a mutant.

    Raises:
        WrongList: Some fail, or there is no such test.
    """
    tests = dict.fromkeys(test for mutant in mutants for test in mutant.tests)
    passed: set[str] = set()
    for place in dict.fromkeys(map(distribution, tests)):
        run = checkout.run([test for test in tests if distribution(test) == place])
        if run.code != _PASSED:
            raise WrongList(f"the tests do not pass without a mutant:\n{run.printed}")
        found = (test for test, outcome in run.outcomes.items() if outcome == "passed")
        passed |= {_whole(test, place) for test in found}
    return passed


def _whole(test: str, place: str) -> str:
    """Return a test's id from the top of the checkout."""
    return test if place == "." or test.startswith(place) else f"{place}/{test}"


def tried(checkout: Checkout, mutant: Mutant, passed: set[str]) -> str:
    """Try one mutant and return what became of it.

    Raises:
        WrongList: Its tests ended in another way than by failing.
    """
    if not any(test.startswith(named) for test in passed for named in mutant.tests):
        return "NOT TRIED: what its tests need is not here"
    with checkout.changed(mutant):
        run = checkout.run(mutant.tests, "-x", seconds=_SECONDS)
    if run.code is None:
        return f"caught by a hang of {_SECONDS} s"
    if run.code == _PASSED:
        return "SURVIVED"
    place = distribution(mutant.tests[0])
    ended = [(_whole(test, place), outcome) for test, outcome in run.outcomes.items()]
    failed = [test for test, outcome in ended if outcome == "failed" and test in passed]
    if run.code != _FAILED or not failed:
        raise WrongList(f"{mutant.name}: its tests do not fail but break\n{run.printed}")
    return f"caught by {failed[0]}"


def chosen(names: Sequence[str]) -> list[Mutant]:
    """Return the named mutants, or all of them.

    Raises:
        WrongList: There is none of a name.
    """
    mutants = {mutant.name: mutant for mutant in listed()}
    if unknown := [name for name in names if name not in mutants]:
        raise WrongList(f"no such mutant: {', '.join(unknown)}")
    return [mutants[name] for name in names or mutants]


def main(names: Sequence[str]) -> int:
    """Try mutants, print what became of each, and return the exit code."""
    begin = time.monotonic()
    mutants = chosen(names)
    width = max(len(mutant.name) for mutant in mutants)
    results, wrong = [], []
    with tempfile.TemporaryDirectory(prefix="provender-mutants-") as folder:
        checkout = Checkout(Path(folder))
        passed = without_mutant(checkout, mutants)
        for mutant in mutants:
            try:
                results.append(tried(checkout, mutant, passed))
            except WrongList as error:
                wrong.append(str(error))
                results.append("BROKEN: see below")
            print(f"{mutant.name:{width}}  {results[-1]}", flush=True)
    print("", *wrong, sep="\n")
    caught, survived = (
        sum(result.startswith(word) for result in results) for word in ("caught", "SURVIVED")
    )
    seconds = time.monotonic() - begin
    print(f"{caught} of {len(mutants)} caught, {survived} survived, in {seconds:.0f} s")
    return 1 if survived or wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except WrongList as error:
        sys.exit(str(error))
