"""`Pusher`: checks pushed rows, appends them offline, then writes them online.

The order loses nothing: what is online is in the offline store too, so that no model is served a
row that no training set will know; and when the push stops in between, the row is where
materialization finds it. Writing again is harmless online, where the newest row wins, and offline,
where equal rows do not change a join.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from provender.catalog.view import CatalogView
from provender.definitions import DataSource, PushMode
from provender.errors import NoDataYet, RequestError, did_you_mean, listed
from provender.materialize.ledger import LedgerBook
from provender.materialize.moving import RowEncoder
from provender.project_context import ProjectContext
from provender.push.outcome import (
    Outcome,
    named_append,
    named_note,
    named_view,
)
from provender.push.push_plan import Append, PushPlan, Write, plan_push
from provender.push.pushed_rows import pushed_rows
from provender.registration.declared_schema import first_schema

if TYPE_CHECKING:
    import pyarrow as pa


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
        allow_registry_cache: Whether definitions may be as old as ``registry.cache_ttl_seconds``
            says; otherwise the registry is read.

    Raises:
        RequestError: The project is open as of an earlier version.
    """

    def __init__(self, project: ProjectContext, *, allow_registry_cache: bool) -> None:
        project.check_writable()
        self._catalog = project.catalog if allow_registry_cache else project.refresh()
        self._offline = project.stores.offline
        self._online = project.stores.online
        self._ledgers = LedgerBook(project.name, project.stores.registry)
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
        return self._push(self._catalog.views_of_push_source(name), rows, _mode(to))

    def to_view(self, name: str, rows: Any, to: PushMode) -> PushReport:
        """Push rows to one view, whatever its source is.

        Raises:
            NotFound: There is no such view.
            RequestError: The view is not online, or with everything that is wrong with the rows.
            SourceError: The source cannot be looked up.
            PushError: A store failed; writing again is right.
        """
        return self._push([self._catalog.view(name)], rows, to)

    def _push(self, views: Sequence[CatalogView], rows: Any, mode: PushMode) -> PushReport:
        online = mode is not PushMode.OFFLINE
        if mode is PushMode.ONLINE and not any(view.view.online for view in views):
            names = listed(view.name for view in views)
            fix = "define the view with online=True, or push to the offline store"
            raise RequestError("no view of the push source is online", got=names, fix=fix)
        offline = mode is not PushMode.ONLINE
        plan = plan_push(pushed_rows(rows), views, self._schema, offline=offline, online=online)
        return self._run(plan)

    def _schema(self, source: DataSource) -> pa.Schema:
        """Return the columns of a source; those that its views declare before the first push."""
        try:
            return self._offline.schema(source)
        except NoDataYet:
            views = self._catalog.views_of_rows(source)
            if not any(view.read().pushed for view in views):
                raise
            return first_schema(views)

    def _run(self, plan: PushPlan) -> PushReport:
        outcome = Outcome(plan)
        for append in plan.appends:
            outcome.do(named_append(append), partial(self._append, append))
        if not outcome.failures:  # what is online is offline too
            for write in plan.writes:
                outcome.do(named_view(write.view), partial(self._write, write))
        for append in plan.appends:
            outcome.do(named_note(append), partial(self._note_again, append, outcome.done))
        outcome.end()
        return PushReport(
            plan.rows,
            tuple(append.source.name for append in plan.appends),
            tuple(write.view.name for write in plan.writes),
        )

    def _append(self, append: Append) -> None:
        """Append rows, noted before: whoever is killed once they are there has noted them."""
        self._note(append, ())
        self._offline.append(append.source, append.table)

    def _note_again(self, append: Append, done: Sequence[str]) -> None:
        """Note the rows once more: a run that began before they were there may have taken the note.

        The views that were written just now have them.
        """
        if named_append(append) in done:
            self._note(append, done)

    def _note(self, append: Append, done: Sequence[str]) -> None:
        """Let materialization move the rows to the views that were not written.

        Their time may be covered already, so that nobody would look for them.
        """
        for view in self._catalog.views_of_rows(append.source):
            if view.view.online and named_view(view) not in done:
                self._ledgers.note_pushed(view, append.oldest)

    def _write(self, write: Write) -> None:
        view, batch = write.view, write.batch
        encode = RowEncoder(view)
        self._online.prepare([view.table])
        for start in range(0, batch.num_rows, self._batch_rows):
            self._online.write(view.table, encode(batch.slice(start, self._batch_rows)))


def _mode(to: PushMode | str) -> PushMode:
    try:
        return PushMode(to)
    except ValueError:
        modes = [mode.value for mode in PushMode]
        fix = did_you_mean(str(to), modes)
        raise RequestError(
            "rows cannot be pushed there", got=repr(to), allowed=listed(modes), fix=fix
        ) from None
