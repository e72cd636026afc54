"""A server whose store hangs or is gone, whose worker is killed, that is told to stop."""

from __future__ import annotations

import os
import signal
import threading
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from servers.feature_server import feature_server
from servers.redis import redis_server
from servers.served_project import NOW, make_project
from waiting import until

BODY = {"features": ["driver_stats:trips"], "entities": {"driver_id": [1]}}
LATER = NOW + timedelta(minutes=1)


def read(client):
    return client.post("/get-online-features", json=BODY)


def test_a_store_that_hangs_is_left_alone_and_taken_back_when_it_answers(tmp_path):
    limits = {"breaker_failures": 2, "breaker_pause": "4s", "deadline": "PT1S", "drain": "1s"}
    with redis_server(tmp_path) as redis:
        online = {"type": "redis", "url": redis.url, "retries": 0}
        make_project(tmp_path / "repo", online_store=online, server=limits).close()
        with feature_server(tmp_path / "repo") as server, server.client() as client:
            assert read(client).json()["results"][1]["values"] == [7]
            assert client.get("/ready").status_code == 200
            redis.process.send_signal(signal.SIGSTOP)
            try:
                late = read(client)
                assert (late.status_code, late.json()["error"]["type"]) == (504, "DeadlinePassed")
                assert read(client).status_code == 504
                refused = read(client)
                assert refused.status_code == 503
                assert int(refused.headers["retry-after"]) >= 1
                assert "circuit breaker" in refused.json()["error"]["message"]
                ready = client.get("/ready")
                assert (ready.status_code, ready.json()["ready"]) == (503, False)
                assert ready.json()["stores"]["online"]["reachable"] is False
                assert client.get("/health").status_code == 200
                assert "provender_store_errors_total" in client.get("/metrics").text
            finally:
                redis.process.send_signal(signal.SIGCONT)
            until(lambda: client.get("/ready").status_code == 200, "a server that is ready")
            until(lambda: read(client).status_code == 200, "a read that works")
            assert read(client).json()["results"][1]["values"] == [7]


def test_each_failed_read_counts_once(tmp_path):
    make_project(tmp_path, server={"breaker_failures": 3}).close()
    with feature_server(tmp_path) as server, server.client() as client:
        assert read(client).status_code == 200
        for file in tmp_path.glob("online.db*"):
            file.unlink()
        (tmp_path / "online.db").write_bytes(b"no database " * 1000)
        messages = [read(client).json()["error"]["message"] for _ in range(4)]
        assert ["circuit breaker" in message for message in messages] == [False, False, False, True]
        failed = 'provender_store_errors_total{kind="failed",store="online"} 3.0'
        assert failed in client.get("/metrics").text


def test_a_store_that_is_gone_is_told_without_its_address(tmp_path):
    limits = {"breaker_failures": 100, "drain": "1s"}
    with redis_server(tmp_path) as redis:
        online = {"type": "redis", "url": redis.url, "retries": 0}
        make_project(tmp_path / "repo", online_store=online, server=limits).close()
        with feature_server(tmp_path / "repo") as server, server.client() as client:
            assert read(client).status_code == 200
            redis.process.kill()
            redis.process.wait()
            gone = read(client)
            assert gone.status_code == 503
            assert str(redis.port) not in gone.text
            rows = {"driver_id": [1], "event_timestamp": [LATER.isoformat()]}
            rows |= {"rating": [1.0], "trips": [1]}
            push = {"push_source_name": "driver_pushes", "df": rows}
            assert client.post("/push", json=push).status_code == 503


def test_a_registry_that_is_gone_keeps_nobody_from_being_served(tmp_path):
    config = {"registry": {"path": "registry.db", "cache_ttl_seconds": 0.1}}
    make_project(tmp_path, **config).close()
    with feature_server(tmp_path) as server, server.client() as client:
        assert read(client).status_code == 200
        (tmp_path / "registry.db").write_bytes(b"no database " * 1000)
        registry = lambda: client.get("/ready").json()["stores"]["registry"]  # noqa: E731
        until(lambda: not registry()["reachable"], "a registry that is away")
        assert client.get("/ready").status_code == 200
        assert read(client).json()["results"][1]["values"] == [7]
        assert client.get("/runs/" + "0" * 16 + "-" + "0" * 16).status_code == 503


