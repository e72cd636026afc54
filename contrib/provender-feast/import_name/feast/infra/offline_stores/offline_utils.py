"""Entity rows."""

from provender_feast.entity_frames import DEFAULT_ENTITY_DF_EVENT_TIMESTAMP_COL

__all__ = ["DEFAULT_ENTITY_DF_EVENT_TIMESTAMP_COL"]
