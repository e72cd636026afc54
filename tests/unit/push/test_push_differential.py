"""Any batches, in any order and repeated: both stores hold what the laws say."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.tiers import examples
from provender import Entity, FeatureView, Field, FileSource, PushSource
from provender.clock import to_us
from provender.plugin import OnlineTable, Window
from provender.plugin.contract.online_store import NO_CREATED_TIMESTAMP
from provender.testing.oracle.difference import explain_unordered
from provender.testing.oracle.identity import identity
from provender.testing.oracle.online import OnlineOracle
from provender.testing.oracle.rows import rows_of, table_of
from provender.testing.strategies.values import feature_types, key_types, values_of

FIXED = {
    "deadline": None,
    "derandomize": True,
    "database": None,
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
}
KEYS = range(4)
INSTANTS = [datetime(2026, 3, 1, hour, tzinfo=UTC) for hour in range(5)]
ROWS = st.fixed_dictionaries(
    {
        "id": st.sampled_from(KEYS),
        "ts": st.sampled_from(INSTANTS),
        "made": st.none() | st.sampled_from(INSTANTS),
        "speed": st.none() | st.integers(0, 9).map(float),
        "note": st.none() | st.sampled_from(["", "a", "ü"]),
    }
)
PUSHES = st.lists(
    st.tuples(st.lists(ROWS, min_size=1, max_size=5), st.sampled_from(["online", "both"])),
    min_size=1,
    max_size=6,
)


def in_bytes(row):
    """A row as the oracle takes it: what is served of it stands for its value."""
    made = NO_CREATED_TIMESTAMP if row["made"] is None else to_us(row["made"])
    value = repr((row["speed"], row["note"])).encode()
    return str(row["id"]).encode(), to_us(row["ts"]), made, value


@pytest.mark.integration
@settings(max_examples=examples(20), **FIXED)
@given(pushes=PUSHES, again=st.randoms(use_true_random=False))
def test_newest_wins_as_in_the_oracle(pushing, pushes, again):
    fresh(pushing)
    table, oracle = OnlineTable("oracle", "view"), OnlineOracle()
    for rows, to in [*pushes, *again.sample(pushes, len(pushes))]:
        pushing.store.push("events", rows, to=to)
        oracle.write(table, [in_bytes(row) for row in rows])
    names = ["speeds:speed", "notes:note"]
    found = pushing.store.get_online_features(names, {"driver_id": list(KEYS)}).to_dict()
    served = [repr(pair).encode() for pair in zip(found["speed"], found["note"], strict=True)]
    rows = oracle.read(table, [str(key).encode() for key in KEYS])
    assert served == [repr((None, None)).encode() if row is None else row[3] for row in rows]


def fresh(pushing):
    """Forget everything that was pushed."""
    definitions = [*pushing.store.list_entities(), *pushing.store.list_feature_views()]
    pushing.store.teardown()
    pushing.store.apply(definitions)


@pytest.mark.integration
@settings(max_examples=examples(30), **FIXED)
@given(data=st.data())
def test_values_of_every_type_come_back_as_they_were_pushed(repository, data):
    kind = data.draw(feature_types(), label="type")
    key_kind = data.draw(key_types(), label="key")
    values = data.draw(st.lists(values_of(kind), min_size=1, max_size=4), label="values")
    one = values_of(key_kind, nulls=False)
    keys = data.draw(
        st.lists(one, min_size=len(values), max_size=len(values), unique_by=repr), label="keys"
    )
    store, definitions = prepared(repository, kind, key_kind)
    rows = [
        {"k": key, "v": value, "ts": INSTANTS[0]} for key, value in zip(keys, values, strict=True)
    ]
    store.push("events", rows, to="both")
    read = store.refresh().view("typed").read()
    stored = rows_of(store.stores.offline.rows(read, Window()))
    assert explain_unordered([{"k": row["k"], "v": row["v"]} for row in rows], only(stored)) is None
    pushed = served(store, keys)
    store.teardown()
    store.apply(definitions)
    store.materialize_incremental(repository.clock())
    assert list(map(identity, pushed)) == list(map(identity, served(store, keys)))
    store.close()


def only(rows):
    return [{"k": row["k"], "v": row["v"]} for row in rows]


def served(store, keys):
    return store.get_online_features(["typed:v"], {"k": keys}).to_dict()["v"]


def prepared(repository, kind, key_kind):
    """Return a store with a view of one feature of a type, by keys of another, and both."""
    instant = pa.timestamp("us", "UTC")
    schema = pa.schema([("k", key_kind.arrow()), ("v", kind.arrow()), ("ts", instant)])
    shutil.rmtree(repository.path / "typed", ignore_errors=True)
    (repository.path / "typed").mkdir()
    pq.write_table(table_of([], schema), repository.path / "typed" / "first.parquet")
    entity = Entity("thing", join_keys=["k"], value_type=key_kind)
    source = PushSource("events", FileSource("typed", timestamp_field="ts"))
    view = FeatureView("typed", source=source, entities=[entity], schema=[Field("v", kind)])
    store = repository.store()
    store.teardown()
    store.apply([entity, view])
    return store, [entity, view]
