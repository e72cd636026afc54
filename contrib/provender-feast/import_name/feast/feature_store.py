"""The feature store."""

from provender_feast.store import FeatureStore

__all__ = ["FeatureStore"]
