"""Redis is killed while rows are moved; started again it gets what one clean run gives."""

from __future__ import annotations

import random
import threading

import pyarrow as pa
import pytest

from provender import Entity, FeatureView, FileSource
from provender.errors import MaterializeError, StoreError
from provender.testing.faults.plugin import FaultyStores
from provender.testing.servers import free_port
from provender.types import Int64
from servers.redis import redis_server
from waiting import until

redis = pytest.importorskip("redis", reason="Redis's driver redis is not installed")

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
        with redis.Redis(port=server.port) as client:
            until(lambda: client.dbsize() >= rows, f"{rows} rows in Redis", pause=0)
        server.process.kill()
        server.process.wait(60)

    thread = threading.Thread(target=watch)
    thread.start()
    return thread


def after(thread):
    """A fault that lets a call begin only when the thread has ended."""

    def fault(call, args):
        thread.join(120)
        assert not thread.is_alive()
        return call(*args)

    return fault


def test_a_server_that_is_killed_loses_nothing(moved, tmp_path):
    port, data = free_port(), tmp_path / "data"
    data.mkdir()
    configure(moved, f"redis://127.0.0.1:{port}/0")
    with redis_server(data, *LOG, port=port):
        moved.store().apply([DRIVER, moved.view])
    chance = random.Random(1)  # noqa: S311
    for rows in sorted(chance.randrange(1, ENTITIES - BATCH) for _ in range(KILLS)):
        with redis_server(data, *LOG, port=port) as server:
            last = [None] * (ENTITIES // BATCH - 1) + [after(kill_at(server, rows))]
            store = FaultyStores({"online": {"write": last}}).around(moved.store())
            with pytest.raises((MaterializeError, StoreError)):
                store.materialize_incremental(moved.clock.now)
    with redis_server(data, *LOG, port=port):
        moved.store().materialize_incremental(moved.clock.now)
        assert ratings(moved.store()) == [
            max((n % 48 * -1, n / 7) for n in (2 * d, 2 * d + 1))[1] for d in range(ENTITIES)
        ]
