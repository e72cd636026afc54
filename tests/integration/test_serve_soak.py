"""Many reads during pushes and applies: no wrong value, no error.

By default there are 2,000 requests, with `make soak` and `make test-all` 100,000;
``PROVENDER_SOAK`` says how many.
"""

from __future__ import annotations

import os
import random
import threading
from datetime import timedelta

import httpx

from harness.tiers import examples
from provender import Field
from provender.types import Float64
from servers.feature_server import feature_server
from servers.served_project import NOW, make_project, views

REQUESTS = int(os.environ.get("PROVENDER_SOAK", examples(100_000, short=2_000)))
READERS = 4
DRIVERS = range(1000, 1008)


class Truth:
    """What was pushed of each driver: what was asked for, and what was acknowledged."""

    def __init__(self):
        self.begun = dict.fromkeys(DRIVERS, 0)
        self.done = dict.fromkeys(DRIVERS, 0)
        self.wrong = []
        self.reads = 0
        self.stop = threading.Event()


def value_of(driver, number):
    """Return the rating that the push of a number gives a driver."""
    return driver + number / 1024


def push_on(url, truth):
    """Push newer and newer rows, a few drivers at a time."""
    choose = random.Random(1)  # noqa: S311
    with httpx.Client(base_url=url, timeout=60) as client:
        while not truth.stop.is_set():
            chosen = choose.sample(DRIVERS, 3)
            for driver in chosen:
                truth.begun[driver] += 1
            numbers = [truth.begun[driver] for driver in chosen]
            rows = {
                "driver_id": chosen,
                "event_timestamp": [
                    (NOW + timedelta(microseconds=number)).isoformat() for number in numbers
                ],
                "rating": [value_of(d, n) for d, n in zip(chosen, numbers, strict=True)],
                "trips": numbers,
                "hours": [0.5] * len(chosen),
            }
            body = {"push_source_name": "driver_pushes", "df": rows}
            answer = client.post("/push", json=body)
            if answer.status_code != 200:
                truth.wrong.append(answer.text)
            for driver, number in zip(chosen, numbers, strict=True):
                truth.done[driver] = number


def apply_on(store, truth):
    """Add a feature to the view, and take it away again."""
    more = [(Field("hours", Float64),), ()]
    turn = 0
    while not truth.stop.is_set():
        store.apply(views(more[turn % 2]))
        turn += 1
        truth.stop.wait(0.05)


def read_on(url, truth, seed, count):
    """Read drivers, by references or by the service, and hold each answer against the truth."""
    choose = random.Random(seed)  # noqa: S311
    with httpx.Client(base_url=url, timeout=60) as client:
        for _ in range(count):
            chosen = choose.sample(DRIVERS, choose.randrange(1, 5))
            before = {driver: truth.done[driver] for driver in chosen}
            asked = choose.choice(
                [{"features": ["driver_stats:rating"]}, {"feature_service": "scoring"}]
            )
            body = {**asked, "entities": {"driver_id": chosen}}
            answer = client.post("/get-online-features", json=body)
            if answer.status_code != 200:
                truth.wrong.append(answer.text)
                continue
            ratings = answer.json()["results"][1]["values"]
            for driver, rating in zip(chosen, ratings, strict=True):
                number = 0 if rating is None else (rating - driver) * 1024
                if not before[driver] <= number <= truth.begun[driver] or number % 1:
                    told = f"{driver}: {rating}, pushed {before[driver]} to {truth.begun[driver]}"
                    truth.wrong.append(told)
            truth.reads += 1


def test_no_read_is_wrong_while_rows_are_pushed_and_definitions_change(tmp_path):
    config = {"registry": {"path": "registry.db", "cache_ttl_seconds": 0.2}}
    truth = Truth()
    with make_project(tmp_path, **config) as store, feature_server(tmp_path) as server:
        share = REQUESTS // READERS
        readers = [
            threading.Thread(target=read_on, args=(server.url, truth, seed, share))
            for seed in range(READERS)
        ]
        others = [
            threading.Thread(target=push_on, args=(server.url, truth)),
            threading.Thread(target=apply_on, args=(store, truth)),
        ]
        for thread in (*readers, *others):
            thread.start()
        for thread in readers:
            thread.join()
        truth.stop.set()
        for thread in others:
            thread.join()
        log = server.log.read_text()
    assert truth.wrong == []
    assert truth.reads == share * READERS
    assert min(truth.done.values()) > 0
    assert "Traceback" not in log
