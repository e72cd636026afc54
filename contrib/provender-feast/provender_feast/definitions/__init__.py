"""Feast's definitions, each of which makes Provender's."""

from provender_feast.definitions.definition import Definition
from provender_feast.definitions.entity import Entity
from provender_feast.definitions.feature_service import (
    FeatureService,
    FileLoggingDestination,
    LoggingConfig,
    LoggingDestination,
)
from provender_feast.definitions.feature_view import DUMMY_ENTITY_FIELD, FeatureView
from provender_feast.definitions.field import Field
from provender_feast.definitions.label_view import ConflictPolicy, LabelView
from provender_feast.definitions.on_demand_feature_view import (
    OnDemandFeatureView,
    on_demand_feature_view,
)
from provender_feast.definitions.project import Project
from provender_feast.definitions.projection import FeatureViewProjection, ProjectedView
from provender_feast.definitions.registered import (
    on_demand_view_from,
    service_from,
    source_from,
    view_from,
)
from provender_feast.definitions.sources import (
    BigQuerySource,
    DataSource,
    FileSource,
    ParquetFormat,
    PostgreSQLSource,
    PushMode,
    PushSource,
    RedshiftSource,
    RequestSource,
)

__all__ = [
    "DUMMY_ENTITY_FIELD",
    "BigQuerySource",
    "ConflictPolicy",
    "DataSource",
    "Definition",
    "Entity",
    "FeatureService",
    "FeatureView",
    "FeatureViewProjection",
    "Field",
    "FileLoggingDestination",
    "FileSource",
    "LabelView",
    "LoggingConfig",
    "LoggingDestination",
    "OnDemandFeatureView",
    "ParquetFormat",
    "PostgreSQLSource",
    "Project",
    "ProjectedView",
    "PushMode",
    "PushSource",
    "RedshiftSource",
    "RequestSource",
    "on_demand_feature_view",
    "on_demand_view_from",
    "service_from",
    "source_from",
    "view_from",
]
