"""Materialization in two processes against one, into stores that take several writers at a time."""

from __future__ import annotations

import json
import resource
import shutil
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.process import answer
from benchmarks.repository import open_store
from benchmarks.rows import write_entities
from benchmarks.sizes import Sizes
from provender import FeatureStore

ENGINES = {"serial": "{type: serial}", "processes": "{type: processes, workers: 2}"}
AIM = 1.6
LIMIT_MB = 1_000


def measure(directory: Path, sizes: Sizes, feast: bool) -> list[Figure]:
    """Materialize with both engines in turns, each time in a new process and an empty store."""
    file = directory / "entities.parquet"
    write_entities(file, sizes.materialized)
    figures: list[Figure] = []
    for name, server in {"Redis": redis, "PostgreSQL": _postgres}.items():
        with server(directory) as online:
            if online is None:
                print(f"{name} is not installed: not measured")
            else:
                figures += _figures(name, online, directory / name, file, sizes)
    return figures


def _figures(name: str, online: str, home: Path, file: Path, sizes: Sizes) -> list[Figure]:
    seconds: dict[str, list[float]] = {engine: [] for engine in ENGINES}
    memory = 0.0
    for _ in range(sizes.long_rounds):
        for engine in ENGINES:
            shutil.rmtree(home, ignore_errors=True)
            found = answer("-m", "benchmarks.engines", engine, online, str(home), str(file))
            seconds[engine].append(found["seconds"])
            memory = max(memory, found["workers_mb"])
    ours, base = (statistics.median(seconds[engine]) for engine in ("processes", "serial"))
    count = sizes.materialized
    what = f"materialize {count:,} × 10 into {name} with 2 workers"
    rates = [f"{count / taken:,.0f}/s" for taken in (ours, base)]
    faster, allowed = base / ours, f"{LIMIT_MB:,} MB (what is allowed)"
    aim, most = f"≥ {AIM} × as fast", f"≤ {LIMIT_MB:,} MB"
    return [
        Figure(what, rates[0], f"{rates[1]} (serial)", ours / base, aim, faster >= AIM),
        Figure(
            f"{what}: peak memory of a worker",
            f"{memory:,.0f} MB",
            allowed,
            memory / LIMIT_MB,
            most,
            memory <= LIMIT_MB,
        ),
    ]


@contextmanager
def redis(directory: Path) -> Iterator[str | None]:
    """Run Redis, if it is installed; yield the section ``online_store`` in YAML."""
    from servers.install import program
    from servers.redis import redis_server

    if not program("redis-server"):
        yield None
        return
    with redis_server(directory) as server:
        yield f'{{type: redis, url: "{server.url}"}}'


@contextmanager
def _postgres(directory: Path) -> Iterator[str | None]:
    from servers.install import program
    from servers.postgres import postgres_server

    if not program("postgres"):
        yield None
        return
    with postgres_server() as server:
        yield f'{{type: postgres, url: "{server.dsn}"}}'


def materialize(engine: str, online: str, home: Path, file: Path) -> float:
    """Return how long a run takes, with the start of the workers."""
    open_store(home, file).close()
    text = (home / "feature_store.yaml").read_text().replace("{path: online.db}", online)
    (home / "feature_store.yaml").write_text(f"{text}engine: {ENGINES[engine]}\n")
    with FeatureStore(home) as store:
        view = store.refresh().view("v")
        store.stores.online.drop([view.table])
        start = time.perf_counter()
        store.materialize_incremental(datetime.now(UTC))
        return time.perf_counter() - start


if __name__ == "__main__":
    which, where, *paths = sys.argv[1:]
    taken = materialize(which, where, *map(Path, paths))
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(json.dumps({"seconds": taken, "workers_mb": peak}))
