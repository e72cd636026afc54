"""Rules of the offline suite: values and instants survive exactly."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from provender.clock import to_us
from provender.errors import SourceError
from provender.plugin import TableSpine, Window, read_schema
from provender.plugin.contract.plan import CREATED_TIMESTAMP, EVENT_TIMESTAMP
from provender.testing.oracle.difference import explain_difference, explain_unordered
from provender.testing.oracle.rows import rows_of
from provender.testing.oracle.window import rows_in
from provender.testing.suites.capabilities import needs
from provender.testing.suites.examples import EXAMPLES, ZEROS, example_types
from provender.testing.suites.offline.base_suite import OfflineSuiteBase
from provender.testing.suites.offline.harness import OfflineHarness
from provender.testing.suites.offline.join_case import JoinCase, ViewRows
from provender.testing.suites.offline.tables import (
    DAY,
    HOUR,
    NOON,
    rows_table,
    spine_of,
    view_of,
)
from provender.testing.suites.store_suite import expect_equal, expect_no
from provender.types import FeatureType, Float32, Float64, UnixTimestamp

if TYPE_CHECKING:
    import pyarrow as pa

_VALUES = [pytest.param(kind, value, id=f"{kind}, {label}") for kind, label, value in EXAMPLES]
_TYPES = [pytest.param(kind, id=str(kind)) for kind in example_types()]


def _offset(*moment: int) -> int:
    return to_us(datetime(*moment, tzinfo=UTC)) - NOON  # type: ignore[misc,arg-type]


_MOMENTS = [
    pytest.param(offset, id=label)
    for label, offset in [
        ("1970", -NOON),
        ("1 µs before 1970", -NOON - 1),
        ("1900", _offset(1900, 1, 1)),
        ("before the range of nanoseconds", _offset(1600, 2, 29)),
        ("beyond the range of nanoseconds", _offset(2400, 2, 29)),
        ("spring forward in New York", _offset(2024, 3, 10, 7)),
        ("the hour that New York has twice", _offset(2024, 11, 3, 5, 30)),
        ("the same hour for the second time", _offset(2024, 11, 3, 6, 30)),
        ("spring forward in Berlin", _offset(2024, 3, 31, 1)),
        ("the end of a leap day", _offset(2024, 2, 29, 23, 59, 59, 999_999)),
        ("half a second with odd µs", 500_001),
    ]
]
_STORED = [
    pytest.param(unit, zone, id=f"{unit} {zone or 'naive'}")
    for unit in ("s", "ms", "us", "ns")
    for zone in (None, "UTC", "America/New_York", "Asia/Kolkata")
]

_MICROS = [1_700_000_000_123_457, 951_782_400_000_001, -86_400_000_001]
"""Instants that end in odd µs, also before 1970."""


def _stored_as(unit: str, zone: str | None) -> tuple[pa.Array, list[int]]:
    """Return instants in a unit, and what they are in µs; ns have some digits more than that."""
    import pyarrow as pa

    if unit == "date":
        days = [us // DAY for us in _MICROS]
        return pa.array(days, pa.int32()).cast(pa.date32()), [day * DAY for day in days]
    if unit == "ns":
        finer = [us * 1_000 + (999 if us > 0 else 0) for us in _MICROS]
        return pa.array(finer, pa.int64()).cast(pa.timestamp(unit, zone)), _MICROS
    size = {"s": 1_000_000, "ms": 1_000, "us": 1}[unit]
    ticks = [us // size for us in _MICROS]
    stored = pa.array(ticks, pa.int64()).cast(pa.timestamp(unit, zone))
    return stored, [tick * size for tick in ticks]


class OfflineTypeRules(OfflineSuiteBase):
    """Every type and every value comes out as it went in."""

    @pytest.mark.parametrize(("kind", "value"), _VALUES)
    def test_value_survives_the_join(
        self, harness: OfflineHarness, kind: FeatureType, value: Any
    ) -> None:
        """The value, a null beside it, and no row at all."""
        table = rows_table((1, value, -1, 0), (2, None, -1, 0), value=kind)
        problem = JoinCase(spine_of((3, 0), (2, 0), (1, 0), (1, -2)), (view_of(table),))
        problem.check(harness, f"a value of type {kind} survives the join")

    @pytest.mark.parametrize(("kind", "value"), _VALUES)
    def test_value_survives_reading(
        self, harness: OfflineHarness, kind: FeatureType, value: Any
    ) -> None:
        """`latest` and `rows` give the value, and a null for a null."""
        table = rows_table((1, value, -1, 0), (2, None, -2, None), value=kind)
        view = view_of(table)
        read = view.read(view.source(harness))
        wanted = rows_in(read, Window(), rows_of(table))
        for reader in (harness.store.latest(read, Window()), harness.store.rows(read, Window())):
            expect_equal(reader.schema, read_schema(read), "the schema is that of read_schema")
            difference = explain_unordered(wanted, rows_of(reader))
            expect_no(difference, f"a value of type {kind} survives reading")

    @pytest.mark.parametrize("kind", _TYPES)
    def test_column_of_nothing_but_nulls(self, harness: OfflineHarness, kind: FeatureType) -> None:
        """The type is kept though no value shows it."""
        table = rows_table((1, None, -1, 0), (2, None, -1, 0), value=kind)
        problem = JoinCase(spine_of((1, 0), (3, 0)), (view_of(table),))
        problem.check(harness, f"nulls of type {kind} survive")

    @pytest.mark.parametrize("kind", _TYPES)
    def test_ties_between_values_of_any_type_are_settled_the_same_way(
        self, harness: OfflineHarness, kind: FeatureType
    ) -> None:
        """All examples of the type compete, and null; stored in several orders."""
        values = self.examples_of(kind)
        self._settled_alike(harness, kind, [None, *values])

    def test_number_beyond_the_range_of_32_bits_is_refused(self, harness: OfflineHarness) -> None:
        """A 64-bit float that is read as one of 32 bits never becomes infinite."""
        table = rows_table((1, 1e39, -1, 0), value=Float64)
        view = replace(view_of(table), types={"value": Float32})
        source = view.source(harness)
        spine = TableSpine(spine_of((1, 0)))
        plan = JoinCase(spine.table, (view,)).plan({"view": source})
        with pytest.raises(SourceError, match="Float32"):
            rows_of(harness.store.historical(plan, spine))
        for read in (harness.store.latest, harness.store.rows):
            with pytest.raises(SourceError, match="Float32"):
                rows_of(read(view.read(source), Window()))

    @needs("negative_zero")
    @pytest.mark.parametrize(("kind", "value"), [pytest.param(*z, id=str(z[0])) for z in ZEROS])
    def test_sign_of_zero_is_kept(
        self, harness: OfflineHarness, kind: FeatureType, value: Any
    ) -> None:
        """0.0 and -0.0 are equal to a database and different to everybody else."""
        table = rows_table((1, value, -1, 0), (2, None, -1, 0), value=kind)
        problem = JoinCase(spine_of((1, 0), (2, 0)), (view_of(table),))
        problem.check(harness, f"the sign of a zero in {kind} is kept")

    @needs("negative_zero")
    def test_ties_between_zeros_are_settled_the_same_way(self, harness: OfflineHarness) -> None:
        """Though a database that orders them sees no difference."""
        self._settled_alike(harness, Float64, [0.0, -0.0])

    def _settled_alike(self, harness: OfflineHarness, kind: FeatureType, values: list[Any]) -> None:
        orders = [values, values[::-1], values[1::2] + values[::2]]
        answers = []
        for order in orders:
            table = rows_table(*[(1, value, -1, 0) for value in order], value=kind)
            problem = JoinCase(spine_of((1, 0)), (view_of(table),))
            problem.check(harness, f"a tie of type {kind} is settled by one of the tied rows")
            got = harness.store.historical(problem.stored(harness), TableSpine(problem.spine))
            answers.append(rows_of(got))
        for answer in answers[1:]:
            difference = explain_difference(answers[0], answer)
            expect_no(difference, f"a tie of type {kind} does not depend on the order of rows")


class OfflineInstantRules(OfflineSuiteBase):
    """Instants are exact to the µs, in any year and whatever the zone."""

    @pytest.mark.parametrize("moment", _MOMENTS)
    def test_edges_are_exact_at_any_instant(self, harness: OfflineHarness, moment: int) -> None:
        """1 µs decides, at both ends of a ttl of one day, in the past and in the future."""
        ages = (-1, 0, 1, DAY - 1, DAY, DAY + 1)
        rows = [(key, key, moment - age, 0) for key, age in enumerate(ages)]
        view = view_of(rows_table(*rows), ttl=DAY)
        spine = spine_of(*[(key, moment) for key in range(len(ages))])
        JoinCase(spine, (view,)).check(harness, "a day has 24 hours, and 1 µs decides")

    @pytest.mark.parametrize("moment", _MOMENTS)
    def test_event_timestamps_are_read_exactly(self, harness: OfflineHarness, moment: int) -> None:
        """Event and created timestamps come back to the µs from `latest`."""
        table = rows_table((1, 1, moment, moment + 1), (2, 2, moment - 1, None))
        view = view_of(table)
        read = view.read(view.source(harness))
        end = Window(end=NOON + moment)
        wanted = rows_in(read, end, rows_of(table))
        got = rows_of(harness.store.latest(read, end))
        expect_no(explain_unordered(wanted, got), "timestamps are read exactly")

    @pytest.mark.parametrize(("unit", "zone"), _STORED)
    def test_timestamps_of_any_unit_and_zone_are_instants(
        self, harness: OfflineHarness, unit: str, zone: str | None
    ) -> None:
        """As seconds, ms, µs or ns; naive ones mean UTC."""
        import pyarrow as pa

        hours = [_offset(2024, 11, 3, hour) for hour in (4, 5, 6, 7)]
        before = _offset(1969, 12, 31, 23, 59, 59)
        moments = [*hours, _offset(2024, 3, 10, 7), before]
        table = rows_table(*[(1, n, moment, moment) for n, moment in enumerate(moments)])
        stored = pa.timestamp(unit, zone)
        for place, name in ((2, "event"), (3, "created")):
            table = table.set_column(place, name, table.column(name).cast(stored))
        spine = spine_of(*[(1, moment + late) for moment in moments for late in (-1, 0, 1)])
        problem = JoinCase(spine, (view_of(table, ttl=2 * HOUR),))
        problem.check(harness, f"timestamps stored as {stored} are instants")

    @pytest.mark.parametrize(("unit", "zone"), [*_STORED, pytest.param("date", None, id="date")])
    def test_the_join_gives_the_timestamps_of_the_row_that_it_finds(
        self, harness: OfflineHarness, unit: str, zone: str | None
    ) -> None:
        """As features, they are those that `latest` gives; what is finer than µs is cut off."""
        import pyarrow as pa

        stored, micros = _stored_as(unit, zone)
        ids = pa.array(range(len(micros)), pa.int64())
        table = pa.table({"id": ids, "value": ids, "event": stored, "created": stored})
        types = {"event": UnixTimestamp, "created": UnixTimestamp}
        features = {"a": "value", "b": "event", "c": "created"}
        view = ViewRows("view", table, {"id": "id"}, features, types=types)
        source = view.source(harness)
        spine = spine_of(*[(number, 0) for number in range(len(micros))])
        plan = JoinCase(spine, (view,)).plan({"view": source})
        found = rows_of(harness.store.historical(plan, TableSpine(spine)))
        wanted = [(number, us, us) for number, us in enumerate(micros)]
        joined = [(row["a"], to_us(row["b"]), to_us(row["c"])) for row in found]
        expect_equal(joined, wanted, f"timestamps stored as {stored.type} come out of a join")
        latest = rows_of(harness.store.latest(view.read(source), Window()))
        stamps = [
            (row["feature_0"], to_us(row[EVENT_TIMESTAMP]), to_us(row[CREATED_TIMESTAMP]))
            for row in latest
        ]
        expect_equal(sorted(stamps), wanted, f"timestamps stored as {stored.type} are read")

    @pytest.mark.parametrize("days", [1, 400, 40_000, 1_000_000])
    def test_ttl_may_be_longer_than_history(self, harness: OfflineHarness, days: int) -> None:
        """``q - ttl`` may lie before the year 1."""
        view = view_of(rows_table((1, 7, -DAY, 0), (2, 8, 1, 0)), ttl=days * DAY)
        problem = JoinCase(spine_of((1, 0), (2, 0)), (view,))
        problem.check(harness, f"a ttl of {days} days is a ttl")

    def test_spine_may_span_centuries(self, harness: OfflineHarness) -> None:
        """From 1600 to 2400 in one request."""
        moments = [_offset(year, 6, 1) for year in range(1600, 2400, 50)]
        rows = [(1, n, moment, 0) for n, moment in enumerate(moments)]
        spine = spine_of(*[(1, moment + 30 * DAY) for moment in moments], (1, moments[0] - 1))
        JoinCase(spine, (view_of(rows_table(*rows), ttl=60 * DAY),)).check(
            harness, "a spine may span centuries"
        )

    def test_date_can_be_the_event_timestamp(self, harness: OfflineHarness) -> None:
        """A date means its first instant in UTC."""
        import pyarrow as pa

        dates = pa.array([date(2023, 12, 31), date(2024, 1, 1), date(2024, 1, 2)])
        table = pa.table({"id": [1, 1, 1], "value": [1, 2, 3], "event": dates})
        view = ViewRows("view", table, {"id": "id"}, {"value": "value"}, created=None)
        spine = spine_of((1, -12 * HOUR), (1, -12 * HOUR - 1))
        plan = JoinCase(spine, (view,)).stored(harness)
        got = rows_of(harness.store.historical(plan, TableSpine(spine)))
        values = [row["value"] for row in got]
        expect_equal(values, [2, 1], "a date means its first instant in UTC")
