"""A read of online features over ASGI: decoded, checked and read once, and counted once."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from unittest.mock import Mock

import anyio
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from provender import FeatureView, FileSource
from provender.errors import StoreError
from provender.plugin import OnlineStore
from provender.server.routes import online as online_endpoint
from servers.served_project import make_project, served

PATH = "/get-online-features"
BODY = {"features": ["driver_stats:trips"], "entities": {"driver_id": [1]}}


@pytest.fixture
def store(tmp_path):
    return make_project(tmp_path, server={"breaker_failures": 5})


def watched(online, monkeypatch, *, at_once=True, failing=False):
    """Return what counts the reads of an online store, which may be made to fail or to wait."""
    kind = type(online)
    calls = Mock()
    if not at_once:
        monkeypatch.setattr(kind, "read_now", OnlineStore.read_now)
    for name in ("read_now", "read") if at_once else ("read",):
        plain = getattr(kind, name)

        def read(self, *asked, plain=plain):
            calls()
            if failing:
                raise StoreError("the disk is gone")
            return plain(self, *asked)

        monkeypatch.setattr(kind, name, read)
    return calls


def counted(metrics, line):
    found = [text for text in metrics.splitlines() if text.startswith(line)]
    return float(found[0].rpartition(" ")[2]) if found else 0.0


@pytest.mark.parametrize("at_once", [True, False])
def test_a_failing_store_counts_once(store, monkeypatch, at_once):
    calls = watched(store.stores.online, monkeypatch, at_once=at_once, failing=True)

    async def run():
        async with served(store) as client:
            answers = [(await client.post(PATH, json=BODY)).json()["error"] for _ in range(6)]
            return answers, (await client.get("/metrics")).text

    answers, metrics = anyio.run(run)
    assert ["circuit breaker" in answer["message"] for answer in answers] == [False] * 5 + [True]
    assert calls.call_count == 5
    assert counted(metrics, 'provender_store_errors_total{kind="failed"') == 5.0


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("rows", [1, 400])
def test_a_request_is_decoded_and_read_once(store, monkeypatch, at_once, rows):
    calls = watched(store.stores.online, monkeypatch, at_once=at_once)
    decoded = Mock(side_effect=online_endpoint.OnlineEndpoint._read)
    monkeypatch.setattr(
        online_endpoint.OnlineEndpoint, "_read", lambda *a, **named: decoded(*a, **named)
    )
    monkeypatch.setattr(online_endpoint, "_SMALL_ANSWER", 100)
    body = json.dumps(BODY | {"entities": {"driver_id": [1] * rows}})

    async def run():
        async with served(store) as client:
            for _ in range(3):
                answer = await client.post(
                    PATH, content=body, headers={"content-type": "application/json"}
                )
                assert answer.json()["results"][1]["values"] == [7] * rows

    anyio.run(run)
    assert (decoded.call_count, calls.call_count) == (3, 3)


def test_a_null_key_and_a_view_without_entities(tmp_path, instants):
    with make_project(tmp_path) as store:
        pq.write_table(pa.table({"ts": instants(5), "mood": ["good"]}), tmp_path / "world.parquet")
        source = FileSource("world.parquet", timestamp_field="ts")
        store.apply(FeatureView("world", source=source))
        store.materialize_incremental(datetime.now(UTC))

        async def answers():
            async with served(store) as client:
                keys = BODY | {"entities": {"driver_id": [1, None]}}
                nothing = {"features": ["world:mood"], "entities": {}}
                return [(await client.post(PATH, json=body)).json() for body in (keys, nothing)]

        keys, nothing = anyio.run(answers)
    assert keys["results"][1]["statuses"] == ["PRESENT", "NOT_FOUND"]
    assert nothing["results"][0]["values"] == ["good"]
