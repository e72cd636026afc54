"""`FeatureStore`: Feast's methods over Provender's store."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

import provender
from provender import definitions as ours
from provender_feast.applying import as_list, complete, kept, plan_of, removed_views
from provender_feast.checks import (
    check_collisions,
    check_offline_columns,
    check_request_data,
    is_written,
)
from provender_feast.definitions import Definition, FeatureService, PushMode
from provender_feast.entity_frames import event_timestamps
from provender_feast.errors import (
    FeastRequestError,
    FeastUnsupportedError,
    PushSourceNotFoundException,
    as_feasts,
)
from provender_feast.progress import beginning, loaded
from provender_feast.registered import Registered
from provender_feast.repo_config import RepoConfig, load_repo_config
from provender_feast.results import OnlineResponse, RetrievalJob
from provender_feast.saved_datasets import SavedDataset, SavedDatasetFileStorage
from provender_feast.translated_config import provender_config

Features = Sequence[str] | FeatureService
_PLACES: Final = {
    PushMode.ONLINE: ours.PushMode.ONLINE,
    PushMode.OFFLINE: ours.PushMode.OFFLINE,
    PushMode.ONLINE_AND_OFFLINE: ours.PushMode.ONLINE_AND_OFFLINE,
}


class FeatureStore(Registered):
    """A project's features, by Feast's methods.

    Args:
        repo_path: The directory of feature_store.yaml; by default the current one.
        config: A configuration, instead of a file.
        fs_yaml_file: The configuration file, wherever it is.

    Attributes:
        config: The configuration.
        repo_path: The directory of the repository.
        provender: Provender's store beneath, with everything that Feast has no method for.

    Raises:
        FeastConfigError: The configuration is missing or wrong, or asks for what Provender does
            not do.
    """

    def __init__(
        self,
        repo_path: str | Path | None = None,
        config: RepoConfig | None = None,
        fs_yaml_file: str | Path | None = None,
    ) -> None:
        if repo_path is not None and config is not None:
            raise ValueError("You cannot specify both repo_path and config.")
        given = config.repo_path if config else repo_path
        self.repo_path = Path(given or Path.cwd()).absolute()
        if config is None:
            file = Path(fs_yaml_file) if fs_yaml_file else None
            config = load_repo_config(self.repo_path, file)
        self.config = config
        placed = config.model_copy(update={"repo_path": self.repo_path})
        super().__init__(provender.FeatureStore(config=provender_config(placed)))
        self._requests: tuple[int | None, frozenset[str]] = (None, frozenset())

    def __repr__(self) -> str:
        return f"<FeatureStore of project {self.project!r} in {self.repo_path}>"

    @property
    def project(self) -> str:
        """The project's name."""
        return self.config.project

    def refresh_registry(self) -> None:
        """Reload what is registered."""
        with as_feasts():
            self.provender.refresh()

    def close(self) -> None:
        """Release the connections of the stores."""
        self.provender.close()

    # --- What is registered -----------------------------------------------------------------

    def apply(
        self,
        objects: Definition | Iterable[Definition],
        objects_to_delete: Iterable[Definition] | None = None,
        partial: bool = True,
        skip_feature_view_validation: bool = False,
    ) -> None:
        """Register definitions; what was inferred is filled in in them.

        Args:
            objects: The definitions.
            objects_to_delete: Definitions that are removed, with their online rows; only with
                ``partial=False``.
            partial: Whether nothing is removed.
            skip_feature_view_validation: Not used: views are always checked.

        Raises:
            FeastDefinitionError: Everything that is wrong in any of them, as one error.
        """
        given, gone = as_list(objects), [] if partial else list(objects_to_delete or ())
        with as_feasts():
            others = kept(self.provender, gone) if gone else []
            plan = plan_of(self.provender, given, *others, partial=not gone)
            self.provender.apply(plan, allow_data_loss=removed_views(plan))
            complete(self.provender, given)

    def teardown(self) -> None:
        """Remove the project: its online tables and everything that is registered."""
        with as_feasts():
            self.provender.teardown()

    def delete_feature_view(self, name: str) -> None:
        """Remove a feature view with its online rows.

        Raises:
            FeatureViewNotFoundException: There is none of that name.
        """
        self.apply([], [self.get_feature_view(name)], partial=False)

    def delete_feature_service(self, name: str) -> None:
        """Remove a feature service.

        Raises:
            FeatureServiceNotFoundException: There is none of that name.
        """
        self.apply([], [self.get_feature_service(name)], partial=False)

    def _request_columns(self) -> frozenset[str]:
        """Return the columns of entity rows that only on-demand feature views take."""
        catalog = self.provender.catalog
        if self._requests[0] != catalog.version:
            views = [one.view for one in catalog.on_demand_views()]
            taken = {field.name for v in views for one in v.requests for field in one.schema}
            keys = {entity.join_key for entity in catalog.entities.values()}
            self._requests = catalog.version, frozenset(taken - keys)
        return self._requests[1]

    # --- Offline ----------------------------------------------------------------------------

    def get_historical_features(
        self,
        entity_df: Any = None,
        features: Features = (),
        full_feature_names: bool = False,
        start_date: datetime | None = None,
        end_date: datetime | None = None,
        filter_by_created_timestamp: bool = False,
    ) -> RetrievalJob:
        """Join features to entity rows, as of the timestamp of each row.

        Args:
            entity_df: A pandas DataFrame or SQL text, with a column for each join key and one
                with the timestamps.
            features: References such as ``driver_stats:rating``, or a feature service.
            full_feature_names: Name columns ``driver_stats__rating`` instead of ``rating``.
            start_date: Not supported; see `provender.FeatureStore.get_view_rows`.
            end_date: Not supported.
            filter_by_created_timestamp: Ignore rows that were created after a row's timestamp.

        Raises:
            FeastObjectNotFoundException: A view, feature or service is not registered.
            FeastRequestError: The entity rows do not fit, or two columns have the same name.
        """
        if entity_df is None or start_date or end_date:
            raise FeastUnsupportedError(
                "features without entity rows are not supported here",
                fix="pass entity_df=, or read a view by store.provender.get_view_rows(view)",
            )
        rows, timestamp = event_timestamps(entity_df)
        wanted = _references(features)
        check_collisions(wanted, full_feature_names=full_feature_names)
        with as_feasts():
            check_request_data(self.provender, wanted, rows)
            job = self.provender.get_historical_features(
                rows,
                wanted,
                full_feature_names=full_feature_names,
                known_at=timestamp if filter_by_created_timestamp else None,
                timestamp_field=timestamp,
            )
        return RetrievalJob(job, full_feature_names=full_feature_names)

    def create_saved_dataset(
        self,
        from_: RetrievalJob,
        name: str,
        storage: SavedDatasetFileStorage,
        tags: Mapping[str, str] | None = None,
        feature_service: FeatureService | None = None,
        allow_overwrite: bool = False,
    ) -> SavedDataset:
        """Run a retrieval job, store its rows, and record how they were made.

        Args:
            from_: The job.
            name: The name of the dataset.
            storage: Where its rows are stored.
            tags: Labels of your choice.
            feature_service: The feature service that the job has to be of, if any.
            allow_overwrite: Whether a dataset of that name, and what is at the place, give way.

        Raises:
            SavedDatasetLocationAlreadyExists: Something has the name, or is at the place.
        """
        with as_feasts():
            made = self.provender.create_saved_dataset(
                from_.job,
                name,
                storage.path,
                tags=dict(tags or {}),
                feature_service=None if feature_service is None else feature_service.name,
                allow_overwrite=allow_overwrite,
            )
        return SavedDataset(made, storage)

    def get_saved_dataset(self, name: str) -> SavedDataset:
        """Return a saved dataset.

        Raises:
            SavedDatasetNotFound: There is none of that name.
        """
        with as_feasts():
            return SavedDataset(self.provender.get_saved_dataset(name))

    def list_saved_datasets(
        self, allow_cache: bool = False, tags: Mapping[str, str] | None = None
    ) -> list[SavedDataset]:
        """Return the saved datasets that have all of some tags, by name."""
        with as_feasts():
            return [SavedDataset(one) for one in self.provender.list_saved_datasets(tags)]

    # --- Into the stores --------------------------------------------------------------------

    def materialize(
        self,
        start_date: datetime,
        end_date: datetime,
        feature_views: Sequence[str] | None = None,
        disable_event_timestamp: bool = False,
    ) -> None:
        """Load the newest rows between two timestamps into the online store.

        Args:
            start_date: The first timestamp.
            end_date: The last timestamp.
            feature_views: The views; by default all that are online, but for label views.
            disable_event_timestamp: Load all rows up to now.

        Raises:
            MaterializeError: Some views failed; the others were loaded.
        """
        if disable_event_timestamp:
            start_date, end_date = datetime(1970, 1, 1, tzinfo=UTC), datetime.now(UTC)
        if start_date > end_date:
            raise ValueError(
                f"The given start_date {start_date} is greater than the given end_date {end_date}."
            )
        with as_feasts():
            names = self._to_materialize(feature_views)
            click.echo(beginning(self.config, names, end_date, start_date))
            if names:
                loaded(self.provender.materialize(start_date, end_date, names))

    def materialize_incremental(
        self, end_date: datetime, feature_views: Sequence[str] | None = None
    ) -> None:
        """Load what is not yet in the online store up to a timestamp.

        Args:
            end_date: The last timestamp.
            feature_views: The views; by default all that are online, but for label views.

        Raises:
            MaterializeError: Some views failed; the others were loaded.
        """
        with as_feasts():
            names = self._to_materialize(feature_views)
            click.echo(beginning(self.config, names, end_date))
            if names:
                loaded(self.provender.materialize_incremental(end_date, names))

    def _to_materialize(self, names: Sequence[str] | None) -> list[str]:
        if names is not None:
            return list(names)
        return [one.name for one in self.list_feature_views() if one.online]

    def push(
        self,
        push_source_name: str,
        df: Any,
        allow_registry_cache: bool = True,
        to: PushMode = PushMode.ONLINE,
        transform_on_write: bool = True,
    ) -> None:
        """Push rows to all views of a push source.

        Args:
            push_source_name: The push source.
            df: The rows, a pandas DataFrame.
            allow_registry_cache: Whether definitions may be some seconds old.
            to: Where the rows go.
            transform_on_write: Not used: features are computed when they are requested.

        Raises:
            PushSourceNotFoundException: There is no such push source, or no view reads it.
            FeastRequestError: The rows do not fit; nothing was written.
        """
        try:
            with as_feasts():
                self.provender.push(
                    push_source_name, df, _PLACES[to], allow_registry_cache=allow_registry_cache
                )
        except provender.errors.NotFound as error:
            raise PushSourceNotFoundException(push_source_name) from error

    def write_to_online_store(
        self,
        feature_view_name: str,
        df: Any = None,
        inputs: Any = None,
        allow_registry_cache: bool = True,
        transform_on_write: bool = True,
    ) -> None:
        """Write rows of one view online; see `push`.

        Args:
            feature_view_name: The view.
            df: The rows, a pandas DataFrame.
            inputs: The rows as a dict of columns, instead.
            allow_registry_cache: Whether definitions may be some seconds old.
            transform_on_write: Not used: features are computed when they are requested.
        """
        rows = inputs if df is None else df
        with as_feasts():
            if not is_written(self.provender, feature_view_name, rows):
                return
            self.provender.write_to_online_store(
                feature_view_name, rows, allow_registry_cache=allow_registry_cache
            )

    async def push_async(
        self,
        push_source_name: str,
        df: Any,
        allow_registry_cache: bool = True,
        to: PushMode = PushMode.ONLINE,
    ) -> None:
        """Push rows in a thread; see `push`."""
        await asyncio.to_thread(self.push, push_source_name, df, allow_registry_cache, to)

    async def write_to_online_store_async(
        self,
        feature_view_name: str,
        df: Any = None,
        inputs: Any = None,
        allow_registry_cache: bool = True,
    ) -> None:
        """Write rows of one view online in a thread; see `write_to_online_store`."""
        write = self.write_to_online_store
        await asyncio.to_thread(write, feature_view_name, df, inputs, allow_registry_cache)

    def write_to_offline_store(
        self,
        feature_view_name: str,
        df: Any,
        allow_registry_cache: bool = True,
        reorder_columns: bool = True,
    ) -> None:
        """Append rows to the source of one view; see `push`.

        Args:
            feature_view_name: The view.
            df: The rows, a pandas DataFrame.
            allow_registry_cache: Whether definitions may be some seconds old.
            reorder_columns: Not used: columns are found by their names.
        """
        with as_feasts():
            check_offline_columns(self.provender, feature_view_name, df)
            self.provender.write_to_offline_store(
                feature_view_name, df, allow_registry_cache=allow_registry_cache
            )

    # --- Online -----------------------------------------------------------------------------

    def get_online_features(
        self,
        features: Features,
        entity_rows: Any,
        full_feature_names: bool = False,
    ) -> OnlineResponse:
        """Return the newest features of some entities.

        Args:
            features: References such as ``driver_stats:rating``, or a feature service.
            entity_rows: One dict per row, or a dict of one list per column.
            full_feature_names: Name features ``driver_stats__rating`` instead of ``rating``.

        Raises:
            FeastObjectNotFoundException: A view, feature or service is not registered.
            FeastRequestError: A join key is missing or of the wrong type.
        """
        with as_feasts():
            response = self.provender.get_online_features(
                _references(features), entity_rows, full_feature_names=full_feature_names
            )
        return OnlineResponse(response, self._request_columns())

    async def get_online_features_async(
        self,
        features: Features,
        entity_rows: Any,
        full_feature_names: bool = False,
    ) -> OnlineResponse:
        """Return what `get_online_features` returns, without blocking the event loop."""
        with as_feasts():
            response = await self.provender.get_online_features_async(
                _references(features), entity_rows, full_feature_names=full_feature_names
            )
        return OnlineResponse(response, self._request_columns())


def _references(features: Features) -> Any:
    """Return the features of a request, as Provender takes them; a service by its definition."""
    if isinstance(features, FeatureService):
        return features.to_provender()
    if isinstance(features, str):
        raise FeastRequestError("features are not a list", got=repr(features))
    return list(features)
