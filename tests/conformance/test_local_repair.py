"""Random histories of a source and of its online rows, repaired and held against the oracle."""

from datetime import timedelta

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.tiers import examples
from provender import Entity, FeatureView, FileSource
from provender.clock import from_us, to_us
from provender.online.keys import KeyCodec
from provender.online.values import ValueReader
from provender.plugin.contract.online_store import NO_CREATED_TIMESTAMP
from provender.plugin.contract.plan import CREATED_TIMESTAMP, EVENT_TIMESTAMP, Window
from provender.testing.oracle.identity import identity
from provender.testing.oracle.window import latest
from provender.types import Int64

DRIVER = Entity("driver", join_keys=["driver_id"])

HOURS = st.integers(-1, 5)
"""Event timestamps, before noon; one is in the future."""
CREATED = st.none() | st.integers(0, 2)
SCHEMA = {
    "driver_id": pa.int64(),
    "ts": pa.timestamp("us", "UTC"),
    "made": pa.timestamp("us", "UTC"),
    "wind": pa.int64(),
}
ROWS = st.lists(st.tuples(st.integers(1, 4), HOURS, CREATED, st.integers(0, 9)), max_size=9)


def history(repository, rows, instants):
    """Write the source, and return its rows."""
    numbers, hours, created, wind = zip(*rows, strict=True) if rows else [()] * 4
    columns = [numbers, instants(*hours), instants(*created), wind]
    table = pa.table(dict(zip(SCHEMA, columns, strict=True)), pa.schema(SCHEMA))
    repository.rows("stats.parquet", dict(zip(SCHEMA, table.columns, strict=True)))
    return table.to_pylist()


def stored(store, found, number):
    (key,) = KeyCodec([("driver_id", Int64)]).encode_values({"driver_id": [number]}, 1)
    (row,) = store.stores.online.read(found.table, [key])
    return row


def online_row(store, found, number):
    """Return a row as the oracle has it."""
    row = stored(store, found, number)
    if row is None:
        return None
    reader = ValueReader({found.layout.fingerprint: found.layout}, found.layout.columns)
    values = dict(zip(dict(found.layout.columns), reader.pick(reader.unpack(row[3])), strict=True))
    created = None if row[2] == NO_CREATED_TIMESTAMP else from_us(row[2])
    stamps = {EVENT_TIMESTAMP: from_us(row[1]), CREATED_TIMESTAMP: created}
    return {**stamps, "driver_id": number, **values}


@pytest.mark.parametrize(("created", "hours"), [(None, None), ("made", None), ("made", 3)])
def test_any_history_is_as_a_first_materialization_would_have_it(
    repository, instants, created, hours
):
    """The rows of the entities are those that the oracle allows; all others stay as they are."""
    repository.rows("stats.parquet", {n: pa.array([], k) for n, k in SCHEMA.items()})
    ttl = None if hours is None else timedelta(hours=hours)
    store = repository.store()
    source = FileSource("stats.parquet", timestamp_field="ts", created_timestamp_column=created)
    store.apply([DRIVER, FeatureView("stats", source=source, entities=[DRIVER], ttl=ttl)])
    found = store.refresh().view("stats")
    now = to_us(repository.clock())
    window = Window(None if hours is None else now - found.view.ttl_us, now)

    @settings(max_examples=examples(300, 40), derandomize=True)
    @given(before=ROWS, pushed=ROWS, after=ROWS, chosen=st.sets(st.integers(1, 4), min_size=1))
    def check(before, pushed, after, chosen):
        store.stores.online.drop([found.table])
        store.stores.online.prepare([found.table])
        for rows in (before, pushed):
            if rows:
                store.write_to_online_store("stats", history(repository, rows, instants))
        untouched = {n: stored(store, found, n) for n in {1, 2, 3, 4} - chosen}
        source = history(repository, after, instants)
        (report,) = store.repair([{"driver_id": n} for n in chosen])
        assert report.entities == len(chosen)
        allowed = latest(found.read(), window, source)
        for number in chosen:
            rows = allowed.get((identity(number),), [])
            assert online_row(store, found, number) in (rows or [None])
        assert {n: stored(store, found, n) for n in untouched} == untouched
        assert store.repair([{"driver_id": n} for n in chosen])[0].equal == len(chosen)

    check()
