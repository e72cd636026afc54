"""`CatalogKeeper`: loads the catalog, plans changes of it, and commits them."""

from __future__ import annotations

from collections.abc import Sequence

from provender.catalog.catalog import Catalog, SourceClass, decode, empty_document, encode
from provender.catalog.difference import difference
from provender.catalog.draft import Definition, draft, kind_of
from provender.catalog.plan import Plan, dropped_tables, tables_of
from provender.catalog.resolve import SchemaOf
from provender.errors import Conflict
from provender.plugin.online_store import OnlineStore
from provender.plugin.registry import Registry


class CatalogKeeper:
    """The catalog of one project in a registry.

    Args:
        project: The project.
        registry: Where the document is kept.
        source_class: Finds the class of a kind of source.
    """

    def __init__(self, project: str, registry: Registry, source_class: SourceClass) -> None:
        self.project = project
        self.document_name = f"{project}/catalog"
        self._registry = registry
        self._source_class = source_class

    def load(self) -> Catalog:
        """Return the newest version of the catalog; version 0 when there is none yet.

        Raises:
            RegistryError: The registry cannot be read or the document is damaged.
        """
        found = self._registry.read(self.document_name)
        version, document = 0, empty_document()
        if found is not None:
            version, document = found.version, decode(found.payload, self.document_name)
        return Catalog(self.project, version, document, self._source_class)

    def plan(
        self,
        objects: Sequence[Definition],
        schema_of: SchemaOf,
        online: OnlineStore,
        *,
        partial: bool,
    ) -> Plan:
        """Return what registering `objects` would do; nothing is changed.

        Raises:
            DefinitionError: With everything that is wrong in any of them.
        """
        base = self.load()
        document = draft(base, objects, schema_of, partial=partial)
        before, after = (tables_of(self.project, d) for d in (base.document, document))
        stood = {table.name for table in before}
        dropped = dropped_tables(self.project, document)
        return Plan(
            base,
            document,
            tuple(difference(base.document, document)),
            tuple(table for table in after if table.name not in stood),
            tuple((table, online.count(table)) for table in dropped),
            tuple((kind_of(o), o.name) for o in objects),
        )

    def commit(self, plan: Plan, online: OnlineStore) -> Catalog:
        """Do what `plan` says: prepare tables, commit the document, drop tables.

        A crash in between leaves the old catalog or the new one, and at worst an online table
        that the next apply drops.

        Raises:
            Conflict: The catalog is no longer the one that was planned for; nothing changed.
        """
        base = plan.base
        online.drop(dropped_tables(self.project, base.document))
        online.prepare(tables_of(self.project, plan.document))
        if not plan.changes:
            return base
        try:
            version = self._registry.write(self.document_name, encode(plan.document), base.version)
        except Conflict as error:
            raise Conflict(
                f"the catalog of project {self.project!r} changed after the plan was made",
                got=str(error),
                allowed=f"version {base.version}",
                fix="look at the new plan and apply again",
            ) from error
        online.drop([table for table, _ in plan.tables_dropped])
        return Catalog(self.project, version, plan.document, self._source_class)

    def remove(self, online: OnlineStore) -> None:
        """Remove the catalog and every online table that it names.

        Raises:
            Conflict: The catalog changed meanwhile; apply or tear down again.
        """
        found = self._registry.read(self.document_name)
        if found is None:
            return
        document = decode(found.payload, self.document_name)
        self._registry.delete(self.document_name, found.version)
        tables = tables_of(self.project, document)
        online.drop([*tables, *dropped_tables(self.project, document)])
