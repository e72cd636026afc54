"""`FeatureStore`: the main object of the API; each verb is a module that it delegates to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from provender import erasure, sweeping, training
from provender import online_figures as figures
from provender.arguments import check_argument, check_callable, check_whole, path_of
from provender.catalog.catalog import Catalog
from provender.catalog.projects import Project, projects
from provender.catalog.versions.history import CatalogHistory
from provender.clock import Clock, parse_instant, system_clock, to_us
from provender.config import Config, load_config
from provender.datasets import SavedDataset, SavedDatasetStorage
from provender.datasets import creating as datasets
from provender.definitions import (
    DataSource,
    Entity,
    FeatureService,
    FeatureView,
    OnDemandFeatureView,
    PushMode,
)
from provender.definitions.older_names import references
from provender.definitions.repository import ReadDefinitions
from provender.definitions.requested import Features
from provender.erasure import ForgetReport
from provender.filling.apply_filled import Applying, apply_plan
from provender.filling.estimate import FillEstimate, estimate_fill
from provender.filling.rebuild import Rebuilder, RebuiltView
from provender.materialize import MaterializeObserver, Materializer, ViewReport
from provender.materialize.observer import observer_of
from provender.offline.retrieval_job import RetrievalJob
from provender.offline.view_rows import Mode, ViewRows
from provender.online.response import OnlineResponse
from provender.online_figures import OnlineFigures
from provender.project_context import ProjectContext
from provender.push import Pusher, PushReport
from provender.registration import verbs as registration
from provender.registration.consent import Consent
from provender.registration.draft import Definition
from provender.registration.plan import Plan
from provender.repair import RepairReport, repair
from provender.serving import OnlineReader
from provender.stores import Stores
from provender.sweeping import SweepReport
from provender.tags import tagged
from provender.threads import in_thread

if TYPE_CHECKING:
    from provender.plugin.statistics import ViewFigures


class FeatureStore:
    """A project's features: defined, joined to training rows, loaded online and served.

    Online reads use a catalog that is at most ``registry.cache_ttl_seconds`` old, and pushes may
    use one of at most ``registry.write_cache_ttl_seconds``; every other method reads the registry
    once per call. Timestamps without a time zone mean UTC.

    Args:
        repo_path: The directory of feature_store.yaml; by default the current one.
        config: A configuration that was already read.
        fs_yaml_file: The path of the configuration file, instead of `repo_path`.
        clock: Returns the current time.
        version: Read as of this version of the catalog; the store is then read-only.

    Raises:
        ConfigError: The configuration is missing or wrong.
        PluginError: A plug-in that it names cannot be used (raised when first needed).
        RequestError: An argument has a value of the wrong type.
    """

    def __init__(
        self,
        repo_path: str | Path | None = None,
        *,
        config: Config | None = None,
        fs_yaml_file: str | Path | None = None,
        clock: Clock = system_clock,
        version: int | None = None,
    ) -> None:
        check_callable("clock", clock)
        if version is not None:
            check_whole("version", version)
        if config is None:
            directory = path_of("repo_path", "." if repo_path is None else repo_path)
            file = None if fs_yaml_file is None else path_of("fs_yaml_file", fs_yaml_file)
            config = load_config(file or directory)
        check_argument("config", config, Config, "what load_config() returns")
        self._project = ProjectContext(config, Stores(config, clock), version)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._project!r}>"

    @property
    def project(self) -> str:
        """The project's name."""
        return self._project.name

    @property
    def config(self) -> Config:
        """The configuration."""
        return self._project.config

    @property
    def stores(self) -> Stores:
        """The offline store, the online store, the registry and the engine."""
        return self._project.stores

    @property
    def history(self) -> CatalogHistory:
        """Every version of the catalog: its commits, and what changed between two of them."""
        return self._project.history

    @property
    def catalog(self) -> Catalog:
        """What is registered, at most ``registry.cache_ttl_seconds`` old; see `refresh`."""
        return self._project.catalog

    def refresh(self) -> Catalog:
        """Reload the catalog from the registry and return it.

        Raises:
            RegistryError: The registry cannot be read.
            NotFound: The store reads as of a version that does not exist.
        """
        return self._project.refresh()

    # --- What is registered -----------------------------------------------------------------

    def plan(self, objects: Definition | Iterable[Definition], *, partial: bool = True) -> Plan:
        """Return what registering `objects` would do; nothing is changed.

        Args:
            objects: The definitions.
            partial: Keep what is registered and not among `objects`; otherwise it is removed.

        Raises:
            DefinitionError: Everything that is wrong in any of them, as one error.
        """
        return registration.plan(self._project, objects, partial=partial)

    def plan_repository(self, read: ReadDefinitions) -> Plan:
        """Return what registering just what a repository defines would do; nothing is changed.

        Args:
            read: What `provender.definitions.repository.read_definitions` found there.

        Raises:
            DefinitionError: Everything that is wrong in the modules, against the data, and in
                feature services, as one error.
        """
        return registration.plan_repository(self._project, read)

    def plan_rollback(self, version: int) -> Plan:
        """Return what `rollback` would do; nothing is changed.

        Raises:
            NotFound: There is no such version.
        """
        return registration.plan_rollback(self._project, version)

    def apply(
        self,
        objects: Definition | Iterable[Definition] | Plan,
        *,
        partial: bool = True,
        message: str = "",
        author: str | None = None,
        allow_data_loss: Consent = False,
        fill: bool = False,
        observer: MaterializeObserver | None = None,
    ) -> Plan:
        """Register definitions, or apply a plan, and return the plan that was applied.

        Args:
            objects: The definitions, or a `Plan`.
            partial: Keep what is registered and not among `objects`; otherwise it is removed.
            message: A message for the history.
            author: The author of the commit; by default the ``author:`` of feature_store.yaml,
                the environment variable PROVENDER_AUTHOR, or the user of the machine.
            allow_data_loss: The views whose online rows may be lost, as many as the plan says;
                True: those of all that the plan names.
            fill: Load the online rows of the views that need it, under their new definitions,
                before the commit: reads find the old rows or the new ones, never none. Otherwise
                they lack rows or values until they are materialized.
            observer: Called with the progress of `fill`.

        Raises:
            DefinitionError: Everything that is wrong in any of them, as one error.
            Conflict: Others changed the same objects after the plan was made; nothing was changed.
            DataLoss: Online rows would be lost without consent, or more than the plan says
                because some were written since; nothing was changed.
            MaterializeError: With `fill`: rows could not be loaded; nothing was changed.
        """
        how = Applying(message, author, allow_data_loss, fill, observer)
        plan = objects if isinstance(objects, Plan) else self.plan(objects, partial=partial)
        return apply_plan(self._project, plan, how)

    def estimate_fill(self, plan: Plan) -> list[FillEstimate]:
        """Return what ``apply(plan, fill=True)`` has to load, view by view; nothing is changed.

        Raises:
            StoreError: The online store failed.
        """
        return estimate_fill(self._project, plan)

    def rollback(
        self,
        version: int,
        *,
        message: str = "",
        author: str | None = None,
        allow_data_loss: Consent = False,
        fill: bool = False,
        observer: MaterializeObserver | None = None,
    ) -> Plan:
        """Register again what an earlier version registered, as a new version; see `apply`.

        Views whose online rows still exist are served at once.

        Raises:
            NotFound: There is no such version.
            Conflict: Others changed the same objects in the meantime; nothing was changed.
            DataLoss: Online rows would be lost without consent; nothing was changed.
        """
        how = Applying(message, author, allow_data_loss, fill, observer)
        plan = self.plan_rollback(version)
        how = how if message else replace(how, message=f"Roll back to version {version}")
        return apply_plan(self._project, plan, how)

    def teardown(self) -> None:
        """Remove the project: its online tables, its ledgers and its catalog with the history."""
        registration.teardown(self._project)

    def list_projects(self) -> list[Project]:
        """Return all projects of the registry, by name."""
        return list(projects(self.stores.registry))

    def list_entities(self, tags: Mapping[str, str] | None = None) -> list[Entity]:
        """Return the registered entities that have all of some tags, by name; None: all."""
        return tagged([found for _, found in sorted(self.refresh().entities.items())], tags)

    def list_feature_views(self, tags: Mapping[str, str] | None = None) -> list[FeatureView]:
        """Return the registered feature views that have all of some tags, by name; None: all."""
        return tagged([found.view for found in self.refresh().views()], tags)

    def list_on_demand_feature_views(
        self, tags: Mapping[str, str] | None = None
    ) -> list[OnDemandFeatureView]:
        """Return the registered on-demand feature views that have all of some tags, by name."""
        return tagged([found.view for found in self.refresh().on_demand_views()], tags)

    def list_feature_services(self, tags: Mapping[str, str] | None = None) -> list[FeatureService]:
        """Return the registered feature services that have all of some tags, by name."""
        catalog = self.refresh()
        return tagged([catalog.service(name).service for name in catalog.service_names], tags)

    def list_data_sources(self, tags: Mapping[str, str] | None = None) -> list[DataSource]:
        """Return the registered data sources that have all of some tags, by name; None: all."""
        return tagged([found for _, found in sorted(self.refresh().sources.items())], tags)

    def get_entity(self, name: str) -> Entity:
        """Return an entity.

        Raises:
            NotFound: No entity has that name.
        """
        return self.refresh().entity(name)

    def get_feature_view(self, name: str) -> FeatureView:
        """Return a feature view.

        Raises:
            NotFound: No view has that name.
        """
        return self.refresh().view(name).view

    def get_on_demand_feature_view(self, name: str) -> OnDemandFeatureView:
        """Return an on-demand feature view.

        Raises:
            NotFound: No on-demand view has that name.
        """
        return self.refresh().on_demand_view(name).view

    def get_feature_service(self, name: str) -> FeatureService:
        """Return a feature service.

        Raises:
            NotFound: No service has that name.
        """
        return self.refresh().service(name).service

    def get_data_source(self, name: str) -> DataSource:
        """Return a data source.

        Raises:
            NotFound: No source has that name.
        """
        return self.refresh().source(name)

    # --- Offline ----------------------------------------------------------------------------

    def get_historical_features(
        self,
        entity_df: Any,
        features: Features | None = None,
        *,
        full_feature_names: bool = False,
        known_at: date | str | None = None,
        timestamp_field: str = "event_timestamp",
        feature_refs: Sequence[str] | None = None,
    ) -> RetrievalJob:
        """Join features to entity rows, as of the timestamp of each row.

        Everything is checked now; the query runs when the result of the job is requested.

        Args:
            entity_df: A table, as `push` takes it, a Parquet path or SQL text, with a column for
                each join key and one with the timestamps.
            features: References such as ``driver_stats:rating``, ``driver_stats`` for all; views
                or parts of them, as in feature services; one of these or a list of them. Or a
                feature service, or the name of one.
            full_feature_names: Name columns ``driver_stats__rating`` instead of ``rating``.
            known_at: Ignore rows of sources that were created later: a timestamp, or the
                column of `entity_df` with one for each row, such as `timestamp_field` itself. A
                null in the column matches nothing.
            timestamp_field: The column of `entity_df` with the timestamps.
            feature_refs: The older name of `features`, with full names.

        Raises:
            NotFound: A view, feature or service is not registered.
            RequestError: The entity rows do not fit, or two columns would have the same name.
            TransformError: The function of an on-demand feature view cannot be loaded.
        """
        features, full = references(features, feature_refs, full=full_feature_names)
        return training.historical_features(
            self._project,
            entity_df,
            features,
            full_feature_names=full,
            known_at=known_at,
            timestamp_field=timestamp_field,
        )

    def get_view_rows(
        self,
        view: str,
        features: Sequence[str] | None = None,
        *,
        start: date | str | None = None,
        end: date | str | None = None,
        mode: Mode = "events",
        known_at: date | str | None = None,
    ) -> ViewRows:
        """Return rows of a view without entity rows to join them to; see `ViewRows`.

        Args:
            view: The feature view.
            features: Some of its features; by default all.
            start: The first event timestamp.
            end: The last event timestamp; by default the current time.
            mode: ``events``, ``snapshot`` or ``ranges``.
            known_at: Ignore rows that were created later than this timestamp.

        Raises:
            NotFound: The view, or a feature, is not registered.
            RequestError: The request is not valid, or the start is after the end.
        """
        return training.view_rows(
            self._project, view, features, start=start, end=end, mode=mode, known_at=known_at
        )

    def get_view_statistics(
        self, view: str, start: date | str | None = None, end: date | str | None = None
    ) -> ViewFigures:
        """Return statistics of a view's rows: nulls, distinct values, quantiles, histograms.

        Args:
            view: The feature view.
            start: Only rows with this event timestamp or a later one.
            end: Only rows with this event timestamp or an earlier one.

        Raises:
            NotFound: The view is not registered.
            RequestError: The start is after the end.
            SourceError: Its rows cannot be read.
        """
        return training.view_statistics(self._project, view, start, end)

    def create_saved_dataset(
        self,
        from_: RetrievalJob,
        name: str,
        storage: SavedDatasetStorage,
        *,
        tags: Mapping[str, str] | None = None,
        feature_service: FeatureService | str | None = None,
        allow_overwrite: bool = False,
    ) -> SavedDataset:
        """Run a retrieval job, store its rows, and record how they were made.

        Args:
            from_: The job, as `get_historical_features` returned it.
            name: The name of the dataset.
            storage: The path of a Parquet file (relative to the feature repository), a URL, a
                `SavedDatasetFileStorage` or a `SavedDatasetTableStorage`.
            tags: Labels of your choice.
            feature_service: The feature service that the job has to be of, if any.
            allow_overwrite: Whether a dataset of that name, and what is at the place, give way.
                They may be lost where the create fails after the new rows are at the place.

        Raises:
            RequestError: An argument is not valid; or something has the name or is at the place,
                and is not to be replaced. Nothing was changed.
            SourceError: The rows cannot be read; nothing was changed.
            StoreError: The rows cannot be stored; neither rows nor a record are left.
            Conflict: A dataset of that name is being created elsewhere.
        """
        return datasets.create(
            self._project,
            from_,
            name,
            storage,
            tags=tags,
            feature_service=feature_service,
            allow_overwrite=allow_overwrite,
        )

    def get_saved_dataset(self, name: str) -> SavedDataset:
        """Return a saved dataset.

        Raises:
            NotFound: There is none of that name.
        """
        return datasets.get(self._project, name)

    def list_saved_datasets(self, tags: Mapping[str, str] | None = None) -> list[SavedDataset]:
        """Return the saved datasets that have all of some tags, by name."""
        return datasets.all_of(self._project, tags)

    def delete_saved_dataset(self, name: str, *, rows: bool = False) -> None:
        """Remove the record of a saved dataset.

        Args:
            name: The dataset.
            rows: Remove the stored rows, too.

        Raises:
            NotFound: There is none of that name.
            StoreError: The rows cannot be removed; the record is gone.
        """
        datasets.delete(self._project, name, rows=rows)

    # --- Into the stores --------------------------------------------------------------------

    def materialize(
        self,
        start_date: date | str,
        end_date: date | str,
        feature_views: Sequence[str] | None = None,
        *,
        observer: MaterializeObserver | None = None,
    ) -> list[ViewReport]:
        """Load the newest rows between two timestamps (both included) into the online store.

        Args:
            start_date: The first timestamp.
            end_date: The last timestamp; one in the future means now.
            feature_views: The views; by default all that are online.
            observer: Called with the progress.

        Raises:
            RequestError: The start is after the end.
            NotFound: A view is not registered.
            MaterializeError: Some views failed; the others were loaded.
        """
        start, end = (to_us(parse_instant(date)) for date in (start_date, end_date))
        return Materializer(self._project, observer).between(start, end, feature_views)

    def materialize_incremental(
        self,
        end_date: date | str,
        feature_views: Sequence[str] | None = None,
        *,
        observer: MaterializeObserver | None = None,
    ) -> list[ViewReport]:
        """Load what is not yet in the online store up to a timestamp, late rows included.

        Args:
            end_date: The last timestamp; one in the future means now.
            feature_views: The views; by default all that are online.
            observer: Called with the progress.

        Raises:
            NotFound: A view is not registered.
            MaterializeError: Some views failed; the others were loaded.
        """
        end = to_us(parse_instant(end_date))
        return Materializer(self._project, observer).since_last(end, feature_views)

    def rebuild(
        self,
        feature_views: Sequence[str] | None = None,
        end_date: date | str | None = None,
        *,
        keep_pushed: bool = False,
        allow_data_loss: Consent = False,
        observer: MaterializeObserver | None = None,
    ) -> list[RebuiltView]:
        """Make the online rows of views equal to the offline store, without a gap in serving.

        A new table is filled with the newest row of each key, while the old one is read; then one
        commit of the catalog switches all views. Rows that were removed from the source, or moved
        to an earlier timestamp, are gone online then. Pushes and runs that come meanwhile lose
        nothing. Whatever fails before the commit leaves the old rows.

        Args:
            feature_views: The views; by default all that are online.
            end_date: The last timestamp; by default, and at most, now.
            keep_pushed: Keep the rows that are online and not in the source: those of keys that it
                does not have, and those that are newer than its newest.
            allow_data_loss: The views whose rows that are only online may be lost; True: those of
                all. Where no row was ever pushed only online, none is asked for.
            observer: Called with the progress.

        Raises:
            NotFound: A view is not registered.
            RequestError: A view is not online, or the online store cannot list its keys, which
                `keep_pushed` needs.
            DataLoss: Rows that are only online would be lost; nothing was changed.
            Conflict: A view was changed meanwhile; nothing was changed.
            MaterializeError: Some views failed and are read as before; the others were rebuilt.
        """
        end = None if end_date is None else to_us(parse_instant(end_date))
        rebuilder = Rebuilder(
            self._project,
            observer_of(observer),
            keep_pushed=keep_pushed,
            consent=allow_data_loss,
        )
        return rebuilder.rebuild(feature_views, end)

    async def rebuild_async(
        self,
        feature_views: Sequence[str] | None = None,
        end_date: date | str | None = None,
        *,
        keep_pushed: bool = False,
        allow_data_loss: Consent = False,
        observer: MaterializeObserver | None = None,
    ) -> list[RebuiltView]:
        """Rebuild online rows in a thread, in which the observer is called; see `rebuild`."""
        return await in_thread(
            self.rebuild,
            feature_views,
            end_date,
            keep_pushed=keep_pushed,
            allow_data_loss=allow_data_loss,
            observer=observer,
        )

    def push(
        self,
        push_source_name: str,
        df: Any,
        to: PushMode | str = PushMode.ONLINE,
        *,
        allow_registry_cache: bool = False,
    ) -> PushReport:
        """Push rows to all views of a push source.

        All rows are checked against all views before any is written. Of several rows of a key the
        newest wins, in one push and between many, in any order; a push that failed may be repeated.

        Args:
            push_source_name: The push source.
            df: The rows, with the columns of the source: a DataFrame of pandas or polars, an
                Arrow table, record batches, a relation of DuckDB or whatever else has
                ``__arrow_c_stream__``, a list of dicts or a dict of columns.
            to: ``online``, ``offline`` or ``both`` (offline first), as text or `PushMode`.
            allow_registry_cache: Whether definitions may be as old as the configuration's
                ``registry.write_cache_ttl_seconds``; otherwise the registry is read for each push.

        Raises:
            NotFound: There is no such push source, or no view reads it.
            RequestError: Everything that is wrong with the rows, as one error; nothing was
                written. Or the store reads as of an earlier version.
            SourceError: The columns of the batch source cannot be read; nothing was written.
            PushError: A store failed; names what was written. It is safe to push again.
        """
        pusher = Pusher(self._project, allow_registry_cache=allow_registry_cache)
        return pusher.to_source(push_source_name, df, to)

    async def push_async(
        self,
        push_source_name: str,
        df: Any,
        to: PushMode | str = PushMode.ONLINE,
        *,
        allow_registry_cache: bool = False,
    ) -> PushReport:
        """Push rows to all views of a push source in a thread; see `push`."""
        return await in_thread(
            self.push, push_source_name, df, to, allow_registry_cache=allow_registry_cache
        )

    def write_to_online_store(
        self, feature_view_name: str, df: Any, *, allow_registry_cache: bool = False
    ) -> PushReport:
        """Merge rows into one view online, whatever its source is; see `push`.

        Raises:
            NotFound: There is no such view.
            RequestError: The view is not online, or everything that is wrong with the rows, as
                one error; nothing was written. Or the store reads as of an earlier version.
            PushError: The store failed; it is safe to write again.
        """
        pusher = Pusher(self._project, allow_registry_cache=allow_registry_cache)
        return pusher.to_view(feature_view_name, df, PushMode.ONLINE)

    async def write_to_online_store_async(
        self, feature_view_name: str, df: Any, *, allow_registry_cache: bool = False
    ) -> PushReport:
        """Merge rows into one view online in a thread; see `write_to_online_store`."""
        write, cached = self.write_to_online_store, allow_registry_cache
        return await in_thread(write, feature_view_name, df, allow_registry_cache=cached)

    def write_to_offline_store(
        self, feature_view_name: str, df: Any, *, allow_registry_cache: bool = False
    ) -> PushReport:
        """Append rows to the source of one view, all of them or none; see `push`.

        Raises:
            NotFound: There is no such view.
            RequestError: Everything that is wrong with the rows, as one error; nothing was
                written. Or the store reads as of an earlier version.
            SourceError: The columns of the source cannot be read; nothing was written.
            PushError: The store failed; it is safe to write again.
        """
        pusher = Pusher(self._project, allow_registry_cache=allow_registry_cache)
        return pusher.to_view(feature_view_name, df, PushMode.OFFLINE)

    async def write_to_offline_store_async(
        self, feature_view_name: str, df: Any, *, allow_registry_cache: bool = False
    ) -> PushReport:
        """Append rows to the source of one view in a thread; see `write_to_offline_store`."""
        write, cached = self.write_to_offline_store, allow_registry_cache
        return await in_thread(write, feature_view_name, df, allow_registry_cache=cached)

    def plan_forget(
        self, entity: Mapping[str, Any], views: Sequence[str] | None = None
    ) -> ForgetReport:
        """Return what `forget` would erase; nothing is changed.

        Raises:
            NotFound: A view is not registered.
            RequestError: The entity does not fit the views.
            StoreError: The online store failed.
        """
        return erasure.plan_forget(self._project, entity, views)

    def forget(self, entity: Mapping[str, Any], views: Sequence[str] | None = None) -> ForgetReport:
        """Erase one entity from the online store and return what was erased, view by view.

        Its row is removed from every online feature view whose join keys are all given, also from
        an earlier table of the view that an apply has still to drop. Forgetting again is harmless.

        Rows in the sources are not changed. As long as they hold the entity, whatever reads their
        time again (a materialization of old rows, a lookback, a new feature) loads it again; so
        remove it there first.

        Args:
            entity: The values of its join keys, such as ``{"driver_id": 1001}``.
            views: The feature views; by default all that are online.

        Raises:
            NotFound: A view is not registered; nothing was erased.
            RequestError: A join key is not in any view, is missing for a view that is named, or
                has the wrong type; nothing was erased.
            StoreError: The online store failed, and some rows may be erased: it is safe to
                forget again. Or it cannot delete rows by their keys.
        """
        return erasure.forget(self._project, entity, views)

    def repair(
        self,
        entities: Any,
        feature_views: Sequence[str] | None = None,
        end_date: date | str | None = None,
    ) -> list[RepairReport]:
        """Make the online rows of some entities equal to the offline store's, in place.

        A materialization never takes a newer row back. A repair does: for these entities, rows
        that are newer online than in the offline store are replaced by older ones, and rows that
        the offline store does not have are deleted, also those that were pushed only online.
        Repair after a source was mended, and after `forget` while sources still had rows.

        A row that comes while its entity is repaired and is newer than the offline one stays. Two
        cases cannot be excluded: a row that is pushed in the moment in which the row before it is
        deleted, and a run that read the source before it was mended.

        Args:
            entities: Their join keys, a table as `push` takes it, such as
                ``[{"driver_id": 1001}]``.
            feature_views: The views; by default all that are online and whose join keys are all
                given.
            end_date: Rows after this timestamp do not count, and the next incremental run loads
                them again; by default the present, as is one in the future.

        Returns:
            What was done, view by view.

        Raises:
            NotFound: A view is not registered; nothing was changed.
            RequestError: A join key is not in any view, is missing, null or of the wrong type; or
                the store reads as of an earlier version. Nothing was changed.
            SourceError: The rows of a view cannot be read; views before it may be repaired.
            StoreError: A store failed, and some rows may be repaired: it is safe to repair them
                again. Or the online store cannot delete rows by their keys; nothing was changed.
        """
        return repair(self._project, entities, feature_views, end_date)

    async def repair_async(
        self,
        entities: Any,
        feature_views: Sequence[str] | None = None,
        end_date: date | str | None = None,
    ) -> list[RepairReport]:
        """Repair online rows in a thread; see `repair`."""
        return await in_thread(self.repair, entities, feature_views, end_date)

    def online_figures(self, views: Sequence[str] | None = None) -> list[OnlineFigures]:
        """Return how many rows each online table holds, how large and how old they are.

        A view has one table that serves it, and others while earlier generations wait to be
        dropped. Figures are exact where the online store has them at once, otherwise estimates
        and marked as such, otherwise None; nothing is read whole for them from a store that is
        paid for.

        Args:
            views: The feature views; by default all that are online.

        Returns:
            For each view, by name: its serving table, then those that are waiting.

        Raises:
            NotFound: A view is not registered.
            RequestError: A view is not online.
            StoreError: The online store failed.
        """
        return figures.online_figures(self._project, views)

    async def online_figures_async(self, views: Sequence[str] | None = None) -> list[OnlineFigures]:
        """Return what `online_figures` returns, without blocking the event loop."""
        return await in_thread(self.online_figures, views)

    def sweep(self, views: Sequence[str] | None = None, *, most: int | None = None) -> SweepReport:
        """Remove online rows whose event is older than their view's ttl; they are not served.

        What counts is the ttl that is registered at the moment. A store with an expiry of its own,
        such as Redis, removes them by itself; the report says so. Materializations sweep too: each
        removes at most as many rows of a view as it has written.

        Args:
            views: The feature views; by default all that are online.
            most: How many rows are removed at most, of all views together; by default all.

        Raises:
            NotFound: A view is not registered; nothing was removed.
            RequestError: A view is not online, `most` is negative, or the store reads as of an
                earlier version; nothing was removed.
            StoreError: The online store failed, and some rows may be removed: it is safe to sweep
                again.
        """
        return sweeping.sweep(self._project, views, most)

    async def sweep_async(
        self, views: Sequence[str] | None = None, *, most: int | None = None
    ) -> SweepReport:
        """Remove old online rows in a thread; see `sweep`."""
        return await in_thread(self.sweep, views, most=most)

    # --- Online -----------------------------------------------------------------------------

    def get_online_features(
        self,
        features: Features | None = None,
        entity_rows: Any = None,
        *,
        full_feature_names: bool = False,
        feature_refs: Sequence[str] | None = None,
    ) -> OnlineResponse:
        """Return the newest features of some entities.

        Args:
            features: See `get_historical_features`.
            entity_rows: A table, as `push` takes it; one dict per row, or a dict of one list per
                column, are read fastest.
            full_feature_names: Name columns ``driver_stats__rating`` instead of ``rating``.
            feature_refs: The older name of `features`, with full names.

        Raises:
            NotFound: A view, feature or service is not registered.
            RequestError: A join key is missing or of the wrong type.
            StoreError: The online store failed.
            TransformError: The function of an on-demand feature view failed for a row, or cannot
                be loaded.
        """
        features, full = references(features, feature_refs, full=full_feature_names)
        return self.prepare(features, full_feature_names=full).read(entity_rows)

    async def get_online_features_async(
        self,
        features: Features | None = None,
        entity_rows: Any = None,
        *,
        full_feature_names: bool = False,
    ) -> OnlineResponse:
        """Return what `get_online_features` returns without blocking the event loop.

        For many requests for the same features, `prepare_async` once and call the reader's
        `read_async`.
        """
        reader = await self.prepare_async(features, full_feature_names=full_feature_names)
        return await reader.read_async(entity_rows)

    def prepare(
        self, features: Features | None, *, full_feature_names: bool = False
    ) -> OnlineReader:
        """Compile an online read once, for many requests; it follows changes of the catalog.

        Args:
            features: See `get_historical_features`.
            full_feature_names: Name columns ``driver_stats__rating`` instead of ``rating``.

        Raises:
            NotFound: A view, feature or service is not registered.
        """
        return OnlineReader(self._project, features, full_feature_names=full_feature_names)

    async def prepare_async(
        self, features: Features | None, *, full_feature_names: bool = False
    ) -> OnlineReader:
        """Return what `prepare` returns, compiled in a thread: it may wait for the registry."""
        return await in_thread(self.prepare, features, full_feature_names=full_feature_names)

    def close(self) -> None:
        """Release the stores' connections; closing twice is allowed."""
        self.stores.close()

    async def close_async(self) -> None:
        """Release the stores' connections, those of the running event loop too."""
        await self.stores.close_async()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close_async()
