"""Entity rows as they are staged in a warehouse: what is known of them is in µs."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from provender.clock import to_us
from provender.plugin import HistoricalPlan
from provender.plugin.sql.spine import numbered

DAYS = [datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)]
KINDS = [
    pa.timestamp("us", "UTC"),
    pa.timestamp("ns"),
    pa.timestamp("s", "Asia/Tokyo"),
    pa.date32(),
]


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_the_ends_of_instants_are_microseconds(kind):
    instants = pa.array([day.replace(tzinfo=None) for day in DAYS], pa.timestamp("us"))
    if pa.types.is_timestamp(kind) and kind.tz:
        instants = instants.cast(pa.timestamp("us", "UTC"))
    rows = pa.table({"label": [1, 2], "q": instants.cast(kind)})
    spine, facts = numbered(HistoricalPlan("q", ("label", "q"), ()), rows)
    assert (facts.first, facts.last) == (to_us(DAYS[1]), to_us(DAYS[0]))
    assert spine.table.column_names == ["__spine_1", "__order"]
    assert spine.table["__order"].to_pylist() == [0, 1]
    assert facts.schema == rows.schema
    whole, _ = numbered(HistoricalPlan("q", ("label", "q"), ()), rows, whole=True)
    assert whole.table.column_names == ["__spine_0", "__spine_1", "__order"]
