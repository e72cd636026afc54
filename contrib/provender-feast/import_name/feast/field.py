"""Fields."""

from provender_feast.definitions import Field

__all__ = ["Field"]
