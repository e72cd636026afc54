"""Parts of feature views."""

from provender_feast.definitions import FeatureViewProjection

__all__ = ["FeatureViewProjection"]
