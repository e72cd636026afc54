"""`OnlineReader`: reads features of entities from the online store, as the catalog has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from provender.catalog.catalog import Catalog
from provender.catalog.retrieval import retrieval
from provender.catalog.selection import Selection
from provender.clock import to_us
from provender.definitions.requested import Features, requested
from provender.errors import NotFound, shortened
from provender.online.computed import ComputedFeatures
from provender.online.entities import to_columns
from provender.online.read_plan import ReadPlan, UnknownLayout, ViewRead
from provender.online.response import OnlineResponse, ViewResult
from provender.project_context import ProjectContext
from provender.threads import in_thread
from provender.types import FeatureType


class _Compiled(NamedTuple):
    """A plan, and the catalog from which it was compiled.

    Attributes:
        catalog: The catalog.
        plan: What is read.
        computed: What is computed of that; None: nothing.
        types: The types of the columns of entity rows that are needed.
    """

    catalog: Catalog
    plan: ReadPlan
    computed: ComputedFeatures | None
    types: Mapping[str, FeatureType]

    def columns(self, entity_rows: Any) -> tuple[dict[str, Sequence[Any]], int]:
        """Return entity rows by column, and their number; see `to_columns`.

        Raises:
            RequestError: They are of another kind, ragged, or lack a column.
        """
        columns, rows = to_columns(entity_rows, self.plan.types)
        if self.computed is not None:
            self.computed.check(columns, rows)
        return columns, rows

    def features(self) -> Iterator[tuple[str, str]]:
        """Yield the view and the name of each feature that is given."""
        for view in self.plan.views:
            for (feature, _), output in zip(view.wanted, view.outputs, strict=True):
                if self.computed is None or output in self.computed.outputs:
                    yield view.table.view, feature
        for step in self.computed.steps if self.computed else ():
            for feature in step.outputs:
                yield step.name, feature


class OnlineReader:
    """Reads feature vectors; made once for some features, used for many requests.

    It follows the catalog: a plan is compiled again when the project's catalog is another one.
    Threads, tasks and event loops may share a reader.

    Args:
        project: The project.
        features: References, views or parts of them, a feature service, or the name of one.
        full_feature_names: Name columns ``driver_stats__rating`` instead of ``rating``.

    Raises:
        NotFound: A view, feature or service is not registered.
        RequestError: A reference is not one, or two columns would have one name.
    """

    def __init__(
        self,
        project: ProjectContext,
        features: Features | None,
        *,
        full_feature_names: bool = False,
    ) -> None:
        self._project = project
        self._features = requested(features)
        self._full = full_feature_names
        self._store = project.stores.online
        try:
            self._compiled = self._compile(project.catalog)
        except NotFound:  # it may have been registered just now
            self._compiled = self._compile(project.refresh())

    def __repr__(self) -> str:
        compiled = self._compiled
        wanted = shortened(f"{view}:{feature}" for view, feature in compiled.features())
        return f"<OnlineReader of {wanted} by {shortened(self.key_types) or 'no keys'}>"

    @property
    def key_types(self) -> Mapping[str, FeatureType]:
        """The type of each column that entity rows must have: join keys, and request data."""
        return self._compiled.types

    def read(self, entity_rows: Any) -> OnlineResponse:
        """Return the newest features of each entity row, in the order of the rows.

        Args:
            entity_rows: A table, as `FeatureStore.get_online_features` takes it.

        Raises:
            NotFound: A view or feature is no longer registered.
            RequestError: A join key is missing or of the wrong type, the rows are ragged, or one of
                their columns has the name of a feature.
            StoreError: The online store failed.
            TransformError: The function of an on-demand feature view failed for a row.
        """
        compiled = self._newest()
        columns, rows = compiled.columns(entity_rows)
        try:
            results = self._read(compiled.plan, columns, rows)
        except UnknownLayout:
            compiled = self._refreshed()
            results = self._read(compiled.plan, columns, rows)
        if compiled.computed is not None:
            results = compiled.computed.complete(columns, rows, results)
        return OnlineResponse(columns, results, compiled.types)

    async def read_async(self, entity_rows: Any) -> OnlineResponse:
        """Return what `read` returns without blocking the event loop.

        Args:
            entity_rows: A table, as `FeatureStore.get_online_features` takes it.

        Raises:
            NotFound: A view or feature is no longer registered.
            RequestError: A join key is missing or of the wrong type, the rows are ragged, or one of
                their columns has the name of a feature.
            StoreError: The online store failed.
            TransformError: The function of an on-demand feature view failed for a row.
        """
        waits = self._project.catalog_waits
        compiled = await in_thread(self._newest) if waits else self._newest()
        if isinstance(entity_rows, list | dict):
            columns, rows = compiled.columns(entity_rows)
        else:  # a table may have to be read first
            columns, rows = await in_thread(compiled.columns, entity_rows)
        try:
            results = await self._read_async(compiled.plan, columns, rows)
        except UnknownLayout:
            compiled = await in_thread(self._refreshed)
            results = await self._read_async(compiled.plan, columns, rows)
        if compiled.computed is not None:
            results = await in_thread(compiled.computed.complete, columns, rows, results)
        return OnlineResponse(columns, results, compiled.types)

    def read_now(self, entity_rows: Any) -> OnlineResponse | None:
        """Return what `read` returns if that takes no waiting for a store, None otherwise.

        Args:
            entity_rows: A table, as `FeatureStore.get_online_features` takes it.

        Raises:
            NotFound: A view or feature is no longer registered.
            RequestError: A join key is missing or of the wrong type, the rows are ragged, or one of
                their columns has the name of a feature.
            StoreError: The online store failed.
        """
        compiled = self._newest()
        if compiled.computed is not None:  # nobody knows how long a function takes
            return None
        plan = compiled.plan
        columns, rows = to_columns(entity_rows, plan.types)
        keys, requests = plan.requests(columns, rows)
        answers = self._store.read_now(requests)
        if answers is None:
            return None
        try:
            results = plan.results(keys, answers, self._now())
        except UnknownLayout:  # the newest catalog has to be waited for
            return None
        return OnlineResponse(columns, results, plan.types)

    def _compile(self, catalog: Catalog) -> _Compiled:
        functions = self._project.functions
        found = retrieval(
            catalog, self._features, functions, full_feature_names=self._full, online=True
        )
        plan = ReadPlan.of([_view_read(one) for one in found.reads])
        if not found.steps:
            return _Compiled(catalog, plan, None, plan.types)
        computed = ComputedFeatures(found.steps, found.outputs, plan.types)
        return _Compiled(catalog, plan, computed, computed.types)

    def _newest(self) -> _Compiled:
        compiled, catalog = self._compiled, self._project.catalog
        if compiled.catalog is not catalog:
            self._compiled = compiled = self._compile(catalog)  # as a whole: threads share it
        return compiled

    def _refreshed(self) -> _Compiled:
        """Compile for a catalog that is read now: a row was written under a newer one."""
        self._compiled = compiled = self._compile(self._project.refresh())
        return compiled

    def _read(
        self, plan: ReadPlan, columns: dict[str, Sequence[Any]], rows: int
    ) -> list[ViewResult]:
        keys, requests = plan.requests(columns, rows)
        if len(requests) == 1:
            answers = [self._store.read(*requests[0])]
        else:
            answers = self._store.read_many(requests)
        return plan.results(keys, answers, self._now())

    async def _read_async(
        self, plan: ReadPlan, columns: dict[str, Sequence[Any]], rows: int
    ) -> list[ViewResult]:
        keys, requests = plan.requests(columns, rows)
        answers = await self._store.read_many_async(requests)
        return plan.results(keys, answers, self._now())

    def _now(self) -> int:
        return to_us(self._project.clock())


def _view_read(selection: Selection) -> ViewRead:
    view = selection.view
    return ViewRead(
        table=view.table,
        keys=tuple(zip(selection.keys, (key.type for key in view.keys), strict=True)),
        wanted=tuple((field.name, field.dtype) for field in selection.features),
        outputs=selection.outputs,
        layouts=view.layouts,
    )
