"""Announcing in the catalog that next generations of views are filled, and reading them at last.

From the announcement on whoever writes rows of such a view online writes them to both tables. A
generation that nobody fills any longer is dropped by the next rebuild of the view, by an apply that
finds it abandoned, or by a teardown.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from provender.catalog.catalog import Catalog, encode
from provender.catalog.versions.commit import Note, author_name
from provender.catalog.view import CatalogView
from provender.clock import to_us
from provender.errors import Conflict, ProvenderError, listed
from provender.plugin.contract.online_store import OnlineTable
from provender.project_context import ProjectContext
from provender.registration.to_fill import check_still_filled
from provender.tables.dropping import drop_tables, drop_unused, read_until, retire
from provender.tables.preparing import Preparing, is_named, is_read

Filling = dict[str, dict[str, Any]]
"""Views as they will be registered, by name, as documents of the catalog."""
Document = Mapping[str, Any]
"""A document of the catalog."""
_KEPT = 3_600_000_000
"""How long nobody has to say that views are still being filled until an apply may give them up, in
µs."""


@dataclass(frozen=True)
class Announcement:
    """The next generations of views that are being filled.

    Attributes:
        catalog: The catalog that announces them.
        documents: The views as they will be registered, by name.
    """

    catalog: Catalog
    documents: Mapping[str, Mapping[str, Any]]

    @cached_property
    def views(self) -> list[CatalogView]:
        """The views as they will be registered, by name."""
        found = (self.catalog.view_being_filled(name) for name in sorted(self.documents))
        return [view for view in found if view is not None]


class Announcer:
    """Announces the filling of next generations in the catalog of a project, and ends it.

    Args:
        project: The project.
        author: Who is named in the history; by default as for an apply.
    """

    def __init__(self, project: ProjectContext, author: str | None = None) -> None:
        self._project = project
        self._author = author or author_name(project.config.author)
        stores = project.stores
        self._preparing = Preparing(project.name, stores.registry, project.clock)

    def announce(self, filling: Callable[[Catalog], Filling], message: str) -> Announcement:
        """Announce next generations, once their tables are there.

        An announcement of somebody else for the same views is replaced: whoever fills them
        finds that out.

        Args:
            filling: Returns the views as they will be registered after the newest catalog.
            message: What the history says.

        Raises:
            RegistryError: The registry cannot be read or written.
            StoreError: The online store failed.
        """
        while True:
            newest = self._project.history.newest()
            documents = filling(newest)
            tables = tables_in(newest.project, documents)
            replaced = [
                t
                for t in tables_in(newest.project, newest.document["filling"])
                if t.view in documents
            ]
            self._keep(tables)
            self._project.stores.online.prepare(tables)
            announced = {
                **newest.document,
                "filling": {**newest.document["filling"], **documents},
                "retired": {
                    **newest.document["retired"],
                    **{table.view: table.generation + 1 for table in tables},
                },
            }
            with suppress(Conflict):  # somebody else committed: look at the newest again
                catalog = self._write(newest, announced, message)
                self._drop(replaced)
                return Announcement(catalog, documents)

    def renew(self, announcement: Announcement) -> None:
        """Say that views are still being filled; otherwise an apply gives them up after a while.

        Raises:
            RegistryError: The registry cannot be read or written.
        """
        self._keep(tables_in(self._project.name, announcement.documents))

    def withdraw(self, announcement: Announcement, names: Collection[str]) -> None:
        """Announce no longer that views are filled, and drop what was filled; failures are kept.

        What cannot be taken back now is dropped later; see the module.
        """
        ours = {name: announcement.documents[name] for name in names}

        def withdrawn(document: Document) -> Document:
            filling = document["filling"].items()
            left = {name: view for name, view in filling if view != ours.get(name)}
            return {**document, "filling": left}

        tables = tables_in(self._project.name, ours)
        with suppress(ProvenderError):
            newest = self._project.history.newest()
            if any(newest.document["filling"].get(name) == view for name, view in ours.items()):
                newest = self._commit(withdrawn, f"Stop filling {listed(sorted(ours))}")
            unused = [table for table in tables if not is_named(table, newest.document)]
            drop_tables(self._project.stores.online, self._project.stores.registry, unused)
            self._preparing.forget(tables)

    def switch(self, announcement: Announcement, names: Collection[str], message: str) -> Catalog:
        """Let the filled generations be read: all of them from one version of the catalog on.

        The tables before stay until nobody can be reading them any longer.

        Raises:
            Conflict: A view was changed, or is filled by somebody else; nothing was changed.
            RegistryError: The registry cannot be read or written; what is read may have changed.
        """
        ours = {name: announcement.documents[name] for name in sorted(names)}

        def switched(document: Document) -> Document:
            check_still_filled(document, ours)
            before = {name: document["views"][name] for name in ours}
            retire(self._project, tables_in(self._project.name, before))
            filling = document["filling"].items()
            left = {name: view for name, view in filling if name not in ours}
            views = {**document["views"], **ours}
            replaced = with_replaced(self._project, document, before)
            return {**document, "filling": left, "views": views, "replaced": replaced}

        catalog = self._commit(switched, message)
        self.end(announcement)
        return catalog

    def end(self, announcement: Announcement) -> None:
        """Note no longer that tables are being filled: the catalog lets them be read."""
        with suppress(ProvenderError):  # a note that stays does no harm
            tables = tables_in(self._project.name, announcement.documents)
            document = self._project.catalog.document
            self._preparing.forget([table for table in tables if is_read(table, document)])

    def _keep(self, tables: Sequence[OnlineTable]) -> None:
        self._preparing.note(tables, to_us(self._project.clock()) + _KEPT)

    def _drop(self, tables: Sequence[OnlineTable]) -> None:
        """Drop tables that the catalog does not name any more; what fails is done later."""
        with suppress(ProvenderError):
            if tables:
                self._preparing.note(tables, 0)
                drop_unused(self._project)

    def _commit(self, change: Callable[[Document], Document], message: str) -> Catalog:
        while True:
            newest = self._project.history.newest()
            changed = change(newest.document)
            with suppress(Conflict):
                return self._write(newest, changed, message)

    def _write(self, newest: Catalog, document: Document, message: str) -> Catalog:
        document = {**document, "commit": Note(self._author, message).to_document()}
        name, registry = self._project.history.document_name, self._project.stores.registry

        def write() -> Catalog:
            version = registry.write(name, encode(document), newest.version)
            return Catalog(newest.project, version, document, newest.source_class)

        return self._project.committed(write)


def tables_in(project: str, documents: Mapping[str, Mapping[str, Any]]) -> list[OnlineTable]:
    """Return the online tables of views, given as documents of the catalog by name."""
    return [
        OnlineTable(project, name, view["definition"]["ttl"], view["generation"])
        for name, view in sorted(documents.items())
    ]


def with_replaced(
    project: ProjectContext, document: Document, before: Filling
) -> dict[str, dict[str, Any]]:
    """Return the part of a catalog document that says which tables may still be read.

    Args:
        project: The project.
        document: The document.
        before: The views whose tables are replaced now, as they were; by name.
    """
    now, until = to_us(project.clock()), read_until(project)
    read = {n: entry for n, entry in document["replaced"].items() if entry["until"] > now}
    return {**read, **{name: {"view": view, "until": until} for name, view in before.items()}}
