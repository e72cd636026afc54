"""`Registrations`: the part of a feature store that is about its catalog."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from provender.catalog.cache import CachedCatalog
from provender.catalog.catalog import Catalog
from provender.catalog.projects import Project, projects
from provender.catalog.versions.commit import Note, author_name
from provender.catalog.versions.history import CatalogHistory
from provender.config import Config
from provender.definitions import DataSource, Entity, FeatureService, FeatureView
from provender.definitions.repository import ReadDefinitions
from provender.errors import DefinitionError, ProvenderError, RequestError
from provender.registration.consent import Consent
from provender.registration.draft import Definition
from provender.registration.plan import Plan
from provender.registration.writer import CatalogKeeper
from provender.stores import Stores


class Registrations:
    """What is registered in a project, how it came to be, and how it is changed.

    Args:
        config: The configuration.
        stores: The stores that it names.
        version: Read as of this version of the catalog; None: the newest.
    """

    def __init__(self, config: Config, stores: Stores, version: int | None) -> None:
        self.config = config
        self.stores = stores
        self._version = version
        ttl = config.cache_ttl_seconds if version is None else None
        self._cached = CachedCatalog(self._load, ttl)

    def __repr__(self) -> str:
        at = "" if self._version is None else f" as of version {self._version}"
        place, provider = self.config.file, self.config.provider
        return f"<{type(self).__name__} of project {self.project!r}{at}, {provider}, {place}>"

    @property
    def project(self) -> str:
        """The project's name."""
        return self.config.project

    @cached_property
    def history(self) -> CatalogHistory:
        """Every version of the catalog: its commits, and what changed between two of them."""
        stores = self.stores
        return CatalogHistory(self.project, stores.registry, stores.plugins.source_class)

    @property
    def _keeper(self) -> CatalogKeeper:
        """What changes the catalog.

        Raises:
            RequestError: The store reads as of an earlier version.
        """
        self.check_writable()
        stores = self.stores
        return CatalogKeeper(self.history, stores.registry, stores.online, stores.clock)

    def check_writable(self) -> None:
        """Do nothing, unless the store reads as of an earlier version.

        Raises:
            RequestError: It does, so that nothing can be changed.
        """
        if self._version is not None:
            raise RequestError(
                "nothing can be changed as of an earlier version",
                got=f"FeatureStore(version={self._version})",
                fix="open the store without version=; `provender rollback` restores a version",
            )

    @property
    def catalog(self) -> Catalog:
        """What is registered, at most ``registry.cache_ttl_seconds`` old; see `refresh`."""
        return self._cached.get()

    def refresh(self) -> Catalog:
        """Read the catalog from the registry anew and return it.

        Raises:
            RegistryError: The registry cannot be read.
            NotFound: The store reads as of a version that there is not.
        """
        return self._cached.refresh()

    def _load(self) -> Catalog:
        pinned = self._version
        return self.history.newest() if pinned is None else self.history.at(pinned)

    def plan(self, objects: Definition | Iterable[Definition], *, partial: bool = True) -> Plan:
        """Return what registering `objects` would do; nothing is changed.

        Args:
            objects: The definitions.
            partial: Keep what is registered and not among `objects`; otherwise it is removed.

        Raises:
            DefinitionError: With everything that is wrong in any of them.
        """
        return self._keeper.plan(objects, self.stores.offline.schema, partial=partial)

    def plan_repository(self, read: ReadDefinitions) -> Plan:
        """Return what registering just what a repository defines would do; nothing is changed.

        Args:
            read: What `provender.definitions.repository.read_definitions` found there.

        Raises:
            DefinitionError: With everything that is wrong in the modules, against the data, and
                in feature services.
        """
        try:
            return self._keeper.plan(
                read.definitions,
                self.stores.offline.schema,
                partial=False,
                flaws=read.flaws,
            )
        except ProvenderError as error:
            if isinstance(error, DefinitionError) or not read.flaws.problems:
                raise
            raise DefinitionError.of(read.flaws.problems) from error

    def plan_rollback(self, version: int) -> Plan:
        """Return what `rollback` would do; nothing is changed.

        Raises:
            NotFound: There is no such version.
        """
        return self._keeper.plan_rollback(version)

    def apply(
        self,
        objects: Definition | Iterable[Definition] | Plan,
        *,
        partial: bool = True,
        message: str = "",
        author: str | None = None,
        allow_data_loss: Consent = False,
    ) -> Plan:
        """Register definitions, or do what a plan says, and return the plan that was done.

        Args:
            objects: The definitions, or a `Plan`.
            partial: Keep what is registered and not among `objects`; otherwise it is removed.
            message: Why, for the history.
            author: Who; by default the ``author:`` of feature_store.yaml, the environment
                variable PROVENDER_AUTHOR, or the user of the machine.
            allow_data_loss: The views whose online rows may be lost, as many as the plan says;
                True: those of all that the plan names.

        Raises:
            DefinitionError: With everything that is wrong in any of them.
            Conflict: Others changed the same objects after the plan was made; nothing was changed.
            DataLoss: Online rows would be lost that nobody agreed to lose, or more than the plan
                says because some were written since; nothing was changed.
        """
        plan = objects if isinstance(objects, Plan) else self.plan(objects, partial=partial)
        note = Note(author or author_name(self.config.author), message)
        self._cached.put(self._keeper.commit(plan, note, allow_data_loss))
        if plan.changes:
            self.stores.after_apply(plan.hook_changes())
        return plan

    def rollback(
        self,
        version: int,
        *,
        message: str = "",
        author: str | None = None,
        allow_data_loss: Consent = False,
    ) -> Plan:
        """Register again what an earlier version registered, as a new version.

        Views whose online rows still exist are served at once.

        Args:
            version: The version to go back to.
            message: Why, for the history.
            author: Who; see `apply`.
            allow_data_loss: The views whose online rows may be lost; see `apply`.

        Raises:
            NotFound: There is no such version.
            Conflict: Others changed the same objects meanwhile; nothing was changed.
            DataLoss: Online rows would be lost that nobody agreed to lose; nothing was changed.
        """
        message = message or f"Roll back to version {version}"
        plan = self.plan_rollback(version)
        return self.apply(plan, message=message, author=author, allow_data_loss=allow_data_loss)

    def list_projects(self) -> list[Project]:
        """Return all projects of the registry, by name."""
        return list(projects(self.stores.registry))

    def list_entities(self) -> list[Entity]:
        """Return the registered entities, by name."""
        entities = self.refresh().entities
        return [entities[name] for name in sorted(entities)]

    def list_feature_views(self) -> list[FeatureView]:
        """Return the registered feature views, by name."""
        return [found.view for found in self.refresh().views()]

    def list_feature_services(self) -> list[FeatureService]:
        """Return the registered feature services, by name."""
        return [self.catalog.service(name).service for name in self.refresh().service_names]

    def list_data_sources(self) -> list[DataSource]:
        """Return the registered data sources, by name."""
        sources = self.refresh().sources
        return [sources[name] for name in sorted(sources)]

    def get_entity(self, name: str) -> Entity:
        """Return an entity.

        Raises:
            NotFound: There is none of that name.
        """
        return self.refresh().entity(name)

    def get_feature_view(self, name: str) -> FeatureView:
        """Return a feature view.

        Raises:
            NotFound: There is none of that name.
        """
        return self.refresh().view(name).view

    def get_feature_service(self, name: str) -> FeatureService:
        """Return a feature service.

        Raises:
            NotFound: There is none of that name.
        """
        return self.refresh().service(name).service

    def get_data_source(self, name: str) -> DataSource:
        """Return a data source.

        Raises:
            NotFound: There is none of that name.
        """
        return self.refresh().source(name)
