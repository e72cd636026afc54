"""`Pusher`: checks pushed rows, appends them offline, then writes them online.

The order loses nothing: what is online is in the offline store too, so that no model is served a
row that no training set will know; and when the push stops in between, the row is where
materialization finds it. Writing again is harmless online, where the newest row wins, and offline,
where equal rows do not change a join.

A view whose next generation is being filled gets the rows in both tables: there first, so that what
is read is in the other one too. So does the table of the last one, as long as readers may read it.
A push that took long looks at the newest catalog when it is done, and writes where that says too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from provender.arguments import check_flags
from provender.catalog.catalog import Catalog
from provender.catalog.source_readers import storage_key
from provender.catalog.view import CatalogView
from provender.clock import to_us
from provender.definitions import DataSource, PushMode
from provender.errors import (
    NoDataYet,
    NotFound,
    RequestError,
    TransformError,
    did_you_mean,
    listed,
    value_text,
)
from provender.materialize.moving import RowEncoder
from provender.project_context import ProjectContext
from provender.push.outcome import (
    Outcome,
    named_append,
    named_note,
    named_write,
)
from provender.push.push_plan import Append, PushPlan, Write, plan_push
from provender.registration.declared_schema import first_schema
from provender.tables.ledger import LedgerBook
from provender.tabular.given_rows import GivenRows, given_rows

if TYPE_CHECKING:
    import pyarrow as pa


ViewsIn = Callable[[Catalog], Sequence[CatalogView]]
"""Finds the views that rows are pushed to in a catalog."""


@dataclass(frozen=True, slots=True)
class PushReport:
    """What a push wrote.

    Attributes:
        rows: How many rows were pushed.
        offline: The sources that they were appended to, by their names.
        online: The views that they were merged into.
    """

    rows: int
    offline: tuple[str, ...] = ()
    online: tuple[str, ...] = ()


class Pusher:
    """Pushes rows of a program.

    Args:
        project: The project.
        allow_registry_cache: Whether definitions may be as old as
            ``registry.write_cache_ttl_seconds`` says; otherwise the registry is read.

    Raises:
        RequestError: The project is open as of an earlier version.
    """

    def __init__(self, project: ProjectContext, *, allow_registry_cache: bool) -> None:
        check_flags(allow_registry_cache=allow_registry_cache)
        project.check_writable()
        self._project = project
        self._snapshot = project.catalog_to_write(cached=allow_registry_cache)
        self._written: set[str] = set()
        self._noted: set[str] = set()
        self._online_only = False
        self._offline = project.stores.offline
        self._online = project.stores.online
        self._ledgers = LedgerBook(project.stores.registry)
        self._batch_rows = project.config.materialization.batch_rows

    def to_source(self, name: str, rows: Any, to: PushMode | str) -> PushReport:
        """Push rows to the views of a push source.

        Raises:
            NotFound: There is no such push source, or no view reads it.
            RequestError: `to` is no mode, no view of the source is online, or with everything
                that is wrong with the rows.
            SourceError: The batch source cannot be looked up.
            PushError: A store failed; pushing again is right.
        """
        return self._push(lambda catalog: catalog.views_of_push_source(name), rows, _mode(to))

    def to_view(self, name: str, rows: Any, to: PushMode) -> PushReport:
        """Push rows to one view, whatever its source is.

        Raises:
            NotFound: There is no such view.
            RequestError: The view is not online, or with everything that is wrong with the rows.
            SourceError: The source cannot be looked up.
            PushError: A store failed; writing again is right.
        """
        return self._push(lambda catalog: [catalog.view(name)], rows, to)

    def _push(self, views_in: ViewsIn, rows: Any, mode: PushMode) -> PushReport:
        views = views_in(self._catalog)
        online = mode is not PushMode.OFFLINE
        if mode is PushMode.ONLINE and not any(view.view.online for view in views):
            names = listed(view.name for view in views)
            fix = "define the view with online=True, or push to the offline store"
            raise RequestError("no view of the push source is online", got=names, fix=fix)
        offline = mode is not PushMode.ONLINE
        self._online_only = not offline
        given = given_rows(rows)
        plan = self._planned(given, views, offline=offline, online=online)
        others = self._other_writes(given, views if online else ())
        report = self._run(replace(plan, writes=(*others, *plan.writes)))
        self._follow(views_in, given, plan)
        return report

    def _planned(
        self, rows: GivenRows, views: Sequence[CatalogView], *, offline: bool, online: bool
    ) -> PushPlan:
        """Return what a push writes, with what is computed of its rows: before anything is written.

        Raises:
            RequestError: With everything that is wrong with the rows.
            TransformError: The function of an on-demand feature view failed for a row.
        """
        plan = plan_push(rows, views, self._schema, offline=offline, online=online)
        writes = [
            replace(one, batch=RowEncoder(one.view, self._project.functions).completed(one.batch))
            for one in plan.writes
        ]
        return replace(plan, writes=tuple(writes))

    @property
    def _catalog(self) -> Catalog:
        return self._snapshot.catalog

    def _other_writes(self, rows: GivenRows, views: Sequence[CatalogView]) -> list[Write]:
        """Return the writes of rows to other tables of views than those that are read now.

        The next ones are being filled, and the last ones may be read by who caches the catalog.
        Rows that the definition of then does not allow are not for its table.
        """
        now = to_us(self._project.clock())
        found: list[Write] = []
        for view in views:
            catalog = self._catalog
            for other in (
                catalog.view_being_filled(view.name),
                catalog.view_before(view.name, now),
            ):
                if other is not None and other.view.online:
                    with suppress(RequestError, TransformError):
                        plan = self._planned(rows, [other], offline=False, online=True)
                        found += [replace(write, other=True) for write in plan.writes]
        return found

    def _follow(self, views_in: ViewsIn, rows: GivenRows, plan: PushPlan) -> None:
        """Write to the tables that were not known when the push began, if it took long.

        Raises:
            PushError: A store failed; pushing again is right.
        """
        while not self._project.is_recent(self._snapshot):
            self._snapshot = self._project.catalog_to_write()
            writes: list[Write] = []
            # rows that fit no longer are nobody's loss
            with suppress(RequestError, NotFound, TransformError):
                if plan.writes:
                    views = views_in(self._catalog)
                    writes += self._other_writes(rows, views)
                    again = self._planned(rows, views, offline=False, online=True)
                    writes += again.writes
            new = tuple(write for write in writes if write.view.table.name not in self._written)
            known = self._written | self._noted
            unnoted = [
                a for a in plan.appends if any(v.table.name not in known for v in self._readers(a))
            ]
            if not new and not unnoted:
                return
            self._run(PushPlan(plan.rows, (), new), unnoted)

    def _schema(self, source: DataSource) -> pa.Schema:
        """Return the columns of a source; those that its views declare before the first push."""
        try:
            return self._offline.schema(source)
        except NoDataYet:
            views = self._catalog.views_of_rows(source)
            if not any(view.read().pushed for view in views):
                raise
            return first_schema(views)

    def _run(self, plan: PushPlan, appended: Sequence[Append] = ()) -> PushReport:
        """Write what a plan says, and let materialization move what could not be written.

        Args:
            plan: What to write.
            appended: What is in the offline store already.
        """
        outcome = Outcome(plan)
        for append in plan.appends:
            outcome.do(named_append(append), partial(self._append, append))
        if not outcome.failures:  # what is online is offline too
            for write in plan.writes:
                outcome.do(named_write(write), partial(self._write, write))
        for append in (*plan.appends, *appended):
            if append in appended or named_append(append) in outcome.done:
                outcome.do(named_note(append), partial(self._note, append))
        outcome.end()
        return PushReport(
            plan.rows,
            tuple(append.source.name for append in plan.appends),
            tuple(dict.fromkeys(write.view.name for write in plan.writes)),
        )

    def _append(self, append: Append) -> None:
        """Append rows, noted before: whoever is killed once they are there has noted them.

        They are noted once more when they are there, since a run that began before may have taken
        the note.
        """
        self._note(append)
        self._offline.append(append.source, append.table)

    def _note(self, append: Append) -> None:
        """Let materialization move appended rows to the tables that they were not written to.

        Their time may be covered already, so that nobody would look for them.
        """
        for view in self._readers(append):
            if view.table.name not in self._written:
                self._ledgers.note_pushed(view, append.oldest)
                self._noted.add(view.table.name)

    def _readers(self, append: Append) -> Iterator[CatalogView]:
        """Yield the online views that read appended rows, with those that are being filled."""
        yield from (v for v in self._catalog.views_of_rows(append.source) if v.view.online)
        rows = storage_key(append.source.to_document())
        for view in self._catalog.views_being_filled():
            if storage_key(view.view.source.stored.to_document()) == rows:
                yield view

    def _write(self, write: Write) -> None:
        view, batch = write.view, write.batch
        encode = RowEncoder(view, self._project.functions)
        self._online.prepare([view.table])
        if self._online_only and view.table.name not in self._project.online_only:
            self._ledgers.note_online_only(view)
            self._project.online_only.add(view.table.name)
        for start in range(0, batch.num_rows, self._batch_rows):
            self._online.write(view.table, encode(batch.slice(start, self._batch_rows)))
        self._written.add(view.table.name)


def _mode(to: PushMode | str) -> PushMode:
    try:
        return PushMode(to)
    except ValueError:
        modes = [mode.value for mode in PushMode]
        fix = did_you_mean(str(to), modes)
        raise RequestError(
            "rows cannot be pushed there", got=value_text(to), allowed=listed(modes), fix=fix
        ) from None
