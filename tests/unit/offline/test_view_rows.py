"""Rows of one view: what plain Python finds, in every mode."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import NOON
from harness.tiers import examples
from provender import Entity, FeatureView, Field, FileSource
from provender.errors import NotFound, RequestError
from provender.types import Int64, String, Uuid

DRIVER = Entity(name="driver", join_keys=["driver_id"], value_type=Int64)
SECOND = timedelta(seconds=1)
INSTANT = pa.timestamp("us", "UTC")


def at(second):
    return None if second is None else NOON + second * SECOND


def opened(repository, rows, ttl=None, name="v"):
    """Return a store whose one view has rows of (driver, event, created, value)."""
    drivers, events, created, values = zip(*rows, strict=True) if rows else ([], [], [], [])
    columns = {
        "driver_id": pa.array(drivers, pa.int64()),
        "ts": pa.array([at(e) for e in events], INSTANT),
        "written": pa.array([at(c) for c in created], INSTANT),
        "value": pa.array(values, pa.int64()),
    }
    repository.rows("v.parquet", columns)
    source = FileSource("v.parquet", timestamp_field="ts", created_timestamp_column="written")
    view = FeatureView(
        name,
        source=source,
        entities=[DRIVER],
        schema=[Field("value", Int64)],
        ttl=None if ttl is None else ttl * SECOND,
    )
    store = repository.store()
    store.apply([DRIVER, view])
    return store


ROWS = st.lists(
    st.tuples(
        st.none() | st.integers(1, 3),
        st.none() | st.integers(-9, 9),
        st.none() | st.integers(-9, 9),
        st.none() | st.integers(0, 99),
    ),
    max_size=12,
)
BOUNDS = st.none() | st.integers(-10, 10)
MANY = settings(
    max_examples=examples(25),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def there(rows, start, end, known):
    """Return the rows that exist in a window: keys and event timestamps are not null."""
    return [
        row
        for row in rows
        if row[0] is not None
        and row[1] is not None
        and (start is None or row[1] >= start)
        and row[1] <= end
        and (known is None or row[2] is None or row[2] <= known)
    ]


def winner(rows):
    """Return the row that wins among those of one entity: its instant, then its creation."""
    return max(rows, key=lambda row: (row[1], row[2] is not None, row[2] or 0))


@MANY
@given(rows=ROWS, start=BOUNDS, end=st.integers(-10, 10), known=BOUNDS)
def test_events_are_all_rows_of_the_window(repository, rows, start, end, known):
    start = start if start is None else min(start, end)
    store = opened(repository, rows)
    found = store.get_view_rows("v", start=at(start), end=at(end), known_at=at(known))
    got = found.to_arrow()
    assert got.column_names == ["event_timestamp", "driver_id", "value"]
    expected = [(at(e), d, v) for d, e, _, v in there(rows, start, end, known)]
    came = [tuple(row.values()) for row in got.to_pylist() if row["driver_id"] is not None]
    assert sorted(came, key=repr) == sorted(expected, key=repr)


@pytest.mark.integration
@MANY
@given(rows=ROWS, end=st.integers(-10, 10), ttl=st.none() | st.integers(1, 9), known=BOUNDS)
def test_a_snapshot_is_what_a_join_at_its_instant_finds(repository, rows, end, ttl, known):
    store = opened(repository, rows, ttl)
    found = store.get_view_rows("v", end=at(end), mode="snapshot", known_at=at(known)).to_arrow()
    came = {row["driver_id"]: row["event_timestamp"] for row in found.to_pylist()}
    alive = there(rows, None if ttl is None else end - ttl, end, known)
    drivers = {row[0] for row in alive}
    assert came == {d: at(winner([r for r in alive if r[0] == d])[1]) for d in drivers}
    spine = pa.table(
        {"driver_id": sorted(drivers), "q": pa.array([at(end)] * len(drivers), INSTANT)}
    )
    if drivers:
        joined = store.get_historical_features(
            spine, ["v"], timestamp_field="q", known_at=at(known)
        ).to_arrow()
        values = dict(
            zip(joined["driver_id"].to_pylist(), joined["value"].to_pylist(), strict=True)
        )
        assert {row["driver_id"]: row["value"] for row in found.to_pylist()} == values


@pytest.mark.integration
@MANY
@given(rows=ROWS, end=st.integers(-10, 10), ttl=st.none() | st.integers(1, 9), known=BOUNDS)
def test_ranges_hold_what_a_join_finds_at_every_instant(repository, rows, end, ttl, known):
    store = opened(repository, rows, ttl)
    found = store.get_view_rows("v", end=at(end), mode="ranges", known_at=at(known)).to_arrow()
    assert found.column_names == ["driver_id", "valid_from", "valid_to", "value"]
    ranges = found.to_pylist()
    begins = sorted({(r[0], r[1]) for r in there(rows, None, end, known)})
    assert [(r["driver_id"], r["valid_from"]) for r in ranges] == [(d, at(e)) for d, e in begins]
    asked = [(d, at(q)) for d in (1, 2, 3) for q in range(-10, end + 1)]
    if not asked:
        return
    drivers, instants = zip(*asked, strict=True)
    spine = pa.table({"driver_id": list(drivers), "q": pa.array(instants, INSTANT)})
    joined = store.get_historical_features(
        spine, ["v"], timestamp_field="q", known_at=at(known)
    ).to_arrow()
    for (driver, instant), value in zip(asked, joined["value"].to_pylist(), strict=True):
        holding = [
            r
            for r in ranges
            if r["driver_id"] == driver
            and r["valid_from"] <= instant
            and (r["valid_to"] is None or instant < r["valid_to"])
        ]
        assert len(holding) <= 1
        assert (holding[0]["value"] if holding else None) == value


@pytest.fixture
def store(repository):
    return opened(repository, [(1, -5, 0, 7), (1, -3, 0, 8), (2, -4, 0, 9)])


def test_the_present_is_the_end(store, clock, tmp_path):
    assert store.get_view_rows("v", mode="snapshot").to_arrow().num_rows == 2
    clock.advance(seconds=-4)
    assert sorted(store.get_view_rows("v").to_df()["value"]) == [7, 9]
    assert store.get_view_rows("v", mode="ranges").to_parquet(tmp_path / "r.parquet") == 2


def test_what_does_not_fit_is_told(store, repository):
    with pytest.raises(NotFound, match="valeu"):
        store.get_view_rows("v", ["valeu"])
    with pytest.raises(RequestError, match="unknown mode") as told:
        store.get_view_rows("v", mode="all")
    assert "snapshot" in str(told.value)
    repository.rows("w.parquet", {"driver_id": [1], "ts": [NOON], "valid_to": [1]})
    source = FileSource("w.parquet", timestamp_field="ts")
    fields = [Field("valid_to", Int64)]
    store.apply([FeatureView("w", source=source, entities=[DRIVER], schema=fields)])
    with pytest.raises(RequestError, match="name of a feature"):
        store.get_view_rows("w", mode="ranges")
    with pytest.raises(RequestError, match="no created timestamp"):
        store.get_view_rows("w", known_at=NOON)


def test_some_features(store):
    assert store.get_view_rows("v", []).to_arrow().column_names == ["event_timestamp", "driver_id"]


def test_a_range_ends_just_after_its_last_instant(repository):
    store = opened(repository, [(1, -5, -5, 7)], ttl=2)
    found = store.get_view_rows("v", mode="ranges", end=at(0)).to_arrow()
    assert found["valid_to"].to_pylist() == [at(-3) + timedelta(microseconds=1)]


def test_an_inverted_range_is_refused(repository):
    store = opened(repository, [(1, 0, 0, 1)])
    for call in (store.get_view_rows, store.get_view_statistics):
        with pytest.raises(RequestError, match="the start is after the end"):
            call("v", start=at(1), end=at(0))
    with pytest.raises(RequestError, match="the start is after the end"):
        store.get_view_rows("v", start=at(9))  # the end is the present
    assert store.get_view_rows("v", start=at(0), end=at(0)).to_arrow().num_rows == 1


@pytest.mark.parametrize("kind", [Int64, String, Uuid])
@pytest.mark.parametrize("mode", ["snapshot", "ranges"])
def test_rows_are_sorted_by_their_keys(repository, kind, mode):
    numbers = [n * 7919 % 1009 for n in range(200)]  # in no order
    keys = {
        "Int64": pa.array(numbers),
        "String": pa.array(map(str, numbers)),
        "Uuid": pa.array([uuid.UUID(int=number).bytes for number in numbers], pa.binary(16)),
    }[kind.name]
    columns = {"driver_id": keys, "ts": pa.array([NOON] * 200, INSTANT), "value": numbers}
    repository.rows("v.parquet", columns)
    store = repository.store()
    driver = Entity(name="driver", join_keys=["driver_id"], value_type=kind)
    source = FileSource("v.parquet", timestamp_field="ts")
    fields = [Field("value", Int64)]
    store.apply([driver, FeatureView("v", source=source, entities=[driver], schema=fields)])
    found = store.get_view_rows("v", mode=mode).to_arrow()
    texts = sorted(numbers, key=str) if kind == String else sorted(numbers)
    assert found.column("value").to_pylist() == texts
    assert found.schema.field("driver_id").type == kind.arrow()
