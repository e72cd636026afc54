"""Feature views."""

from provender_feast.definitions import DUMMY_ENTITY_FIELD, FeatureView

__all__ = ["DUMMY_ENTITY_FIELD", "FeatureView"]
