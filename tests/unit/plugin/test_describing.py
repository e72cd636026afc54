"""The figures of rows are those that plain Python finds."""

from __future__ import annotations

import math
import statistics
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.tiers import examples
from provender import types
from provender.errors import StoreError
from provender.plugin.contract.plan import EVENT_TIMESTAMP
from provender.plugin.statistics import describe
from provender.types import Array, Bool, Date, Float64, Int64, String, UnixTimestamp, Uuid

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def figures(kind, values):
    """Return the figures of one column."""
    instants = [NOON + timedelta(seconds=n) for n in range(len(values))]
    table = pa.table(
        {
            EVENT_TIMESTAMP: pa.array(instants, pa.timestamp("us", "UTC")),
            "odd name; --": _column(values, kind),
        }
    )
    found = describe("view", table.to_reader(), [("odd name; --", kind)])
    assert found.rows == len(values)
    assert (found.first, found.last) == ((instants[0], instants[-1]) if values else (None, None))
    return found.columns[0]


def _column(values, kind):
    stored = getattr(kind.arrow(), "storage_type", kind.arrow())
    return pa.array(values, stored).cast(kind.arrow())


@settings(deadline=None, max_examples=examples(40))
@given(st.lists(st.none() | st.integers(-(2**62), 2**62), max_size=30))
def test_integers(values):
    found = figures(Int64, values)
    there = sorted(value for value in values if value is not None)
    assert found.nulls == values.count(None)
    assert found.distinct == len(set(there))
    if there:
        assert found.quantiles[0.0] == there[0]
        assert found.quantiles[1.0] == there[-1]
        assert found.quantiles[0.5] == statistics.median_low(there)
        assert sum(b.count for b in found.bins) == len(there)
        assert len(found.bins) == (12 if float(there[0]) < float(there[-1]) else 1)


@settings(deadline=None, max_examples=examples(40))
@given(st.lists(st.none() | st.floats(), max_size=30))
def test_floats(values):
    found = figures(Float64, values)
    there = [value for value in values if value is not None]
    assert found.nans == sum(map(math.isnan, there))
    finite = [value for value in there if math.isfinite(value)]
    assert sum(b.count for b in found.bins) == len(finite)
    if finite:
        assert (found.quantiles[0.0], found.quantiles[1.0]) == (min(finite), max(finite))


def test_bins_are_of_one_width_and_the_last_has_its_end():
    bins = figures(Int64, list(range(25))).bins
    assert [b.count for b in bins] == [2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3]
    assert (bins[0].low, bins[-1].high) == (0.0, 24.0)


def test_texts_have_their_commonest_values():
    found = figures(String, ["b", "a", "b", None, "c", "a", "b"])
    assert [(b.low, b.count) for b in found.bins] == [("b", 3), ("a", 2), ("c", 1)]
    assert (found.distinct, found.quantiles) == (3, {})
    assert figures(Bool, [True, None]).distinct == 1


def test_instants_and_dates():
    found = figures(UnixTimestamp, [NOON, None, NOON + timedelta(days=12)])
    assert found.quantiles[1.0] == NOON + timedelta(days=12)
    assert found.bins[0].low == NOON
    assert figures(Date, [NOON.date()]).quantiles[0.5] == NOON.date()


def test_lists_are_counted():
    found = figures(Array(Int64), [[1], None, [1]])
    assert (found.nulls, found.distinct, found.bins) == (1, None, ())


def test_floats_whose_distance_is_beyond_all_floats_have_bars():
    most = 1.7976931348623157e308
    bins = figures(Float64, [most, -most, 0.0]).bins
    assert [b.count for b in bins] == [1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
    assert (bins[0].low, bins[6].low, bins[-1].high) == (-most, 0.0, most)
    assert sum(b.count for b in figures(Float64, [0.0, 5e-324]).bins) == 2


def test_bars_are_exact_where_floats_are_not():
    """The least value lies in the first bar, though its text has more digits than a float keeps."""
    least = Decimal("0.12345678901234567890123456789012345678")
    kind = types.Decimal(38, 38)
    bins = figures(kind, [least, least + Decimal(10) ** -38]).bins
    assert [b.count for b in bins] == [2]
    bins = figures(kind, [least, least * 2, least * 7]).bins
    assert [b.count for b in bins] == [1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1]


def test_an_error_of_the_store_stays_what_it_is():
    schema = pa.schema([(EVENT_TIMESTAMP, pa.timestamp("us", "UTC"))])

    def batches():
        yield pa.RecordBatch.from_pylist([], schema)
        raise StoreError("the warehouse failed")

    with pytest.raises(StoreError, match="the warehouse failed"):
        describe("view", pa.RecordBatchReader.from_batches(schema, batches()), [])


def test_uuids_are_uuids():
    known = uuid.UUID(int=7)
    assert [b.low for b in figures(Uuid, [known.bytes, known.bytes]).bins] == [known]


def test_nothing():
    assert figures(Int64, []).bins == ()
