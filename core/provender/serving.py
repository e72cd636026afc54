"""`OnlineReader`: reads features of entities from the online store, as the catalog has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from provender.catalog.catalog import Catalog
from provender.catalog.selection import Features, Selection, select
from provender.clock import to_us
from provender.errors import NotFound, shortened
from provender.online.entities import to_columns
from provender.online.read_plan import ReadPlan, UnknownLayout, ViewRead
from provender.online.response import OnlineResponse, ViewResult
from provender.project_context import ProjectContext
from provender.threads import in_thread
from provender.types import FeatureType


class _Compiled(NamedTuple):
    """A plan, and the catalog from which it was compiled."""

    catalog: Catalog
    plan: ReadPlan


class OnlineReader:
    """Reads feature vectors; made once for some features, used for many requests.

    It follows the catalog: a plan is compiled again when the project's catalog is another one.
    Threads, tasks and event loops may share a reader.

    Args:
        project: The project.
        features: References, a feature service, or the name of one.
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
        self._features = features
        self._full = full_feature_names
        self._store = project.stores.online
        try:
            self._compiled = self._compile(project.catalog)
        except NotFound:  # it may have been registered just now
            self._compiled = self._compile(project.refresh())

    def __repr__(self) -> str:
        views = self._compiled.plan.views
        wanted = shortened(f"{v.table.view}:{name}" for v in views for name, _ in v.wanted)
        return f"<OnlineReader of {wanted} by {shortened(self.key_types) or 'no keys'}>"

    @property
    def key_types(self) -> Mapping[str, FeatureType]:
        """The type of each join key that entity rows must have."""
        return self._compiled.plan.types

    def read(self, entity_rows: Any) -> OnlineResponse:
        """Return the newest features of each entity row, in the order of the rows.

        Args:
            entity_rows: One dict per row, or a dict of one list per column.

        Raises:
            NotFound: A view or feature is no longer registered.
            RequestError: A join key is missing or of the wrong type, the rows are ragged, or one of
                their columns has the name of a feature.
            StoreError: The online store failed.
        """
        plan = self._newest_plan()
        columns, rows = to_columns(entity_rows, plan.types)
        try:
            results = self._read(plan, columns, rows)
        except UnknownLayout:
            plan = self._refreshed_plan()
            results = self._read(plan, columns, rows)
        return OnlineResponse(columns, results, plan.types)

    async def read_async(self, entity_rows: Any) -> OnlineResponse:
        """Return what `read` returns without blocking the event loop.

        Args:
            entity_rows: One dict per row, or a dict of one list per column.

        Raises:
            NotFound: A view or feature is no longer registered.
            RequestError: A join key is missing or of the wrong type, the rows are ragged, or one of
                their columns has the name of a feature.
            StoreError: The online store failed.
        """
        waits = self._project.catalog_waits
        plan = await in_thread(self._newest_plan) if waits else self._newest_plan()
        columns, rows = to_columns(entity_rows, plan.types)
        try:
            results = await self._read_async(plan, columns, rows)
        except UnknownLayout:
            plan = await in_thread(self._refreshed_plan)
            results = await self._read_async(plan, columns, rows)
        return OnlineResponse(columns, results, plan.types)

    def read_now(self, entity_rows: Any) -> OnlineResponse | None:
        """Return what `read` returns if that takes no waiting for a store, None otherwise.

        Args:
            entity_rows: One dict per row, or a dict of one list per column.

        Raises:
            NotFound: A view or feature is no longer registered.
            RequestError: A join key is missing or of the wrong type, the rows are ragged, or one of
                their columns has the name of a feature.
            StoreError: The online store failed.
        """
        plan = self._newest_plan()
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
        selections = select(catalog, self._features, full_feature_names=self._full)
        return _Compiled(catalog, ReadPlan.of([_view_read(one) for one in selections]))

    def _newest_plan(self) -> ReadPlan:
        compiled, catalog = self._compiled, self._project.catalog
        if compiled.catalog is not catalog:
            self._compiled = compiled = self._compile(catalog)  # as a whole: threads share it
        return compiled.plan

    def _refreshed_plan(self) -> ReadPlan:
        """Return the plan for a catalog that is read now: a row was written under a newer one."""
        self._compiled = compiled = self._compile(self._project.refresh())
        return compiled.plan

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
