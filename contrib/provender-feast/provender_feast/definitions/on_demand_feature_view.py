"""`OnDemandFeatureView`: features that a function computes when they are requested."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import provender
from provender.definitions.function import Function
from provender_feast.definitions.definition import placed, refuse
from provender_feast.definitions.entity import Entity
from provender_feast.definitions.feature_view import FeatureView
from provender_feast.definitions.field import Field
from provender_feast.definitions.projection import FeatureViewProjection, ProjectedView
from provender_feast.definitions.sources import RequestSource
from provender_feast.errors import FeastDefinitionError

Source = FeatureView | FeatureViewProjection | RequestSource
_AT_REQUEST = "features are computed when they are requested"


class OnDemandFeatureView(ProjectedView):
    """Features that a function computes from other features and from values of the request.

    Args:
        name: The view's name.
        entities: For people; the sources say which join keys are needed.
        schema: The features that the function returns.
        sources: Feature views, parts of such, and request sources.
        udf: The function.
        udf_string: Its text, which Provender reads itself.
        mode: ``pandas`` or ``python``.
        description: A description for people.
        tags: Labels of your choice.
        owner: Who is responsible for it.
        org: The organization.
        write_to_online_store: Only False is supported.
        singleton: With the mode ``python``: the function takes and returns one row.
        track_metrics: Not used.
        input_schema: Not supported.
        feature_transformation: Not supported: pass the function.
        aggregations: Not supported.
        version: Only ``latest`` is supported.
        enabled: Only True is supported.

    Attributes:
        source_feature_view_projections: What it takes of feature views, by name.
        source_request_sources: Its request sources, by name.
    """

    def __init__(
        self,
        *,
        name: str,
        entities: Sequence[Entity] | None = None,
        schema: Sequence[Field] | None = None,
        sources: Sequence[Source] | None = None,
        input_schema: Sequence[Field] | None = None,
        udf: Callable[..., Any] | None = None,
        udf_string: str | None = "",
        feature_transformation: object = None,
        mode: str = "pandas",
        description: str = "",
        tags: Mapping[str, str] | None = None,
        owner: str = "",
        org: str = "",
        write_to_online_store: bool = False,
        singleton: bool = False,
        track_metrics: bool = False,
        aggregations: Sequence[object] | None = None,
        version: str = "latest",
        enabled: bool = True,
    ) -> None:
        what = f"on-demand feature view {name!r}"
        udf = udf or getattr(feature_transformation, "udf", None)
        refuse(what, {"write_to_online_store": (write_to_online_store, False)}, _AT_REQUEST)
        refuse(what, {"aggregations": (aggregations or None, None)}, _AT_REQUEST)
        refuse(what, {"input_schema": (input_schema, None)}, "pass a RequestSource in sources=")
        refuse(what, {"version": (version, "latest")}, "see `provender history`")
        refuse(what, {"enabled": (enabled, True)}, "remove the view")
        self.name = name
        self.entities = [one.name if isinstance(one, Entity) else one for one in entities or ()]
        self.features = list(schema or ())
        self.entity_columns: list[Field] = []
        self.source_feature_view_projections = {
            part.name_to_use(): part for one in sources or () if (part := _part(one))
        }
        self.source_request_sources = {
            one.name: one for one in sources or () if isinstance(one, RequestSource)
        }
        self.udf = udf
        self.mode: Any = getattr(mode, "value", mode)
        self.singleton = singleton
        self.description = description
        self.tags = dict(tags or {})
        self.owner = owner
        self.org = org
        self.write_to_online_store = write_to_online_store
        self.track_metrics = track_metrics
        self.version = version
        self.enabled = enabled
        self.projection = FeatureViewProjection(name, features=self.features)
        for one in sources or ():
            if _part(one) is None and not isinstance(one, RequestSource):
                allowed = "a feature view, a part of one, or a RequestSource"
                raise FeastDefinitionError(f"{what}: not a source", got=repr(one), allowed=allowed)
        if udf is not None and not isinstance(udf, Function):
            self._checked(self.to_provender)

    @property
    def schema(self) -> list[Field]:
        """Its features."""
        return self.features

    def to_provender(self) -> provender.OnDemandFeatureView:
        """Return Provender's definition."""
        made = provender.OnDemandFeatureView(
            self.name,
            sources=[
                *(part.to_provender() for part in self.source_feature_view_projections.values()),
                *(one.request() for one in self.source_request_sources.values()),
            ],
            schema=[field.to_provender() for field in self.features],
            function=self.udf,
            mode=self.mode,
            singleton=self.singleton,
            entities=self.entities,
            description=self.description,
            tags=self.tags,
            owner=self.owner,
        )
        return placed(made, self.place)


def _part(source: object) -> FeatureViewProjection | None:
    if isinstance(source, FeatureView):
        return source.projection
    return source if isinstance(source, FeatureViewProjection) else None


def on_demand_feature_view(
    *,
    name: str | None = None,
    entities: Sequence[Entity] | None = None,
    schema: Sequence[Field],
    sources: Sequence[Source] | None = None,
    mode: str = "pandas",
    description: str = "",
    explode: bool = False,
    **others: Any,
) -> Callable[[Callable[..., Any]], OnDemandFeatureView]:
    """Make an on-demand feature view of the function below; see `OnDemandFeatureView`.

    Args:
        name: The view's name; by default the function's.
        entities: For people; the sources say which join keys are needed.
        schema: The features that the function returns.
        sources: Feature views, parts of such, and request sources.
        mode: ``pandas`` or ``python``.
        description: A description for people; by default the function's docstring.
        explode: Not supported.
        **others: The further arguments of `OnDemandFeatureView`.
    """

    def decorate(function: Callable[..., Any]) -> OnDemandFeatureView:
        view = name or function.__name__
        refuse(f"on-demand feature view {view!r}", {"explode": (explode, False)}, _AT_REQUEST)
        return OnDemandFeatureView(
            name=view,
            entities=entities,
            schema=schema,
            sources=sources,
            udf=function,
            mode=mode,
            description=description or (function.__doc__ or "").strip(),
            **others,
        )

    return decorate
