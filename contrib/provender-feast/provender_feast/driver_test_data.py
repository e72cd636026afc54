"""Generated rows of drivers, for templates and tests."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


def create_driver_hourly_stats_df(
    drivers: Sequence[int], start_date: datetime, end_date: datetime
) -> pd.DataFrame:
    """Return one row for each driver and hour, and one from 2021-04-12 07:00.

    Args:
        drivers: The drivers' numbers.
        start_date: The first hour.
        end_date: The end, which is left out.
    """
    import numpy as np
    import pandas as pd

    hours = list(pd.date_range(start_date, end_date, freq="h", tz="UTC", inclusive="left"))
    hours.append(pd.Timestamp("2021-04-12 07:00", tz="UTC"))
    keys = pd.MultiIndex.from_product([drivers, hours], names=["driver_id", "event_timestamp"])
    frame = keys.to_frame(index=False)[["event_timestamp", "driver_id"]]
    chance, rows = np.random.default_rng(), len(frame)
    frame["conv_rate"] = chance.random(rows, dtype=np.float32)
    frame["acc_rate"] = chance.random(rows, dtype=np.float32)
    frame["avg_daily_trips"] = chance.integers(0, 1000, rows)
    frame["created"] = pd.Timestamp(datetime.now(UTC)).tz_localize(None).floor("ms")
    vehicles, zones = ("sedan", "suv", "truck"), ("east", "north", "south", "west")
    metadata = [
        {"vehicle_type": str(chance.choice(vehicles)), "rating": f"{chance.uniform(3, 5):.1f}"}
        for _ in range(rows)
    ]
    configs = [
        {
            "max_distance_km": int(chance.integers(10, 200)),
            "preferred_zones": [str(zone) for zone in chance.choice(zones, 2, replace=False)],
        }
        for _ in range(rows)
    ]
    profiles = [
        {"name": f"driver_{driver}", "age": str(chance.integers(25, 60))}
        for driver in frame["driver_id"]
    ]
    texts = list(map(json.dumps, configs))
    columns = {"driver_metadata": metadata, "driver_config": texts, "driver_profile": profiles}
    return frame.assign(**{name: pd.Series(values) for name, values in columns.items()})


def label_columns() -> pa.Table:
    """Return the columns of labels of drivers, without rows."""
    import pyarrow as pa

    kinds = {
        "driver_id": pa.int64(),
        "is_reliable": pa.int64(),
        "quality_score": pa.float32(),
        "reviewer_notes": pa.string(),
        "labeler": pa.string(),
        "event_timestamp": pa.timestamp("us", "UTC"),
    }
    return pa.schema(list(kinds.items())).empty_table()
