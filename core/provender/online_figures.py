"""What the online store holds, view by view; see `FeatureStore.online_figures`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from provender.catalog.catalog import Catalog
from provender.catalog.view import CatalogView
from provender.clock import from_us, to_us
from provender.errors import RequestError, listed
from provender.names import check_given_names
from provender.plugin.contract.online_store import OnlineTable
from provender.project_context import ProjectContext
from provender.tables.ledger import LastRun, LedgerBook
from provender.tables.preparing import Preparing, is_read

_EARLIEST = -(2**63)
"""No event is before it."""
_NAMES = {"oldest_us": "oldest", "newest_us": "newest"}


@dataclass(frozen=True, slots=True)
class OnlineFigures:
    """What one online table of a feature view holds; None: it is not known.

    Attributes:
        view: The feature view.
        generation: The generation of the table.
        waiting: Whether the table is not read under the newest catalog: it is being filled, or it
            waits to be dropped.
        store: The type of the online store.
        table: The table's name, ``project.view.generation``.
        rows: How many rows it holds.
        bytes: How many bytes they take, as the store counts them.
        expired: How many rows are past the view's ttl; 0 for a view without one.
        oldest: The oldest event timestamp.
        newest: The newest event timestamp.
        estimated: The names of those that are estimates: ``rows``, ``bytes``, ``expired``,
            ``oldest``, ``newest``.
        last_run: When the last materialization of the view ended; None also when there was none,
            for a table that is waiting, and while rows that were pushed offline since are noted.
        loaded_until: The last event timestamp that was materialized.
    """

    view: str
    generation: int
    waiting: bool
    store: str
    table: str
    rows: int | None
    bytes: int | None
    expired: int | None
    oldest: datetime | None
    newest: datetime | None
    estimated: frozenset[str]
    last_run: datetime | None = None
    loaded_until: datetime | None = None

    @property
    def expired_share(self) -> float | None:
        """The part of the rows that are past the view's ttl, from 0 to 1."""
        if self.rows is None or self.expired is None:
            return None
        return self.expired / self.rows if self.rows else 0.0


def online_figures(
    project: ProjectContext, views: Sequence[str] | None = None
) -> list[OnlineFigures]:
    """Return what each online table of the views holds; see `FeatureStore.online_figures`.

    Raises:
        NotFound: A view is not registered, and no table of it is waiting.
        RequestError: A view that is named is not online.
        StoreError: The online store failed.
        RegistryError: The registry cannot be read.
    """
    catalog = project.refresh()
    waiting = list(_waiting(project, catalog))
    serving = _serving(catalog, views, {table.view for table in waiting})
    wanted = None if views is None else set(views)
    waiting = [table for table in waiting if wanted is None or table.view in wanted]
    ledgers = LedgerBook(project.stores.registry)
    found = [
        _figures(project, view.table, ledgers.last_run(view), waiting=False) for view in serving
    ]
    left = [_figures(project, table, None, waiting=True) for table in waiting]
    found += [one for one in left if one.rows != 0]  # mostly dropped: the catalog keeps the name
    return sorted(found, key=lambda one: (one.view, one.waiting, -one.generation))


def _serving(catalog: Catalog, names: Sequence[str] | None, also: set[str]) -> list[CatalogView]:
    """Return the views that are served: all that are online, or those of some names.

    Args:
        catalog: What is registered.
        names: The views; None: all.
        also: Views that need not be registered, or online.
    """
    if names is None:
        return [view for view in catalog.views() if view.view.online]
    check_given_names("feature view", names)
    known = set(catalog.view_names)
    views = [
        catalog.view(name) for name in dict.fromkeys(names) if name in known or name not in also
    ]
    unfit = [view.name for view in views if not view.view.online and view.name not in also]
    if unfit:
        raise RequestError(
            "a feature view that is not online holds no online rows",
            got=listed(unfit),
            allowed=listed(view.name for view in catalog.views() if view.view.online),
        )
    return [view for view in views if view.view.online]


def _waiting(project: ProjectContext, catalog: Catalog) -> Iterator[OnlineTable]:
    """Return tables that are not read under the newest catalog: being filled, or to be dropped."""
    document = catalog.document
    noted = Preparing(project.name, project.stores.registry, project.clock).all()
    dropping = [OnlineTable(project.name, view, None, n) for view, n in document["dropping"]]
    for table in dict.fromkeys([*dropping, *noted]):
        if not is_read(table, document):
            yield table


def _figures(
    project: ProjectContext, table: OnlineTable, last: LastRun | None, *, waiting: bool
) -> OnlineFigures:
    before = max(to_us(project.clock()) - table.ttl, _EARLIEST) if table.ttl else None
    found = project.stores.online.figures(table, before)
    return OnlineFigures(
        view=table.view,
        generation=table.generation,
        waiting=waiting,
        store=project.stores.plugins.store_type("online").name,
        table=table.name,
        rows=found.rows,
        bytes=found.bytes,
        expired=None if waiting else found.expired,  # by which ttl is known of views alone
        oldest=_instant(found.oldest_us),
        newest=_instant(found.newest_us),
        estimated=frozenset(_NAMES.get(name, name) for name in found.estimated),
        last_run=_instant(last.ended) if last else None,
        loaded_until=_instant(last.until) if last else None,
    )


def _instant(us: int | None) -> datetime | None:
    """Return µs as an instant, None also for one outside of the years that Python knows."""
    try:
        return None if us is None else from_us(us)
    except OverflowError:
        return None
