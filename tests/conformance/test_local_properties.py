"""Random joins and merges through the real local stores, held against the oracle."""

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.tiers import examples
from provender.definitions import FileSource
from provender.plugin import OnlineTable, ParquetSpine, TableSpine, Window
from provender.testing.oracle import explain_difference, explain_unordered, rows_in, rows_of
from provender.testing.strategies import join_problems, orders
from provender.testing.suites.offline.harness import OfflineHarness
from provender.testing.suites.offline.window_rules import expect_latest
from provender.testing.suites.online.base_suite import expect_merge
from provender.testing.suites.store_opener import StoreOpener

EXAMPLES = settings(
    max_examples=examples(100, 40),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


class FolderHarness(OfflineHarness):
    """Every table in a folder of its own, below one that is removed at the end."""

    def __init__(self):
        self.root = Path(tempfile.mkdtemp())
        super().__init__(StoreOpener("offline", "local", "duckdb", self.root))
        self.written = 0

    def source(self, table, **columns):
        return FileSource(self.spine_path(table), **columns)

    def spine_path(self, table):
        self.written += 1
        file = self.root / f"{self.written}.parquet"
        pq.write_table(table, file)
        return str(file)

    def leftovers(self):
        return []

    def clear(self):
        for file in self.root.glob("*.parquet"):
            file.unlink()


@pytest.fixture(scope="module")
def harness():
    harness = FolderHarness()
    yield harness
    harness.store.close()
    shutil.rmtree(harness.root)


@pytest.fixture(scope="module")
def online(tmp_path_factory):
    store = StoreOpener("online", "local", "sqlite", tmp_path_factory.mktemp("online")).open()
    yield store
    store.close()


@contextmanager
def cleared(harness):
    try:
        yield
    finally:
        harness.clear()


@EXAMPLES
@given(problem=join_problems())
def test_join_agrees_with_the_oracle(harness, problem):
    with cleared(harness):
        problem.check(harness, "the join agrees with the oracle")


@EXAMPLES
@given(problem=join_problems(known_column=True))
def test_join_of_rows_that_know_the_sources_as_of_their_own_instant(harness, problem):
    with cleared(harness):
        problem.check(harness, "the join agrees with the oracle")


@EXAMPLES
@given(problem=join_problems(nested=True))
def test_join_of_nested_features_agrees_with_the_oracle(harness, problem):
    with cleared(harness):
        problem.check(harness, "the join agrees with the oracle")


@settings(EXAMPLES, max_examples=examples(50, 20))
@given(data=st.data(), problem=join_problems())
def test_answer_does_not_depend_on_the_order_of_source_rows(harness, data, problem):
    with cleared(harness):
        plan = problem.stored(harness)
        shuffled = {}
        for view in problem.views:
            order = data.draw(orders(view.table.num_rows))
            rows = view.table.take(pa.array(order, pa.int64()))
            shuffled[view.view] = harness.source(
                rows, timestamp_field="event", created_timestamp_column=view.created
            )
        spine = TableSpine(problem.spine)
        one = rows_of(harness.store.historical(plan, spine))
        other = rows_of(harness.store.historical(problem.plan(shuffled), spine))
        assert explain_difference(one, other) is None, explain_difference(one, other)


@settings(EXAMPLES, max_examples=examples(30))
@given(problem=join_problems(), zone=st.sampled_from([None, "America/New_York", "Asia/Kolkata"]))
def test_spine_in_a_parquet_file_of_any_zone(harness, problem, zone):
    with cleared(harness):
        place = problem.spine.schema.get_field_index("q")
        stamps = problem.spine.column("q").cast(pa.timestamp("us", zone))
        stored = problem.spine.set_column(place, "q", stamps)
        spine = ParquetSpine(harness.spine_path(stored))
        problem.check(harness, "entity rows may be a Parquet file", spine)


@settings(EXAMPLES, max_examples=examples(50, 20))
@given(problem=join_problems(), data=st.data())
def test_windows_agree_with_the_oracle(harness, problem, data):
    with cleared(harness):
        view = problem.views[0]
        read = view.read(view.source(harness))
        stamps = view.table.column("event").cast(pa.int64()).to_pylist()
        edges = st.sampled_from([None, 0, *(us + late for us in stamps if us for late in (0, 1))])
        window = Window(*[data.draw(edges) for _ in range(4)])
        rows = rows_of(view.table)
        expect_latest(harness, read, window, rows, f"latest within {window}")
        keyed = [row for row in rows if None not in [row[key] for key in view.keys.values()]]
        got = rows_of(harness.store.rows(read, window))
        with_key = [row for row in got if None not in [row[key] for key in view.keys.values()]]
        difference = explain_unordered(rows_in(read, window, keyed), with_key)
        assert difference is None, difference


ONLINE_ROWS = st.tuples(
    st.sampled_from([b"a", b"b", b""]),
    st.sampled_from([-1, 0, 1, 2**53, 2**53 + 1]),
    st.sampled_from([0, 1, 2]),
    st.binary(max_size=2),
)


@settings(EXAMPLES, max_examples=examples(100, 40))
@given(batches=st.lists(st.lists(ONLINE_ROWS, max_size=6), max_size=6))
def test_online_merge_agrees_with_the_oracle(online, batches):
    table = OnlineTable("properties", "view")
    online.drop([table])
    online.prepare([table])
    expect_merge(online, table, batches, "the online merge agrees with the oracle")
