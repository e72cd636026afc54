"""`CatalogKeeper`: plans changes of a project's catalog and commits them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from provender.catalog.catalog import Catalog, decode, encode
from provender.catalog.commit import Note
from provender.catalog.consent import Consent, check_loss
from provender.catalog.difference import KINDS, difference
from provender.catalog.draft import Definition, draft, kind_of, restored
from provender.catalog.garbage import collection_paused
from provender.catalog.history import CatalogHistory
from provender.catalog.plan import Plan, dropped_tables, tables_of
from provender.catalog.rebase import Object, clashes, rebased
from provender.catalog.source_schemas import SchemaOf
from provender.errors import Conflict, Problem
from provender.plugin.online_store import OnlineStore
from provender.plugin.registry import Registry


class CatalogKeeper:
    """Changes the catalog of one project.

    Args:
        history: The versions of the catalog.
        registry: Where the catalog is kept.
        online: The store whose tables follow the catalog.
    """

    def __init__(self, history: CatalogHistory, registry: Registry, online: OnlineStore) -> None:
        self._history = history
        self._registry = registry
        self._online = online

    def plan(self, objects: Sequence[Definition], schema_of: SchemaOf, *, partial: bool) -> Plan:
        """Return what registering `objects` would do; nothing is changed.

        Raises:
            DefinitionError: With everything that is wrong in any of them.
        """
        base = self._history.newest()
        with collection_paused():
            document = draft(base, objects, schema_of, partial=partial)
            registered = tuple((kind_of(o), o.name) for o in objects)
            return self._planned(base, document, registered)

    def plan_rollback(self, version: int) -> Plan:
        """Return what registering again what `version` registered would do; nothing is changed.

        Raises:
            NotFound: There is no such version.
        """
        base, then = self._history.newest(), self._history.at(version)
        registered = [(kind, name) for part, kind in KINDS.items() for name in then.document[part]]
        return self._planned(base, restored(base, then), tuple(registered))

    def _planned(
        self, base: Catalog, document: dict[str, Any], registered: tuple[tuple[str, str], ...]
    ) -> Plan:
        before, after = (tables_of(base.project, d) for d in (base.document, document))
        stood = {table.name for table in before}
        dropped = dropped_tables(base.project, document)
        return Plan(
            base,
            document,
            tuple(difference(base.document, document)),
            tuple(table for table in after if table.name not in stood),
            tuple((table, self._online.count(table)) for table in dropped),
            registered,
        )

    def commit(self, plan: Plan, note: Note, consent: Consent = False) -> Catalog:
        """Do what `plan` says: prepare tables, commit the document, drop tables.

        A crash in between leaves the old catalog or the new one, and at worst an online table
        that the next apply drops. When others committed changes of other objects meanwhile, the
        plan goes on top of theirs.

        Args:
            plan: What to do.
            note: What the history says of it.
            consent: The views whose online rows may be lost.

        Raises:
            Conflict: Others changed the same objects, or what those need; nothing changed.
            DataLoss: More online rows would be lost than was agreed to; nothing changed.
        """
        base = plan.base
        check_loss(plan, consent, self._online.count)
        self._online.drop(dropped_tables(base.project, base.document))
        self._online.prepare(tables_of(base.project, plan.document))
        if not plan.changes:
            return base
        catalog = self._write(plan, note, consent)
        self._online.drop([table for table, _ in plan.tables_dropped])
        return catalog

    def _write(self, plan: Plan, note: Note, consent: Consent) -> Catalog:
        """Write the plan's document, on top of whatever others write in the meantime."""
        base, document = plan.base, plan.document
        while True:
            check_loss(plan, consent, self._online.count)
            try:
                return self._write_once(base, document, note)
            except Conflict as error:
                newest = self._history.newest()
                if newest.version <= base.version:
                    raise _removed(base) from error
                self._check_clashes(plan, newest, error)
                base, document = newest, rebased(plan.base.document, plan.document, newest.document)
                if not difference(newest.document, document):
                    return newest  # somebody else made the very same change

    def _write_once(self, base: Catalog, document: Mapping[str, Any], note: Note) -> Catalog:
        document = {**document, "commit": note.to_document()}
        name = self._history.document_name
        version = self._registry.write(name, encode(document), base.version)
        return Catalog(base.project, version, document, base.source_class)

    def _check_clashes(self, plan: Plan, newest: Catalog, error: Conflict) -> None:
        base = plan.base
        found = clashes(base.document, plan.document, newest.document)
        if found:
            raise Conflict.of([self._clash(plan, o, newest) for o in found]) from error

    def _clash(self, plan: Plan, clashing: Object, newest: Catalog) -> Problem:
        part, name = clashing
        kind, base = KINDS[part], plan.base
        commit = self._history.last_change(kind, name, since=base.version)
        who = f", committed by {commit.author}" if commit and commit.author else ""
        number = commit.version if commit else newest.version
        return Problem(
            f"{kind} {name!r} was changed by somebody else after the plan was made",
            got=f"version {number} of the catalog{who}",
            allowed=f"version {base.version}, for which the plan was made",
            fix=f"see `provender diff {base.version} {number}`, then plan and apply again",
        )

    def remove(self) -> None:
        """Remove the catalog and every online table that it names.

        Raises:
            Conflict: The catalog changed meanwhile; apply or tear down again.
        """
        name, project = self._history.document_name, self._history.project
        found = self._registry.read(name)
        if found is None:
            return
        document = decode(found.payload, name)
        self._registry.delete(name, found.version)
        tables = tables_of(project, document)
        self._online.drop([*tables, *dropped_tables(project, document)])


def _removed(base: Catalog) -> Conflict:
    return Conflict(
        f"the catalog of project {base.project!r} was removed after the plan was made",
        allowed=f"version {base.version}, for which the plan was made",
        fix="plan and apply again",
    )
