"""The verbs that read the offline store: joins, rows and statistics; see `FeatureStore`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from provender.arguments import check_argument
from provender.catalog.catalog import Catalog
from provender.catalog.retrieval import retrieval
from provender.catalog.selection import recordable
from provender.clock import from_us, parse_instant, to_us
from provender.definitions import FeatureService
from provender.definitions.projection import Projection
from provender.definitions.requested import Features, Requested, requested
from provender.errors import RequestError
from provender.names import check_given_names
from provender.offline.computed import check_requests
from provender.offline.entity_rows import to_spine
from provender.offline.planner import known_instant, plan_join, spine_types
from provender.offline.retrieval_job import Computed, HistoricalRequest, RetrievalJob
from provender.offline.view_rows import Mode, ViewRows
from provender.plugin.contract.plan import Window
from provender.project_context import ProjectContext

if TYPE_CHECKING:
    from provender.plugin.statistics import ViewFigures

Instant = date | str | None


def historical_features(
    project: ProjectContext,
    entity_df: Any,
    features: Features | None,
    *,
    full_feature_names: bool,
    known_at: Instant,
    timestamp_field: str,
    catalog: Catalog | None = None,
    where_created: bool = False,
) -> RetrievalJob:
    """Plan a point-in-time join.

    Args:
        project: The project.
        entity_df: The entity rows.
        features: What is joined to them.
        full_feature_names: See `FeatureStore.get_historical_features`.
        known_at: See there.
        timestamp_field: See there.
        catalog: The definitions; by default those that are registered now.
        where_created: Whether views whose source has no created timestamp are joined as if
            `known_at` were left out; otherwise they are an error.

    Raises:
        NotFound: A view or feature is not registered.
        RequestError: The entity rows do not fit, or two columns would have the same name.
    """
    check_argument("timestamp_field", timestamp_field, str, "the name of a column")
    catalog = catalog or project.refresh()
    given = recordable(catalog, requested(features))
    found = retrieval(catalog, given, project.functions, full_feature_names=full_feature_names)
    joins = [selection.join() for selection in found.reads]
    needed = {name: kind for step in found.steps for name, kind in step.requests.items()}
    offline = project.stores.offline
    spine = to_spine(entity_df, needed | spine_types(joins, timestamp_field, known_at))
    schema = offline.spine_schema(spine)
    check_requests(schema, found.steps)
    plan, spine = plan_join(
        spine,
        schema,
        joins,
        timestamp=timestamp_field,
        known_at=known_instant(known_at, schema, offline),
        where_created=where_created,
    )
    request = HistoricalRequest(
        catalog.version,
        _recorded(given),
        full_feature_names,
        timestamp_field,
        plan.known_at,
    )
    computed = Computed(found.steps, found.outputs) if found.steps else None
    return RetrievalJob(offline, plan, spine, request, computed)


def _recorded(given: Requested) -> tuple[str | Projection, ...] | str:
    """Return what names features as it is recorded: a feature service by its name."""
    return given.name if isinstance(given, FeatureService) else given


def view_rows(
    project: ProjectContext,
    view: str,
    features: Sequence[str] | None,
    *,
    start: Instant,
    end: Instant,
    mode: Mode,
    known_at: Instant,
) -> ViewRows:
    """Plan a read of a view's rows.

    Raises:
        NotFound: The view, or a feature, is not registered.
        RequestError: The request is not valid, or the start is after the end.
    """
    found = project.refresh().view(view)
    if features is not None:
        check_given_names("feature", features)
    fields = None if features is None else tuple(map(found.feature, features))
    window = _window(start, project.clock() if end is None else end, known_at)
    read = found.read(fields)
    return ViewRows(project.stores.offline, view, read, window, mode, found.view.ttl_us)


def view_statistics(
    project: ProjectContext, view: str, start: Instant, end: Instant
) -> ViewFigures:
    """Return the figures of a view's rows.

    Raises:
        NotFound: The view is not registered.
        RequestError: The start is after the end.
        SourceError: Its rows cannot be read.
    """
    found = project.refresh().view(view)
    return project.stores.offline.statistics(view, found.read(), _window(start, end))


def _window(start: Instant, end: Instant, known_at: Instant = None) -> Window:
    """Return a window of time.

    Raises:
        RequestError: One of its ends is not a timestamp, or the start is after the end.
    """
    given = {"start": start, "end": end, "known_at": known_at}
    first, last, known = (
        None if at is None else to_us(parse_instant(at, name=name)) for name, at in given.items()
    )
    if first is not None and last is not None and first > last:
        got = f"{from_us(first).isoformat()} to {from_us(last).isoformat()}"
        raise RequestError(
            "the start is after the end", got=got, allowed="a start that is not after the end"
        )
    return Window(first, last, known_at=known)
