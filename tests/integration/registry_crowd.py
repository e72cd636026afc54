"""Forks processes that begin together and change one registry: ``apply`` and ``materialize``.

One process imports everything once and forks, so that sixteen of them start in a moment. Its input
is a JSON line: the repository and a list of tasks, each ``[what, number, times]``. Prints a JSON
line for each task: what went wrong, or nothing.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

# imported once, for all children
import duckdb  # noqa: F401
import pyarrow.compute  # noqa: F401
import sqlglot.dialects.duckdb  # noqa: F401

import provender_local.duckdb_store
import provender_local.sql_registry
import provender_local.sqlite_store  # noqa: F401
from provender import Entity, FeatureStore, FeatureView, Field, FileSource
from provender.errors import Conflict
from provender.registration.plan import Plan
from provender.types import Float64

DRIVER = Entity(name="driver", join_keys=["driver_id"])
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def view(name: str, **options: Any) -> FeatureView:
    """Return a view of the file that all views read."""
    source = FileSource("stats.parquet", timestamp_field="ts")
    schema = [Field("rating", Float64)]
    return FeatureView(name, source=source, entities=[DRIVER], schema=schema, **options)


def apply(store: FeatureStore, number: int, times: int) -> str:
    """Register views of this process's own, one after another."""
    for time in range(times):
        store.apply([view(f"own_{number}_{time}")], author=f"member {number}")
    return ""


def apply_with_entity(store: FeatureStore, number: int, times: int) -> str:
    """Register views of this process's own with the entity that all of them need."""
    for time in range(times):
        store.apply([DRIVER, view(f"own_{number}_{time}")], author=f"member {number}")
    return ""


def change(store: FeatureStore, number: int, times: int) -> str:
    """Change a view of this process's own again and again."""
    for time in range(times):
        store.apply([view(f"moved_{number}", ttl=timedelta(hours=1 + time))])
    return ""


def contend(store: FeatureStore, number: int, plan: Plan) -> str:
    """Change a view that all change, by a plan that was made before anybody began."""
    try:
        store.apply(plan, author=str(number))
    except Conflict as error:
        return str(error)
    return ""


def materialize(store: FeatureStore, number: int, times: int) -> str:
    """Load a view, hour by hour, as another process does at the same time."""
    for time in range(times):
        end = NOON - timedelta(hours=times - 1 - time)
        store.materialize_incremental(end, [f"loaded_{number // 2}"])
    return ""


TASKS: dict[str, Callable[..., str]] = {
    "apply": apply,
    "apply with entity": apply_with_entity,
    "change": change,
    "contend": contend,
    "materialize": materialize,
}


def member(repository: str, what: str, number: int, times: int, gate: int, answers: int) -> None:
    """Wait for the gate to close, do the task, and answer."""
    store = FeatureStore(repository)
    more = store.plan([view("shared", description=f"of {number}")]) if what == "contend" else times
    os.write(answers, b"ready\n")
    os.read(gate, 1)
    try:
        found = {"answer": TASKS[what](store, number, more)}
    except BaseException:  # noqa: BLE001 - told to the test
        found = {"error": traceback.format_exc()}
    store.close()
    with os.fdopen(answers, "w") as answer:
        answer.write(json.dumps(found) + "\n")


def fork(repository: str, task: list[Any], gate: tuple[int, int]) -> int:
    """Start a member and return the end of its pipe that its answers come out of."""
    out, into = os.pipe()
    if os.fork():
        os.close(into)
        return out
    os.close(gate[1])
    os.close(out)
    try:
        member(repository, *task, gate[0], into)
    finally:
        os._exit(0)


def main() -> None:
    """Run the tasks that are told on the standard input."""
    repository, tasks = json.loads(sys.stdin.readline())
    gate = os.pipe()
    answers = [os.fdopen(fork(repository, task, gate)) for task in tasks]
    for answer in answers:
        assert answer.readline() == "ready\n"
    os.close(gate[1])
    for answer in answers:
        print(answer.readline(), end="", flush=True)
    for _ in tasks:
        os.wait()


if __name__ == "__main__":
    main()
