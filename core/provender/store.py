"""`FeatureStore`: the one object that people hold. It wires the rooms together and delegates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from provender.catalog.catalog import Catalog
from provender.catalog.selection import Features, Selection, select
from provender.clock import Clock, duration_us, from_us, parse_instant, system_clock, to_us
from provender.config import Config, load_config
from provender.definitions.older_names import warn_older
from provender.errors import NotFound, RequestError
from provender.materialize import MaterializeObserver, Materializer, ViewReport
from provender.materialize.ledger import LedgerBook
from provender.names import check_given_names
from provender.offline.entity_rows import to_spine
from provender.offline.planner import known_instant, plan_join
from provender.offline.retrieval_job import RetrievalJob
from provender.offline.view_rows import Mode, ViewRows
from provender.online.read_plan import OnlineReader, ViewRead
from provender.online.response import OnlineResponse
from provender.plugin.contract.plan import Window
from provender.pushes import Pushes
from provender.stores import Stores

if TYPE_CHECKING:
    from provender.plugin.statistics import ViewFigures


class FeatureStore(Pushes):
    """A project's features: defined, joined to training rows, moved online and served.

    Args:
        repo_path: The directory of feature_store.yaml; by default the current one.
        config: A configuration that was already read.
        fs_yaml_file: The configuration file itself, wherever it is.
        clock: Where the present comes from.
        version: Read as of this version of the catalog; nothing can be changed then.

    Raises:
        ConfigError: The configuration is missing or wrong.
        PluginError: A plug-in that it names cannot be used (raised when first needed).
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
        config = config or load_config(Path(fs_yaml_file or repo_path or "."))
        super().__init__(config, Stores(config, clock), version)
        self._clock = clock

    def get_historical_features(
        self,
        entity_df: Any,
        features: Features | None = None,
        *,
        full_feature_names: bool = False,
        known_at: datetime | str | None = None,
        timestamp_field: str = "event_timestamp",
        feature_refs: Sequence[str] | None = None,
    ) -> RetrievalJob:
        """Join features to entity rows, each as it was at the row's instant.

        Everything is checked now; the query runs when the job's result is asked for.

        Args:
            entity_df: A pandas DataFrame, an Arrow table, a Parquet path or SQL text, with a
                column for each join key and one with the instants.
            features: References such as ``driver_stats:rating``, ``driver_stats`` for all; or a
                feature service.
            full_feature_names: Name columns ``driver_stats__rating`` instead of ``rating``.
            known_at: Rows of sources that were created later do not exist: an instant, or the
                column of `entity_df` with an instant for each row, such as `timestamp_field`
                itself. A null in the column matches nothing.
            timestamp_field: The column of `entity_df` with the instants; naive means UTC.
            feature_refs: The older name of `features`, with full names.

        Raises:
            NotFound: A view or feature is not registered.
            RequestError: The entity rows do not fit, or two columns would have one name.
        """
        features, full = _older_refs(features, feature_refs, full_feature_names)
        selections = select(self.refresh(), features, full_feature_names=full)
        offline, spine = self.stores.offline, to_spine(entity_df)
        schema = offline.spine_schema(spine)
        plan, spine = plan_join(
            spine,
            schema,
            [selection.join() for selection in selections],
            timestamp=timestamp_field,
            known_at=known_instant(known_at, schema, offline),
        )
        return RetrievalJob(offline, plan, spine)

    def get_view_rows(
        self,
        view: str,
        features: Sequence[str] | None = None,
        *,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
        mode: Mode = "events",
        known_at: datetime | str | None = None,
    ) -> ViewRows:
        """Return rows of a view without entity rows to join them to; see `ViewRows`.

        Args:
            view: The feature view.
            features: Some of its features; by default all.
            start: The first event timestamp; naive means UTC.
            end: The last event timestamp; by default the present.
            mode: ``events``, ``snapshot`` or ``ranges``.
            known_at: Rows that were created later do not exist.

        Raises:
            NotFound: The view, or a feature, is not registered.
            RequestError: The request does not fit, or the start lies after the end.
        """
        found = self.refresh().view(view)
        if features is not None:
            check_given_names("feature", features)
        fields = None if features is None else tuple(map(found.feature, features))
        window = _window(start, self._clock() if end is None else end, known_at)
        read = found.read(fields)
        return ViewRows(self.stores.offline, view, read, window, mode, found.view.ttl_us)

    def get_view_statistics(
        self, view: str, start: datetime | str | None = None, end: datetime | str | None = None
    ) -> ViewFigures:
        """Return the figures of a view's rows: nulls, different values, quantiles, histograms.

        Args:
            view: The feature view.
            start: Only rows from this event timestamp on; naive means UTC.
            end: Only rows up to this event timestamp.

        Raises:
            NotFound: The view is not registered.
            RequestError: The start lies after the end.
            SourceError: Its rows cannot be read.
        """
        found = self.refresh().view(view)
        window = _window(start, end)
        return self.stores.offline.statistics(view, found.read(), window)

    def materialize(
        self,
        start_date: datetime | str,
        end_date: datetime | str,
        feature_views: Sequence[str] | None = None,
        *,
        observer: MaterializeObserver | None = None,
    ) -> list[ViewReport]:
        """Move the newest rows between two instants (both included) online.

        Args:
            start_date: The first instant; naive means UTC.
            end_date: The last instant; one in the future means now.
            feature_views: The views; by default all that are online.
            observer: Who watches.

        Raises:
            RequestError: The start lies after the end.
            NotFound: A view is not registered.
            MaterializeError: Some views failed; the others were moved.
        """
        start, end = (to_us(parse_instant(date)) for date in (start_date, end_date))
        return self._materializer(observer).between(start, end, feature_views)

    def materialize_incremental(
        self,
        end_date: datetime | str,
        feature_views: Sequence[str] | None = None,
        *,
        observer: MaterializeObserver | None = None,
    ) -> list[ViewReport]:
        """Move what is not yet online up to an instant, rows that came late included.

        Args:
            end_date: The last instant; one in the future means now; naive means UTC.
            feature_views: The views; by default all that are online.
            observer: Who watches.

        Raises:
            NotFound: A view is not registered.
            MaterializeError: Some views failed; the others were moved.
        """
        end = to_us(parse_instant(end_date))
        return self._materializer(observer).since_last(end, feature_views)

    def _materializer(self, observer: MaterializeObserver | None) -> Materializer:
        self.check_writable()
        stores, settings = self.stores, self.config.materialization
        return Materializer(
            catalog=self.refresh(),
            offline=stores.offline,
            online=stores.online,
            store=stores.plugins.store_type("online").name,
            ledgers=LedgerBook(self.project, stores.registry),
            engine=stores.engine,
            clock=self._clock,
            batch_rows=settings.batch_rows,
            lookback=duration_us(settings.lookback or timedelta(0)),
            hook=stores.hook,
            observer=observer or MaterializeObserver(),
        )

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
            features: References such as ``driver_stats:rating``, ``driver_stats`` for all; or a
                feature service.
            entity_rows: One dict per row, or a dict of one list per column.
            full_feature_names: Name columns ``driver_stats__rating`` instead of ``rating``.
            feature_refs: The older name of `features`, with full names.

        Raises:
            NotFound: A view or feature is not registered.
            RequestError: A join key is missing or of the wrong type.
        """
        features, full = _older_refs(features, feature_refs, full_feature_names)
        return self.prepare(features, full_feature_names=full).read(entity_rows)

    async def get_online_features_async(
        self,
        features: Features | None = None,
        entity_rows: Any = None,
        *,
        full_feature_names: bool = False,
    ) -> OnlineResponse:
        """Return what `get_online_features` returns; the event loop goes on meanwhile.

        For many requests for the same features, `prepare_async` once and call the reader's
        `read_async`.

        Args:
            features: See `get_online_features`.
            entity_rows: One dict per row, or a dict of one list per column.
            full_feature_names: Name columns ``driver_stats__rating`` instead of ``rating``.

        Raises:
            NotFound: A view or feature is not registered.
            RequestError: A join key is missing or of the wrong type.
            StoreError: The online store failed.
        """
        features = features or []
        reader = await self.prepare_async(features, full_feature_names=full_feature_names)
        return await reader.read_async(entity_rows)

    def prepare(self, features: Features, *, full_feature_names: bool = False) -> OnlineReader:
        """Compile an online read once, for many requests; it follows the catalog.

        Args:
            features: References such as ``driver_stats:rating``, ``driver_stats`` for all; or a
                feature service.
            full_feature_names: Name columns ``driver_stats__rating`` instead of ``rating``.

        Raises:
            NotFound: A view or feature is not registered.
        """
        seen: list[Catalog | None] = [None]

        def views(catalog: Catalog) -> list[ViewRead]:
            selections = select(catalog, features, full_feature_names=full_feature_names)
            found = [_view_read(selection) for selection in selections]
            seen[0] = catalog
            return found

        def newer() -> list[ViewRead] | None:
            catalog = self.catalog
            return None if catalog is seen[0] else views(catalog)

        try:
            found = views(self.catalog)
        except NotFound:  # it may have been registered just now
            found = views(self.refresh())
        online, clock = self.stores.online, self._clock
        return OnlineReader(
            found, online, clock, lambda: views(self.refresh()), newer, lambda: self._cached.waits
        )

    async def prepare_async(
        self, features: Features, *, full_feature_names: bool = False
    ) -> OnlineReader:
        """Return what `prepare` returns, compiled in a thread: the registry may be waited for.

        Args:
            features: See `prepare`.
            full_feature_names: See `prepare`.

        Raises:
            NotFound: A view or feature is not registered.
        """
        import asyncio

        return await asyncio.to_thread(
            self.prepare, features, full_feature_names=full_feature_names
        )

    def teardown(self) -> None:
        """Remove the project: its online tables, its ledgers and its catalog with the history."""
        keeper, registry = self._keeper, self.stores.registry
        keeper.remove()
        for name in registry.names(f"{self.project}/"):
            found = registry.read(name)
            if found is not None:
                registry.delete(name, found.version)
        self._cached.clear()

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


def _older_refs(
    features: Features | None, feature_refs: Sequence[str] | None, full: bool
) -> tuple[Features, bool]:
    """Return the references, and whether names are full: they are under the older name."""
    if feature_refs is None:
        return features or [], full
    warn_older("feature_refs=", "features= (with full_feature_names=True)")
    return feature_refs, True


def _window(
    start: datetime | str | None,
    end: datetime | str | None,
    known_at: datetime | str | None = None,
) -> Window:
    """Return a window of time.

    Raises:
        RequestError: One of its ends is no instant, or the start lies after the end.
    """
    given = {"start": start, "end": end, "known_at": known_at}
    first, last, known = (
        None if at is None else to_us(parse_instant(at, name=name)) for name, at in given.items()
    )
    if first is not None and last is not None and first > last:
        got = f"{from_us(first).isoformat()} to {from_us(last).isoformat()}"
        raise RequestError(
            "the start lies after the end", got=got, allowed="a start that is not after the end"
        )
    return Window(first, last, known_at=known)


def _view_read(selection: Selection) -> ViewRead:
    view = selection.view
    return ViewRead(
        table=view.table,
        keys=tuple(zip(selection.keys, (key.type for key in view.keys), strict=True)),
        wanted=tuple((field.name, field.dtype) for field in selection.features),
        outputs=selection.outputs,
        layouts=view.layouts,
    )
