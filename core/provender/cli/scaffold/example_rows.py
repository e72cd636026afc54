"""The rows of the example project: the same every time, so that its answers can be compared."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

_DRIVERS = range(1001, 1006)
_BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
_HOURS = 31 * 24
_TRIPS = 400


def write_example_rows(directory: Path) -> list[Path]:
    """Write hourly rows of drivers, and trips to join them to, as Parquet files."""
    import pyarrow.parquet as pq

    directory.mkdir()
    hours, trips = directory / "driver_hours.parquet", directory / "trips.parquet"
    pq.write_table(_driver_hours(), hours)
    pq.write_table(_trips(), trips)
    return [hours, trips]


def _driver_hours() -> Any:
    import pyarrow as pa

    rows = [(driver, hour) for hour in range(_HOURS) for driver in _DRIVERS]
    instants = [_BEGIN + timedelta(hours=hour) for _, hour in rows]
    instant = pa.timestamp("us", "UTC")
    return pa.table(
        {
            "driver_id": pa.array([driver for driver, _ in rows], pa.int64()),
            "event_timestamp": pa.array(instants, instant),
            "created": pa.array([i + timedelta(minutes=5) for i in instants], instant),
            "trips_today": pa.array([hour % 24 * (driver % 5 + 1) // 4 for driver, hour in rows]),
            "acceptance": [(60 + (driver * 7 + hour * 13) % 40) / 100 for driver, hour in rows],
            "rating": [(300 + (driver * 11 + hour * 3) % 200) / 100 for driver, hour in rows],
        }
    )


def _trips() -> Any:
    import pyarrow as pa

    instants = [_BEGIN + timedelta(minutes=n * 107 % (_HOURS * 60)) for n in range(_TRIPS)]
    return pa.table(
        {
            "driver_id": pa.array([_DRIVERS[n * 3 % 5] for n in range(_TRIPS)], pa.int64()),
            "event_timestamp": pa.array(instants, pa.timestamp("us", "UTC")),
            "fare": [(500 + n * 37 % 2500) / 100 for n in range(_TRIPS)],
        }
    )
