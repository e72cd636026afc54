"""Feature services."""

from provender_feast.definitions import FeatureService

__all__ = ["FeatureService"]
