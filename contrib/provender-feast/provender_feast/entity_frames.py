"""The entity rows that Feast takes, and which of their columns has the event timestamps."""

from __future__ import annotations

from typing import Any

from provender_feast.errors import FeastRequestError

DEFAULT_ENTITY_DF_EVENT_TIMESTAMP_COL = "event_timestamp"


def event_timestamps(entity_df: Any) -> tuple[Any, str]:
    """Return entity rows with their timestamps in UTC, and the column that has them.

    Args:
        entity_df: A pandas DataFrame, or SQL text whose column is ``event_timestamp``.

    Raises:
        FeastRequestError: No column, or more than one, has timestamps.
    """
    import pandas as pd

    if not isinstance(entity_df, pd.DataFrame):
        return entity_df, DEFAULT_ENTITY_DF_EVENT_TIMESTAMP_COL
    name = _column(entity_df)
    rows = entity_df.copy(deep=False)
    rows[name] = pd.to_datetime(rows[name], utc=True)
    return rows, name


def _column(frame: Any) -> str:
    if DEFAULT_ENTITY_DF_EVENT_TIMESTAMP_COL in frame.columns:
        return DEFAULT_ENTITY_DF_EVENT_TIMESTAMP_COL
    found = [str(name) for name in frame.select_dtypes(["datetime", "datetimetz"]).columns]
    if len(found) == 1:
        return found[0]
    raise FeastRequestError(
        f"Please provide an entity_df with a column named {DEFAULT_ENTITY_DF_EVENT_TIMESTAMP_COL} "
        "representing the time of events.",
        got=f"columns with timestamps: {', '.join(found) or '(none)'}",
    )