def test_requests_under_way_are_done_when_the_server_stops(tmp_path):
    make_project(tmp_path).close()
    answers = []
    with feature_server(tmp_path) as server, server.client() as client:
        began = threading.Event()

        def slowly():
            yield b'{"features": ["driver_stats:trips"], '
            began.set()
            until(lambda: b"Shutting down" in server.log.read_bytes(), "the end of the server")
            yield b'"entities": {"driver_id": [1]}}'

        def ask():
            media = {"content-type": "application/json"}
            answers.append(client.post("/get-online-features", content=slowly(), headers=media))

        asking = threading.Thread(target=ask)
        asking.start()
        assert began.wait(30)
        server.process.terminate()
        asking.join(30)
        server.process.wait(30)
    assert [answer.status_code for answer in answers] == [200]


class Pusher(threading.Thread):
    """Pushes rows of one driver, each newer than the one before, until told to stop."""

    def __init__(self, url, driver):
        super().__init__()
        self.url = url
        self.driver = driver
        self.stop = threading.Event()
        self.acknowledged = 0
        self.interrupted = 0

    def run(self):
        with httpx.Client(base_url=self.url, timeout=30) as client:
            number = 0
            while not self.stop.is_set():
                number += 1
                self.push(client, number)

    def push(self, client, number):
        instant = LATER + timedelta(milliseconds=number)
        rows = {"driver_id": [self.driver], "event_timestamp": [instant.isoformat()]}
        rows |= {"rating": [1.0], "trips": [number]}
        body = {"push_source_name": "driver_pushes", "df": rows}
        try:
            if client.post("/push", json=body).status_code == 200:
                self.acknowledged = number
        except httpx.TransportError:  # its worker was killed
            self.interrupted += 1


@pytest.mark.skipif(not os.path.isdir("/proc"), reason="workers are found in /proc")  # noqa: PTH112
def test_killed_workers_lose_no_acknowledged_push(tmp_path):
    with make_project(tmp_path) as store:
        with feature_server(tmp_path, "--workers", "2") as server:
            until(lambda: len(server.workers()) == 2, "two workers")
            pushers = [Pusher(server.url, driver) for driver in range(100, 104)]
            for pusher in pushers:
                pusher.start()
            for _ in range(3):
                for pusher in pushers:
                    done = pusher.acknowledged
                    on = lambda pusher=pusher, done=done: pusher.acknowledged > done  # noqa: E731
                    until(on, "a push that is acknowledged")
                before = server.workers()
                server.kill_a_worker()
                new = lambda before=before: set(server.workers()) - set(before)  # noqa: E731
                until(lambda new=new: len(new()) == 1, "another worker")
            for pusher in pushers:
                pusher.stop.set()
                pusher.join(60)
        drivers = {"driver_id": [pusher.driver for pusher in pushers]}
        found = store.get_online_features(["driver_stats:trips"], drivers).to_dict()["trips"]
    assert sum(pusher.interrupted for pusher in pushers) > 0
    for pusher, trips in zip(pushers, found, strict=True):
        assert trips >= pusher.acknowledged > 0


def test_the_metrics_of_all_workers_are_summed(tmp_path):
    make_project(tmp_path).close()
    with feature_server(tmp_path, "--workers", "2") as server:
        for _ in range(20):
            with server.client() as client:
                assert read(client).status_code == 200
        with server.client() as client:
            until(lambda: served(client) == 20, "twenty reads in the metrics")
        begun = datetime.now(UTC)
        with server.client() as client:
            asked = {"end_ts": begun.isoformat()}
            run = client.post("/materialize-incremental", json=asked).json()
        seen = []
        until(lambda: seen.append(state(server, run)) or seen[-1] == "succeeded", "the run")
        assert "lost" not in seen


def served(client):
    """Return how many values all workers served."""
    lines = client.get("/metrics").text.splitlines()
    found = [line for line in lines if line.startswith("provender_online_values_total")]
    return sum(float(line.split()[-1]) for line in found)


def state(server, run):
    """Ask on a connection of its own, so that any worker answers."""
    with server.client() as client:
        return client.get(f"/runs/{run['id']}").json()["state"]
