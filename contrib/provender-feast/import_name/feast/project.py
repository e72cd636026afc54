"""Projects."""

from provender_feast.definitions import Project

__all__ = ["Project"]
