"""The verbs that change the catalog: plan, apply, roll back, tear down; see `FeatureStore`."""

from __future__ import annotations

from collections.abc import Iterable

from provender.arguments import check_argument, check_flags
from provender.catalog.versions.commit import Note, author_name
from provender.definitions.repository import ReadDefinitions
from provender.errors import DefinitionError, ProvenderError
from provender.project_context import ProjectContext
from provender.registration.consent import Consent
from provender.registration.draft import Definition
from provender.registration.plan import Plan
from provender.registration.writer import CatalogWriter


def plan(
    project: ProjectContext, objects: Definition | Iterable[Definition], *, partial: bool
) -> Plan:
    """Return what registering `objects` would do.

    Raises:
        DefinitionError: Everything that is wrong in any of them, as one error.
    """
    check_flags(partial=partial)
    return writer(project).plan(objects, project.stores.offline.schema, partial=partial)


def plan_repository(project: ProjectContext, read: ReadDefinitions) -> Plan:
    """Return what registering just what a repository defines would do.

    Raises:
        DefinitionError: Everything that is wrong in the modules, against the data, and in
            feature services, as one error.
    """
    check_argument("read", read, ReadDefinitions, "what read_definitions() returns")
    changes = writer(project)
    try:
        schema_of = project.stores.offline.schema
        return changes.plan(read.definitions, schema_of, partial=False, flaws=read.flaws)
    except ProvenderError as error:
        if isinstance(error, DefinitionError) or not read.flaws.problems:
            raise
        raise DefinitionError.of(read.flaws.problems) from error


def plan_rollback(project: ProjectContext, version: int) -> Plan:
    """Return what registering again what an earlier version registered would do.

    Raises:
        NotFound: There is no such version.
    """
    return writer(project).plan_rollback(version)


def commit(
    project: ProjectContext, plan: Plan, message: str, author: str | None, consent: Consent
) -> Plan:
    """Do what a plan says, and return it.

    Raises:
        Conflict: Others changed the same objects after the plan was made; nothing was changed.
        DataLoss: Online rows would be lost without consent; nothing was changed.
    """
    note = Note(author or author_name(project.config.author), message)
    project.committed(lambda: writer(project).commit(plan, note, consent))
    if plan.changes:
        project.stores.after_apply(plan.hook_changes())
    return plan


def teardown(project: ProjectContext) -> None:
    """Remove the project: its online tables, its ledgers and its catalog with the history."""
    writer(project).remove()
    registry = project.stores.registry
    for name in registry.names(f"{project.name}/"):
        found = registry.read(name)
        if found is not None:
            registry.delete(name, found.version)
    project.removed()


def writer(project: ProjectContext) -> CatalogWriter:
    """Return what changes the catalog.

    Raises:
        RequestError: The project is open as of an earlier version.
    """
    project.check_writable()
    stores = project.stores
    return CatalogWriter(project.history, stores.registry, stores.online, stores.clock)
