"""Sources of rows."""

from provender_feast.definitions import DataSource, PushMode, PushSource, RequestSource

__all__ = ["DataSource", "PushMode", "PushSource", "RequestSource"]
