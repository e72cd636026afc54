"""Whatever a store does wrong while rows are moved: nothing is lost, nothing goes back."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.tiers import examples
from provender import Entity, FeatureView, FileSource
from provender.clock import to_us
from provender.errors import MaterializeError, ProvenderError
from provender.tables.ledger import LedgerBook
from provender.testing.faults import halves, raises, repeats, times_out
from provender.testing.faults.plugin import FaultyStores
from provender.types import Int64

pytestmark = pytest.mark.integration  # each fault is a whole run

DRIVER = Entity(name="driver", join_keys=["driver_id"], value_type=Int64)
VIEWS = ("first", "second")
BEFORE = {"first": {1: 10, 2: 20}, "second": {1: 10, 2: 20}}
AFTER = {"first": {1: 10, 2: 21, 3: 30, 4: 40}, "second": {1: 10, 2: 21, 3: 30, 4: 40}}
CALLS = [
    ("offline", "latest", 1),
    ("offline", "latest", 2),
    ("online", "prepare", 1),
    *[("online", "write", number) for number in (1, 2, 4)],
    *[("registry", "read", number) for number in (1, 2, 3)],
    ("registry", "replace", 1),
    ("registry", "replace", 2),
]
FAULTS = {
    "raises": raises,
    "lost": lambda: times_out(done=False),
    "done and lost": lambda: times_out(done=True),
    "halved": halves,
    "done twice": repeats,
}
RUNS = {
    "materialize": lambda store, noon: store.materialize(noon - timedelta(days=9), noon),
    "incremental": lambda store, noon: store.materialize_incremental(noon),
}


@pytest.fixture
def loaded(repository, instants):
    """Two views of one source: some rows are moved, and then more have come, one of them late."""

    def rows(file, keys, hours, created, values):
        ids = pa.array(keys, pa.int64())
        stamps = {"ts": instants(*hours), "created": instants(*created)}
        repository.rows(f"stats/{file}.parquet", {"driver_id": ids, "v": values, **stamps})

    repository.configure(materialization={"batch_rows": 1})
    rows("a", [1, 2, 2], [5, 6, 8], [4, 4, 4], [10, 20, 19])
    source = FileSource("stats", timestamp_field="ts", created_timestamp_column="created")
    store = repository.store()
    views = [FeatureView(name, source=source, entities=[DRIVER]) for name in VIEWS]
    store.apply([DRIVER, *views])
    store.materialize_incremental(repository.clock() - timedelta(hours=3))
    assert online(store) == BEFORE
    rows("b", [2, 3, 4, 1], [1, 2, 7, 9], [1, 1, 1, 1], [21, 30, 40, 9])
    return store


def faulty(repository, script):
    return FaultyStores(script).around(repository.store())


def online(store):
    found = {}
    for view in VIEWS:
        keys = [1, 2, 3, 4, 5]
        values = store.get_online_features([f"{view}:v"], {"driver_id": keys}).to_dict()["v"]
        found[view] = {key: v for key, v in zip(keys, values, strict=True) if v is not None}
    return found


def check_midway(store, noon):
    """Each row is the old one or the new one, and what the ledger covers is there."""
    ledgers = LedgerBook(store.stores.registry)
    for view, values in online(store).items():
        before, after = BEFORE[view], AFTER[view]
        assert all(values[key] in (before.get(key), after[key]) for key in values)
        assert set(before) <= set(values), "nothing is lost"
        ledger = ledgers.load(store.refresh().view(view))
        moved = ledger.covered[-1][1] > to_us(noon - timedelta(hours=3))
        assert not moved or values == after, "the ledger is advanced only after the write"


@pytest.mark.values(24)
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call[0]} {call[1]} {call[2]}")
@pytest.mark.parametrize("run", RUNS)
def test_a_run_with_a_fault_and_a_rerun_do_what_one_run_does(repository, loaded, run, call, fault):
    role, method, number = call
    script = {role: {method: [None] * (number - 1) + [FAULTS[fault]()]}}
    store = faulty(repository, script)
    with suppress(ProvenderError):
        RUNS[run](store, repository.clock())
    assert len([c for c in getattr(store.stores, role).calls if c.method == method]) >= number
    check_midway(loaded, repository.clock())
    RUNS[run](store, repository.clock())
    assert online(loaded) == AFTER


@pytest.mark.parametrize("method", ["latest", "prepare", "write"])
def test_a_fault_of_one_view_leaves_the_other_moved(repository, loaded, method):
    role = "offline" if method == "latest" else "online"
    store = faulty(repository, {role: {method: [raises()]}})
    with pytest.raises(MaterializeError, match="1 of 2 feature views") as caught:
        store.materialize_incremental(repository.clock())
    assert "first: the store failed on purpose" in str(caught.value)
    assert online(loaded) == {"first": BEFORE["first"], "second": AFTER["second"]}


SCRIPTS = st.fixed_dictionaries(
    {
        role: st.fixed_dictionaries(
            {
                method: st.lists(st.none() | st.sampled_from(sorted(FAULTS)), max_size=6)
                for of, method in dict.fromkeys((of, method) for of, method, _ in CALLS)
                if of == role
            }
        )
        for role in ("offline", "online", "registry")
    }
)


@pytest.mark.integration
@settings(
    max_examples=examples(25),
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(script=SCRIPTS, runs=st.lists(st.sampled_from(sorted(RUNS)), min_size=1, max_size=4))
def test_any_number_of_faults_in_any_number_of_runs_lose_nothing(repository, loaded, script, runs):
    rewind(repository, loaded)
    faults = {
        role: {name: [f and FAULTS[f]() for f in fs] for name, fs in methods.items()}
        for role, methods in script.items()
    }
    store = faulty(repository, faults)
    for run in runs:
        with suppress(ProvenderError):
            RUNS[run](store, repository.clock())
        check_midway(loaded, repository.clock())
    store.close()
    loaded.materialize_incremental(repository.clock())
    assert online(loaded) == AFTER


def rewind(repository, store):
    """Be again where the first run left everything."""
    late = repository.path / "stats" / "b.parquet"
    away = late.rename(repository.path / "b.away")
    definitions = [*store.list_entities(), *store.list_feature_views()]
    store.teardown()
    store.apply(definitions)
    store.materialize_incremental(repository.clock() - timedelta(hours=3))
    away.rename(late)
    assert online(store) == BEFORE


@pytest.mark.parametrize("run", RUNS)
def test_a_run_beside_another_hides_no_late_row_of_either(repository, loaded, instants, run):
    """While one run writes, a late row comes for it, and another run sees a newer one elsewhere."""

    def meanwhile(call, args):
        call(*args)
        stamps = {"ts": instants(2, 6), "created": instants(0.9, 0.5)}
        columns = {"driver_id": pa.array([7, 8], pa.int64()), "v": [70, 80], **stamps}
        repository.rows("stats/c.parquet", columns)
        other = repository.store()
        other.materialize_incremental(repository.clock() - timedelta(hours=4))

    store = faulty(repository, {"online": {"write": [None] * 4 + [meanwhile]}})
    RUNS[run](store, repository.clock())
    loaded.materialize_incremental(repository.clock())
    values = loaded.get_online_features(["second:v"], {"driver_id": [7, 8]}).to_dict()["v"]
    assert values == [70, 80]
