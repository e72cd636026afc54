"""The definitions of users: entities, fields, sources and feature views, as immutable data."""

from provender.definitions.entity import Entity
from provender.definitions.feature_service import FeatureService
from provender.definitions.feature_view import FeatureView
from provender.definitions.field import Feature, Field
from provender.definitions.file_source import FileSource
from provender.definitions.older_names import Duration, ValueType
from provender.definitions.on_demand_feature_view import (
    OnDemandFeatureView,
    on_demand_feature_view,
)
from provender.definitions.push_source import PushMode, PushSource
from provender.definitions.request_source import RequestSource
from provender.definitions.source import DataSource
from provender.definitions.table_source import TableSource

__all__ = [
    "DataSource",
    "Duration",
    "Entity",
    "Feature",
    "FeatureService",
    "FeatureView",
    "Field",
    "FileSource",
    "OnDemandFeatureView",
    "PushMode",
    "PushSource",
    "RequestSource",
    "TableSource",
    "ValueType",
    "on_demand_feature_view",
]
