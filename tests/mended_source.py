"""A feature repository whose source is mended, and what is read of it online."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from provender import Entity, FeatureView, Field, FileSource, PushSource
from provender.testing.faults.plugin import FaultyStores
from provender.types import Int64

DRIVER = Entity(name="driver", join_keys=["driver_id"], value_type=Int64)
DRIVERS = [1, 2, 3, 4, 5, 6]
WRONG = [(1, 8, 10), (1, 7, 999), (2, 9, 20), (3, 10, 30), (4, 6, 40), (5, 3, 50), (6, 5, 60)]
MENDED = [(1, 8, 10), (2, 9, 21), (4, 6, 40), (5, 4, 51), (6, 5, None)]
"""The newest row of driver 1 is gone, the value of 2 is mended, 3 is gone, 4 is as it was, 5 moved
to an earlier instant, the value of 6 is null now."""
BEFORE = {1: 999, 2: 20, 3: 30, 4: 40, 5: 50, 6: 60}
AFTER = {1: 10, 2: 21, 4: 40, 5: 51, 6: None}


def view(
    name="stats",
    *,
    created=None,
    ttl=None,
    pushed=False,
    dtype=Int64,
    extra=(),
    entities=(DRIVER,),
):
    source = FileSource(name, name=name, timestamp_field="ts", created_timestamp_column=created)
    if pushed:
        source = PushSource(f"{name}_events", batch_source=source)
    schema = [Field("v", dtype), *extra]
    return FeatureView(name, source=source, entities=[*entities], schema=schema, ttl=ttl)


class Project:
    """A project whose views read folders of Parquet files."""

    def __init__(self, repository, instants) -> None:
        self.repository = repository
        self._instants = instants
        self.clock = repository.clock
        self.configure()

    def configure(self, *, cache_ttl=600, write_cache_ttl=0, **keys):
        registry = {
            "path": "registry.db",
            "cache_ttl_seconds": cache_ttl,
            "write_cache_ttl_seconds": write_cache_ttl,
        }
        self.repository.configure(registry=registry, **keys)

    def rows(self, found, view="stats", file="a", **more):
        drivers, hours, values = zip(*found, strict=True)
        columns = {"driver_id": list(drivers), "ts": self._instants(*hours), "v": list(values)}
        self.repository.rows(f"{view}/{file}.parquet", columns | more)

    def store(self, scripts=None):
        store = self.repository.store()
        return store if scripts is None else FaultyStores(scripts).around(store)

    def load(self, store=None, views=None):
        return (store or self.store()).materialize_incremental(self.clock(), views)

    def online(self, store=None, view="stats"):
        return served(store or self.store(), view)

    def tables(self):
        """Return the names of the online tables that exist."""
        with closing(sqlite3.connect(self.repository.path / "online.db")) as database:
            found = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            return sorted(name for (name,) in found)

    def documents(self):
        """Return the names of the registry's documents, but for the catalog."""
        names = self.store().stores.registry.names("test/")
        return sorted(name.removeprefix("test/") for name in names if name != "test/catalog")


def served(store, view="stats"):
    """Return the value of each driver that is found online."""
    answer = store.get_online_features([f"{view}:v"], {"driver_id": DRIVERS})
    return values(answer)


def values(answer):
    found = answer.to_dict(include_statuses=True)
    return {
        driver: value
        for driver, value, status in zip(DRIVERS, found["v"], found["v__status"], strict=True)
        if status != "NOT_FOUND"
    }


def at(call, fault):
    """Return the script by which a fault happens at a call."""
    role, method, number = call
    return {role: {method: [None] * (number - 1) + [fault]}}


def after_each(then):
    """Return a fault that does the call and then something else."""

    def fault(call, args):
        answer = call(*args)
        then()
        return answer

    return fault


@pytest.fixture
def project(repository, instants) -> Project:
    return Project(repository, instants)


@pytest.fixture
def mended(project) -> Project:
    """A project whose source was mended after it was loaded."""
    project.rows(WRONG)
    project.store().apply([DRIVER, view()])
    project.load()
    project.rows(MENDED)
    return project
