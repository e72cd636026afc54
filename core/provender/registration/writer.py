"""`CatalogWriter`: plans changes of a project's catalog and commits them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from provender.catalog.catalog import KINDS, Catalog, decode, encode
from provender.catalog.gc_paused import collection_paused
from provender.catalog.source_schemas import SchemaOf
from provender.catalog.versions.commit import Note
from provender.catalog.versions.diff import difference
from provender.catalog.versions.history import CatalogHistory
from provender.clock import Clock
from provender.definitions.problems import NO_FLAWS, Flaws
from provender.errors import Conflict, Problem, listed
from provender.plugin.contract.online_store import OnlineStore, OnlineTable
from provender.plugin.contract.registry import Registry
from provender.registration.consent import Consent, check_loss
from provender.registration.draft import Definition, as_list, draft, kind_of, restored
from provender.registration.plan import Plan, dropped_tables, tables_being_filled, tables_of
from provender.registration.rebase import Object, clashes, rebased
from provender.registration.to_fill import check_still_filled
from provender.tables.dropping import drop_left, drop_tables
from provender.tables.preparing import (
    Preparing,
    giving_up,
    is_given_up,
    is_read,
)

_CLEARING = "Drop tables that an apply prepared and did not register"


class CatalogWriter:
    """Changes the catalog of one project.

    Args:
        history: The versions of the catalog.
        registry: Where the catalog is kept.
        online: The store whose tables follow the catalog.
        clock: The present.
    """

    def __init__(
        self, history: CatalogHistory, registry: Registry, online: OnlineStore, clock: Clock
    ) -> None:
        self._history = history
        self._registry = registry
        self._online = online
        self._preparing = Preparing(history.project, registry, clock)

    def plan(
        self,
        objects: Definition | Iterable[Definition],
        schema_of: SchemaOf,
        *,
        partial: bool,
        flaws: Flaws = NO_FLAWS,
    ) -> Plan:
        """Return what registering `objects` would do; nothing is changed.

        Args:
            objects: The definitions.
            schema_of: Looks a source up.
            partial: Keep what is registered and not among `objects`; otherwise it is removed.
            flaws: What is known to be wrong with them already.

        Raises:
            DefinitionError: Everything that is wrong in any of them, as one error.
        """
        given = as_list(objects)
        base = self._history.newest()
        with collection_paused():
            document = draft(base, given, schema_of, partial=partial, flaws=flaws)
            registered = tuple((kind_of(o), o.name) for o in given)
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

        A failure or crash in between leaves the old catalog or the new one, and at worst an
        online table that is noted in the registry and that a later apply drops. When others
        committed changes of other objects meanwhile, the plan goes on top of theirs.

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
        self._drop(dropped_tables(base.project, base.document))
        with self._preparing.noted(plan.tables_made):
            self._online.prepare(tables_of(base.project, plan.document))
            left = self._preparing.left()
            if not plan.changes and not any(_may_be_read(table, base.document) for table in left):
                catalog = base
            else:
                catalog = self._write(plan, note, consent, left)
            self._drop([table for table, _ in plan.tables_dropped])
        drop_left(self._online, self._registry, self._preparing, left, catalog.document)
        return catalog

    def _drop(self, tables: Sequence[OnlineTable]) -> None:
        drop_tables(self._online, self._registry, tables)

    def _write(
        self, plan: Plan, note: Note, consent: Consent, left: Sequence[OnlineTable]
    ) -> Catalog:
        """Write the plan's document, on top of whatever others write in the meantime.

        It gives up the tables that others left.
        """
        base, document = plan.base, plan.document
        note = note if plan.changes else replace(note, message=_CLEARING)
        while True:
            check_loss(plan, consent, self._online.count)
            try:
                return self._write_once(base, giving_up(left, document), note)
            except Conflict as error:
                newest = self._history.newest()
                if newest.version <= base.version:
                    raise _removed(base) from error
                prepared = tables_of(base.project, plan.document)  # also what others dropped
                drop_tables(
                    self._online,
                    self._registry,
                    [t for t in prepared if is_given_up(t, newest.document)],
                )
                self._check_clashes(plan, newest, error)
                base, document = newest, rebased(plan.base.document, plan.document, newest.document)
                if not difference(newest.document, document):
                    return newest  # somebody else made the very same change

    def _write_once(self, base: Catalog, document: Mapping[str, Any], note: Note) -> Catalog:
        document = {**document, "commit": note.to_document()}
        name = self._history.document_name
        version = self._registry.write(name, encode(document), base.version)
        return Catalog(base.project, version, document, base.source_class)

    def check(self, plan: Plan) -> None:
        """Check that a plan can be done on top of what others have committed.

        Raises:
            Conflict: Others changed the same objects, or what those need.
        """
        newest = self._history.newest()
        if newest.version != plan.base.version:
            self._check_clashes(plan, newest)

    def _check_clashes(self, plan: Plan, newest: Catalog, error: Conflict | None = None) -> None:
        base = plan.base
        check_still_filled(newest.document, plan.filled)
        found = clashes(base.document, plan.document, newest.document)
        if found:
            raise Conflict.of([self._clash(plan, o, newest) for o in found]) from error
        given_up = [t.view for t in plan.tables_made if is_given_up(t, newest.document)]
        if given_up:
            fact = (
                f"the apply took so long that another one discarded its tables: {listed(given_up)}"
            )
            raise Conflict(fact, fix="plan and apply again") from error

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
        noted = self._preparing.all()
        found = self._registry.read(name)
        if found is None:
            self._online.drop(noted)
            return
        document = decode(found.payload, name)
        self._registry.delete(name, found.version)
        tables = tables_of(project, document)
        tables += tables_being_filled(project, document)
        tables += [*dropped_tables(project, document), *noted]
        self._online.drop(list({table.name: table for table in tables}.values()))


def _may_be_read(table: OnlineTable, document: Mapping[str, Any]) -> bool:
    """Return whether a table may be read under a later catalog, though not under this one."""
    return not is_read(table, document) and not is_given_up(table, document)


def _removed(base: Catalog) -> Conflict:
    return Conflict(
        f"the catalog of project {base.project!r} was removed after the plan was made",
        allowed=f"version {base.version}, for which the plan was made",
        fix="plan and apply again",
    )
