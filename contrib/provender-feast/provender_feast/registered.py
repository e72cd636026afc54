"""`Registered`: what is registered, as Feast's definitions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import provender
from provender_feast.definitions import (
    DataSource,
    Definition,
    Entity,
    FeatureService,
    FeatureView,
    Field,
    LabelView,
    OnDemandFeatureView,
    Project,
    on_demand_view_from,
    service_from,
    source_from,
    view_from,
)
from provender_feast.errors import (
    FeatureViewNotFoundException,
    ProjectObjectNotFoundException,
    as_feasts,
)

D = TypeVar("D", bound=Definition)
Tags = Mapping[str, str] | None


class Registered:
    """The definitions of a project; each call reads the registry.

    Args:
        store: Provender's store.

    Attributes:
        provender: Provender's store, with everything that Feast has no method for.
    """

    def __init__(self, store: provender.FeatureStore) -> None:
        self.provender = store

    def get_entity(self, name: str, allow_registry_cache: bool = False) -> Entity:
        """Return an entity.

        Raises:
            EntityNotFoundException: There is none of that name.
        """
        with as_feasts():
            return Entity.from_provender(self.provender.get_entity(name))

    def get_feature_view(self, name: str, allow_registry_cache: bool = False) -> FeatureView:
        """Return a feature view.

        Raises:
            FeatureViewNotFoundException: There is none of that name.
        """
        with as_feasts():
            return self._view(name)

    def get_label_view(self, name: str, allow_registry_cache: bool = False) -> LabelView:
        """Return a label view.

        Raises:
            FeatureViewNotFoundException: There is none of that name.
        """
        found = self.get_feature_view(name)
        if not isinstance(found, LabelView):
            raise FeatureViewNotFoundException(f"feature view {name!r} is not a label view")
        return found

    def get_on_demand_feature_view(
        self, name: str, allow_registry_cache: bool = False
    ) -> OnDemandFeatureView:
        """Return an on-demand feature view.

        Raises:
            OnDemandFeatureViewNotFoundException: There is none of that name.
        """
        with as_feasts():
            view = self.provender.get_on_demand_feature_view(name)
            return on_demand_view_from(view, self._features())

    def get_feature_service(self, name: str, allow_cache: bool = False) -> FeatureService:
        """Return a feature service.

        Raises:
            FeatureServiceNotFoundException: There is none of that name.
        """
        with as_feasts():
            return service_from(self.provender.get_feature_service(name), self._features())

    def get_data_source(self, name: str) -> DataSource:
        """Return a data source.

        Raises:
            DataSourceObjectNotFoundException: There is none of that name.
        """
        request = next((one for one in self.list_data_sources() if one.name == name), None)
        if request is not None:
            return request
        with as_feasts():
            return source_from(self.provender.get_data_source(name))

    def get_project(self, name: str | None = None) -> Project:
        """Return a project, by default this one.

        Raises:
            ProjectObjectNotFoundException: There is none of that name.
        """
        wanted = name or self.provender.project
        found = {one.name: one for one in self.list_projects()}
        if wanted not in found:
            raise ProjectObjectNotFoundException(f"Project {wanted} does not exist")
        return found[wanted]

    def list_entities(self, allow_cache: bool = False, tags: Tags = None) -> list[Entity]:
        """Return the entities that have all of some tags, by name."""
        with as_feasts():
            found = [Entity.from_provender(one) for one in self.provender.list_entities()]
        return _tagged(found, tags)

    def list_feature_views(self, allow_cache: bool = False, tags: Tags = None) -> list[FeatureView]:
        """Return the feature views that have all of some tags, by name; no label views."""
        return [one for one in self._views(tags) if not isinstance(one, LabelView)]

    def list_batch_feature_views(
        self, allow_cache: bool = False, tags: Tags = None
    ) -> list[FeatureView]:
        """Return what `list_feature_views` returns."""
        return self.list_feature_views(tags=tags)

    def list_label_views(self, allow_cache: bool = False, tags: Tags = None) -> list[LabelView]:
        """Return the label views that have all of some tags, by name."""
        return [one for one in self._views(tags) if isinstance(one, LabelView)]

    def list_stream_feature_views(
        self, allow_cache: bool = False, tags: Tags = None
    ) -> list[Definition]:
        """Return none: there are no stream feature views."""
        return []

    def list_on_demand_feature_views(
        self, allow_cache: bool = False, tags: Tags = None
    ) -> list[OnDemandFeatureView]:
        """Return the on-demand feature views that have all of some tags, by name."""
        with as_feasts():
            views, features = self.provender.list_on_demand_feature_views(), self._features()
        return _tagged([on_demand_view_from(view, features) for view in views], tags)

    def list_all_feature_views(
        self, allow_cache: bool = False, tags: Tags = None
    ) -> list[FeatureView | OnDemandFeatureView]:
        """Return all views that have all of some tags."""
        return [*self._views(tags), *self.list_on_demand_feature_views(tags=tags)]

    def list_feature_services(self, tags: Tags = None) -> list[FeatureService]:
        """Return the feature services that have all of some tags, by name."""
        with as_feasts():
            services, features = self.provender.list_feature_services(), self._features()
        return _tagged([service_from(one, features) for one in services], tags)

    def list_data_sources(self, allow_cache: bool = False, tags: Tags = None) -> list[DataSource]:
        """Return the data sources that have all of some tags, by name."""
        with as_feasts():
            found = [source_from(one) for one in self.provender.list_data_sources()]
        views = self.list_on_demand_feature_views()
        requests = {n: one for view in views for n, one in view.source_request_sources.items()}
        return _tagged([*found, *requests.values()], tags)

    def list_projects(self, allow_cache: bool = False, tags: Tags = None) -> list[Project]:
        """Return the projects of the registry, by name."""
        with as_feasts():
            found = [Project(name=one.name) for one in self.provender.list_projects()]
        return _tagged(found, tags)

    def _view(self, name: str) -> FeatureView:
        registered = self.provender.refresh().view(name)
        made = view_from(registered.view)
        made.complete(registered.view, {key.name: key.type for key in registered.keys})
        return made

    def _views(self, tags: Tags = None) -> list[FeatureView]:
        with as_feasts():
            names = [one.name for one in self.provender.list_feature_views()]
            return _tagged([self._view(name) for name in names], tags)

    def _features(self) -> dict[str, list[Field]]:
        """Return the features of every view."""
        catalog = self.provender.catalog
        fields = {view.name: view.features for view in catalog.views()}
        fields |= {one.view.name: one.view.schema for one in catalog.on_demand_views()}
        return {name: [Field.from_provender(f) for f in given] for name, given in fields.items()}


def _tagged(found: list[D], tags: Tags) -> list[D]:
    wanted = (tags or {}).items()
    return [one for one in found if wanted <= one.tags.items()]
