"""Exceptions, each of which is also Provender's."""

from provender_feast.errors import (
    ConflictingFeatureViewNames,
    DataSourceNoNameException,
    DataSourceObjectNotFoundException,
    EntityNotFoundException,
    FeastError,
    FeastJoinKeysDuringMaterialization,
    FeastObjectNotFoundException,
    FeatureNameCollisionError,
    FeatureServiceNotFoundException,
    FeatureViewNotFoundException,
    OnDemandFeatureViewNotFoundException,
    ProjectObjectNotFoundException,
    PushSourceNotFoundException,
    RequestDataNotFoundInEntityDfException,
    SavedDatasetLocationAlreadyExists,
    SpecifiedFeaturesNotPresentError,
)

__all__ = [
    "ConflictingFeatureViewNames",
    "DataSourceNoNameException",
    "DataSourceObjectNotFoundException",
    "EntityNotFoundException",
    "FeastError",
    "FeastJoinKeysDuringMaterialization",
    "FeastObjectNotFoundException",
    "FeatureNameCollisionError",
    "FeatureServiceNotFoundException",
    "FeatureViewNotFoundException",
    "OnDemandFeatureViewNotFoundException",
    "ProjectObjectNotFoundException",
    "PushSourceNotFoundException",
    "RequestDataNotFoundInEntityDfException",
    "SavedDatasetLocationAlreadyExists",
    "SpecifiedFeaturesNotPresentError",
]
