"""Redis is killed while rows are moved; started again it gets what one clean run gives."""

from __future__ import annotations

import random
import threading
from contextlib import suppress

import pyarrow as pa
import pytest

from provender import Entity, FeatureView, FileSource
from provender.errors import MaterializeError, StoreError
from provender.testing.servers import free_port
from provender.types import Int64
from servers.redis import redis_server

redis = pytest.importorskip("redis")

ENTITIES, BATCH, KILLS = 6_000, 100, 6
DRIVER = Entity(name="driver", join_keys=["driver_id"], value_type=Int64)
LOG = ("--appendonly", "yes")


@pytest.fixture
def moved(repository, instants):
    """A repository whose rows go to Redis; every driver has an older row and a newer one."""
    hours = [n % 48 for n in range(2 * ENTITIES)]
    columns = {
        "driver_id": pa.array([n // 2 for n in range(2 * ENTITIES)], pa.int64()),
        "ts": instants(*hours),
        "rating": [n / 7 for n in range(2 * ENTITIES)],
    }
    repository.rows("stats.parquet", columns)
    source = FileSource("stats.parquet", timestamp_field="ts")
    repository.view = FeatureView("stats", source=source, entities=[DRIVER])
    return repository


def configure(repository, url):
    online = {"type": "redis", "url": url, "retries": 0}
    repository.configure(online_store=online, materialization={"batch_rows": BATCH})


def ratings(store):
    rows = [{"driver_id": driver} for driver in range(ENTITIES)]
    return store.get_online_features(["stats:rating"], rows).to_dict()["rating"]


def kill_at(server, rows):
    """Kill the server as soon as it holds so many rows, in a thread; return the thread."""

    def watch():
        with redis.Redis(port=server.port) as client, suppress(redis.RedisError):
            while client.dbsize() < rows:
                pass
        server.process.kill()

    thread = threading.Thread(target=watch)
    thread.start()
    return thread


def test_a_server_that_is_killed_loses_nothing(moved, tmp_path):
    port, data = free_port(), tmp_path / "data"
    data.mkdir()
    configure(moved, f"redis://127.0.0.1:{port}/0")
    with redis_server(data, *LOG, port=port):
        moved.store().apply([DRIVER, moved.view])
    chance = random.Random(1)  # noqa: S311
    stopped = 0
    for rows in sorted(chance.randrange(1, ENTITIES) for _ in range(KILLS)):
        with redis_server(data, *LOG, port=port) as server:
            killer = kill_at(server, rows)
            try:
                moved.store().materialize_incremental(moved.clock.now)
            except (MaterializeError, StoreError):
                stopped += 1
            server.process.kill()
            killer.join()
    assert stopped > 0
    with redis_server(data, *LOG, port=port):
        moved.store().materialize_incremental(moved.clock.now)
        assert ratings(moved.store()) == [
            max((n % 48 * -1, n / 7) for n in (2 * d, 2 * d + 1))[1] for d in range(ENTITIES)
        ]
