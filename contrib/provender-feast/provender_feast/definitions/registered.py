"""What is registered, as Feast's definitions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import provender
from provender import definitions as ours
from provender_feast.definitions.definition import said_in
from provender_feast.definitions.feature_service import FeatureService
from provender_feast.definitions.feature_view import FeatureView
from provender_feast.definitions.field import Field
from provender_feast.definitions.label_view import ConflictPolicy, LabelView
from provender_feast.definitions.on_demand_feature_view import OnDemandFeatureView
from provender_feast.definitions.projection import FeatureViewProjection
from provender_feast.definitions.sources import (
    BigQuerySource,
    DataSource,
    FileSource,
    PostgreSQLSource,
    PushSource,
    RedshiftSource,
    RequestSource,
    TableSource,
)

Features = Mapping[str, Sequence[Field]]
"""The features of every view, by its name."""


def source_from(source: ours.DataSource) -> DataSource:
    """Return Feast's definition of a registered source."""
    if isinstance(source, provender.PushSource):
        return PushSource(
            name=source.name,
            batch_source=source_from(source.batch_source),
            description=source.description,
            tags=source.tags,
            owner=source.owner,
        )
    shared: dict[str, Any] = {
        "name": source.name,
        "timestamp_field": source.timestamp_field,
        "created_timestamp_column": source.created_timestamp_column,
        "field_mapping": source.field_mapping,
        "description": source.description,
        "tags": source.tags,
        "owner": source.owner,
    }
    if isinstance(source, provender.FileSource):
        return FileSource(path=source.path, **shared)
    kind = _TABLES[source.kind]
    located = ("table", "query", *kind.own)
    return kind(**shared, **{name: getattr(source, name) for name in located})


_TABLES: Final[Mapping[str, type[TableSource]]] = {
    "bigquery": BigQuerySource,
    "redshift": RedshiftSource,
    "postgres": PostgreSQLSource,
}


def view_from(view: provender.FeatureView) -> FeatureView:
    """Return Feast's definition of a registered feature view or label view."""
    tags, said = said_in(view.tags)
    kind = LabelView if "labeler_field" in said else FeatureView
    if kind is LabelView:
        said["conflict_policy"] = ConflictPolicy(said["conflict_policy"])
    made = kind(
        name=view.name,
        source=source_from(view.source),
        schema=[Field.from_provender(field) for field in view.schema],
        ttl=view.ttl,
        online=view.online,
        description=view.description,
        tags=tags,
        owner=view.owner,
        **said,
    )
    made.entities = list(view.entities) or made.entities
    return made


def on_demand_view_from(
    view: provender.OnDemandFeatureView, features: Features
) -> OnDemandFeatureView:
    """Return Feast's definition of a registered on-demand feature view."""
    requests = [
        RequestSource(name=one.name, schema=[Field.from_provender(field) for field in one.schema])
        for one in view.requests
    ]
    parts = [
        FeatureViewProjection.from_provender(part, features.get(part.view, ()))
        for part in view.projections
    ]
    made = OnDemandFeatureView(
        name=view.name,
        schema=[Field.from_provender(field) for field in view.schema],
        sources=[*parts, *requests],
        mode=view.mode,
        singleton=view.singleton,
        description=view.description,
        tags=view.tags,
        owner=view.owner,
    )
    made.entities = list(view.entities)
    made.udf = view.function.call
    return made


def service_from(service: provender.FeatureService, features: Features) -> FeatureService:
    """Return Feast's definition of a registered feature service."""
    made = FeatureService(
        name=service.name,
        features=[],
        tags=service.tags,
        description=service.description,
        owner=service.owner,
    )
    made.feature_view_projections = [
        FeatureViewProjection.from_provender(part, features.get(part.view, ()))
        for part in service.features
    ]
    return made
