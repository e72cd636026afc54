"""Features that are computed when they are requested."""

from provender_feast.definitions import OnDemandFeatureView, on_demand_feature_view

__all__ = ["OnDemandFeatureView", "on_demand_feature_view"]
