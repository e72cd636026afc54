"""Many at once: threads that begin together, and processes that do."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import TypeVar

from provender.testing.processes import killed_after, started

_Result = TypeVar("_Result")
_PATIENCE = 120
"""Seconds that all of them together may take."""


def in_threads(count: int, work: Callable[[int], _Result]) -> list[_Result]:
    """Run ``work(0)``, ``work(1)`` … in as many threads, which begin together.

    Returns:
        The results, in the order of the numbers.

    Raises:
        BaseException: The first that a thread raised.
    """
    gate = threading.Barrier(count)
    results: dict[int, _Result] = {}
    failures: list[BaseException] = []

    def run(number: int) -> None:
        try:
            gate.wait(_PATIENCE)
            results[number] = work(number)
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            failures.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return [results[number] for number in range(count)]


def in_processes(tasks: Sequence[str]) -> list[str]:
    """Run tasks of `provender.testing.suites.concurrency_worker` in processes that begin together.

    Args:
        tasks: What each process is told, as one line.

    Returns:
        The last line that each of them printed.

    Raises:
        AssertionError: One of them failed; the message holds what it printed.
    """
    command = [sys.executable, "-m", "provender.testing.suites.concurrency_worker"]
    pipe = subprocess.PIPE
    with ExitStack() as running:
        enter = running.enter_context
        members = [enter(started(command, stdin=pipe, stdout=pipe, stderr=pipe)) for _ in tasks]
        enter(killed_after(_PATIENCE, *members))
        for member, task in zip(members, tasks, strict=True):
            _say(member, task)
        for member in members:
            _hear(member)
        for member in members:
            _say(member, "begin")
        return [_outcome(member) for member in members]


def _say(member: subprocess.Popen[str], line: str) -> None:
    if member.stdin:
        member.stdin.write(f"{line}\n")
        member.stdin.flush()


def _hear(member: subprocess.Popen[str]) -> None:
    """Wait for a member to be ready."""
    ready = member.stdout.readline() if member.stdout else ""
    if ready.strip() != "ready":
        _, errors = member.communicate()
        raise AssertionError(f"a process could not open the store\n{errors}")


def _outcome(member: subprocess.Popen[str]) -> str:
    printed, errors = member.communicate()
    if member.returncode:
        raise AssertionError(f"a process failed\n{errors}")
    return printed.strip().rpartition("\n")[2]
