"""Provender under the import name of the Feast feature store."""

from provender_feast.definitions import (
    BigQuerySource,
    ConflictPolicy,
    Entity,
    FeatureService,
    FeatureView,
    Field,
    FileSource,
    LabelView,
    OnDemandFeatureView,
    Project,
    PushSource,
    RedshiftSource,
    RequestSource,
)
from provender_feast.repo_config import RepoConfig
from provender_feast.store import FeatureStore
from provender_feast.types import ValueType

__all__ = [
    "BigQuerySource",
    "ConflictPolicy",
    "Entity",
    "FeatureService",
    "FeatureStore",
    "FeatureView",
    "Field",
    "FileSource",
    "LabelView",
    "OnDemandFeatureView",
    "Project",
    "PushSource",
    "RedshiftSource",
    "RepoConfig",
    "RequestSource",
    "ValueType",
]
