"""The definitions of users: entities, fields, sources and feature views, as immutable data."""

from provender.definitions.entity import Entity
from provender.definitions.feature_service import FeatureService
from provender.definitions.feature_view import FeatureView
from provender.definitions.field import Feature, Field
from provender.definitions.file_source import FileSource
from provender.definitions.older_names import Duration, ValueType
from provender.definitions.push_source import PushMode, PushSource
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
    "PushMode",
    "PushSource",
    "TableSource",
    "ValueType",
]
