"""Definitions as plain data in Feast's layout, as its ``describe`` and ``registry-dump`` print."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from provender_feast.definitions import (
    BigQuerySource,
    DataSource,
    Definition,
    Entity,
    FeatureService,
    FeatureView,
    Field,
    FileSource,
    LabelView,
    OnDemandFeatureView,
    PostgreSQLSource,
    Project,
    PushSource,
    RedshiftSource,
    RequestSource,
)
from provender_feast.types import ValueType

CLASSES: Final[Mapping[type[DataSource], str]] = {
    FileSource: "feast.infra.offline_stores.file_source.FileSource",
    BigQuerySource: "feast.infra.offline_stores.bigquery_source.BigQuerySource",
    RedshiftSource: "feast.infra.offline_stores.redshift_source.RedshiftSource",
    PostgreSQLSource: (
        "feast.infra.offline_stores.contrib.postgres_offline_store.postgres_source.PostgreSQLSource"
    ),
    PushSource: "feast.data_source.PushSource",
    RequestSource: "feast.data_source.RequestSource",
}
"""The full names of Feast's sources."""
_KINDS: Final[Mapping[type[DataSource], str]] = {
    FileSource: "BATCH_FILE",
    BigQuerySource: "BATCH_BIGQUERY",
    RedshiftSource: "BATCH_REDSHIFT",
    PostgreSQLSource: "CUSTOM_SOURCE",
    PushSource: "PUSH_SOURCE",
    RequestSource: "REQUEST_SOURCE",
}


def described(definition: Definition) -> dict[str, Any]:
    """Return a definition as Feast describes it; what says nothing is left out."""
    if isinstance(definition, DataSource):
        return _source(definition)
    specs = {
        Project: _project,
        Entity: _entity,
        FeatureView: _view,
        OnDemandFeatureView: _on_demand_view,
        FeatureService: _service,
    }
    spec = next(make for kind, make in specs.items() if isinstance(definition, kind))
    return {"spec": spec(definition)}  # type: ignore[operator]


def _said(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "", [], {}, False)}


def _about(definition: Definition) -> dict[str, Any]:
    return {
        "tags": definition.tags,
        "description": definition.description,
        "owner": definition.owner,
    }


def _project(project: Project) -> dict[str, Any]:
    return _said(name=project.name, **_about(project))


def _entity(entity: Entity) -> dict[str, Any]:
    known = entity.value_type is not ValueType.UNKNOWN
    return _said(
        name=entity.name,
        valueType=entity.value_type.name if known else None,
        joinKey=entity.join_key,
        **_about(entity),
    )


def _field(field: Field) -> dict[str, Any]:
    spelled = field.dtype.to_value_type().name
    return _said(name=field.name, valueType=spelled, tags=field.tags, description=field.description)


def _source(source: DataSource) -> dict[str, Any]:
    place: dict[str, Any] = {}
    if isinstance(source, FileSource):
        place["fileOptions"] = {"uri": source.path}
    elif isinstance(source, BigQuerySource | RedshiftSource | PostgreSQLSource):
        names = ("table", "query", *source.own)
        option = type(source).__name__.removesuffix("Source").lower()
        place[f"{option}Options"] = _said(**{name: getattr(source, name) for name in names})
    elif isinstance(source, PushSource) and source.batch_source:
        place["batchSource"] = _source(source.batch_source)
    elif isinstance(source, RequestSource):
        place["requestDataOptions"] = {"schema": [_field(field) for field in source.schema]}
    return _said(
        type=_KINDS[type(source)],
        timestampField=source.timestamp_field,
        createdTimestampColumn=source.created_timestamp_column,
        fieldMapping=source.field_mapping,
        **place,
        dataSourceClassType=CLASSES[type(source)],
        name=source.name,
        **_about(source),
    )


def _view(view: FeatureView) -> dict[str, Any]:
    label = {}
    if isinstance(view, LabelView):
        label = {
            "labelerField": view.labeler_field,
            "conflictPolicy": view.conflict_policy.name,
            "referenceFeatureView": view.reference_feature_view,
        }
    return _said(
        name=view.name,
        entities=view.entities,
        features=[_field(field) for field in view.features],
        **_about(view),
        ttl=f"{view.ttl.total_seconds():g}s" if view.ttl else None,
        batchSource=None if view.batch_source is None else _source(view.batch_source),
        streamSource=None if view.stream_source is None else _source(view.stream_source),
        online=view.online,
        entityColumns=[_field(field) for field in view.entity_columns],
        enableValidation=view.enable_validation,
        **label,
        version=view.version,
    )


def _on_demand_view(view: OnDemandFeatureView) -> dict[str, Any]:
    parts = view.source_feature_view_projections
    sources: dict[str, Any] = {
        name: {
            "featureViewProjection": {
                "featureViewName": part.name,
                "featureColumns": [_field(field) for field in part.features],
            }
        }
        for name, part in parts.items()
    }
    requests = view.source_request_sources
    sources |= {name: {"requestDataSource": _source(one)} for name, one in requests.items()}
    return _said(
        name=view.name,
        features=[_field(field) for field in view.features],
        sources=sources,
        **_about(view),
        mode=view.mode,
        singleton=view.singleton,
        version=view.version,
    )


def _service(service: FeatureService) -> dict[str, Any]:
    parts = [
        _said(
            featureViewName=part.name,
            featureViewNameAlias=part.name_alias,
            featureColumns=[_field(field) for field in part.features],
            joinKeyMap=part.join_key_map,
        )
        for part in service.feature_view_projections
    ]
    return _said(name=service.name, features=parts, **_about(service))
