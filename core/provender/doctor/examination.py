"""`examine`: checks everything that a project needs, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import replace

from provender.catalog.source_readers import storage_key
from provender.catalog.source_schemas import SourceSchemas
from provender.clock import Clock, system_clock
from provender.config import Config
from provender.definitions import DataSource, FeatureView, OnDemandFeatureView, PushSource
from provender.definitions.definition_files import sorted_files
from provender.doctor.machine import machine
from provender.doctor.plug_ins import plug_ins
from provender.doctor.store_trips import clock_skew, online_trip, registry_trip
from provender.engines import CORE
from provender.errors import (
    NoDataYet,
    NotFound,
    Problem,
    ProvenderError,
    TransformError,
    count_text,
)
from provender.plugin import Finding, run_check
from provender.project_context import ProjectContext
from provender.registration.draft import Definition
from provender.stores import Stores
from provender.transforms.loading import Functions

_MOST_SOURCES = 50
"""So many sources are looked at: more would take long, and fail in the same ways."""


def examine(
    config: Callable[[], Config],
    definitions: Callable[[Config], Sequence[Definition]],
    clock: Clock = system_clock,
) -> Iterator[Finding]:
    """Look at the machine, the configuration, the plug-ins, the stores and the definitions.

    What is found comes at once, since a store that does not answer takes its time. What is
    written to look at a store is removed again. Nothing is raised: what is wrong is a finding.

    Args:
        config: Reads the configuration.
        definitions: Imports the definitions of the repository.
        clock: Returns the current time.
    """
    yield from machine(clock)
    read: list[Config] = []
    yield run_check("configuration", lambda: _configuration(config, read))
    if not read:
        yield from plug_ins((), ())
        return
    with closing(Stores(read[0], clock)) as stores:
        yield from _project(_Project(read[0], stores, clock), definitions)


class _Project:
    """What is looked at in a project.

    Args:
        config: The configuration.
        stores: The stores that it names.
        clock: Returns the current time.
    """

    def __init__(self, config: Config, stores: Stores, clock: Clock) -> None:
        self.config = config
        self.stores = stores
        self.clock = clock
        self.sources: dict[str, DataSource] = {}
        self.on_demand: list[OnDemandFeatureView] = []

    def used(self) -> set[str]:
        """Return the names of the plug-ins that the configuration names or needs."""
        config = self.config
        types = [section.type or "" for section in config.stores.values()]
        named = {config.provider, *config.plugins, *(name.partition(".")[0] for name in types)}
        try:
            return named | set(self.stores.plugins.providers)
        except ProvenderError:  # it is a finding of its own
            return named

    def catalog(self) -> str:
        """Say what is registered, and note its sources."""
        found = ProjectContext(self.config, self.stores).refresh()
        self.sources |= found.sources
        self.on_demand = [one.view for one in found.on_demand_views()]
        count = len(found.view_names)
        if found.version == 0:
            return "nothing is registered yet: run `provender apply`"
        return f"version {found.version}, {count_text(count, 'feature view')}"

    def functions(self) -> str:
        """Say whether the functions of the registered on-demand feature views can be run here."""
        functions = Functions(self.config.repo_path, self.config.on_demand_modules)
        problems: list[Problem] = []
        for view in self.on_demand:
            try:
                functions.of(view)
            except TransformError as error:
                problems += error.problems
        if problems:
            raise TransformError.of(problems)
        return f"{count_text(len(self.on_demand), 'function')} as registered"

    def skew(self) -> str:
        """Say whether this machine's clock agrees with that of who applied last."""
        newest = self.stores.registry.read(f"{self.config.project}/catalog")
        if newest is None:
            return "nothing to compare it with: nothing is registered yet"
        return clock_skew(newest.written_us, self.clock)

    def defined(self, definitions: Callable[[Config], Sequence[Definition]]) -> str:
        """Say what is defined, and note its sources."""
        found = definitions(self.config)
        views = [one for one in found if isinstance(one, FeatureView)]
        self.sources |= {view.source.name: view.source for view in views}
        counted = count_text(len(found), "definition")
        return f"{counted}, {len(views)} of them feature views"

    def left_out(self) -> str:
        """Name the files of the repository that are not imported, and say why."""
        root = self.config.repo_path
        files = sorted_files(root, self.config.definitions).left_out
        lines = [f"{one.path.relative_to(root)}: {one.why}" for one in files]
        return "\n".join([f"{len(lines)} left out", *lines]) if lines else "none"


def _project(
    project: _Project, definitions: Callable[[Config], Sequence[Definition]]
) -> Iterator[Finding]:
    config, stores = project.config, project.stores
    yield from plug_ins(project.used(), config.plugins)
    loaded = run_check("loading the plug-ins", lambda: _loaded(stores))
    yield loaded
    if not loaded.ok:
        return
    settings = run_check("settings", lambda: _settings(stores))
    yield settings
    found = _of_plug_ins(stores)
    yield from map(_with_stopped, found)
    stopped = {role for one in found if not one.ok for role in one.stops}
    if not settings.ok:
        stopped |= set(stores.settings_problems())
    if "registry" not in stopped:
        yield from _registry(project)
    if "online" not in stopped:
        yield run_check("online store", lambda: online_trip(stores.online, config.project))
    if "engine" not in stopped:
        yield run_check("engine", lambda: f"{type(stores.engine).__name__} is ready")
    yield run_check("definitions", lambda: project.defined(definitions))
    yield run_check("files without definitions", project.left_out)
    if "offline" not in stopped:
        yield from _sources(project)


def _with_stopped(finding: Finding) -> Finding:
    """Return a finding that names the stores which are not tried before it is well."""
    if finding.ok or not finding.stops:
        return finding
    stores = ", ".join(role if role == "registry" else f"{role} store" for role in finding.stops)
    return replace(finding, detail=f"{finding.detail}\nnot checked until this is fixed: {stores}")


def _registry(project: _Project) -> Iterator[Finding]:
    stores, name = project.stores, project.config.project
    tried = run_check("registry", lambda: registry_trip(stores.registry, name))
    yield tried
    if tried.ok:
        yield run_check("catalog", project.catalog)
        yield run_check("clocks", project.skew)
    if project.on_demand:
        yield run_check("on-demand feature views", project.functions)


def _configuration(config: Callable[[], Config], read: list[Config]) -> str:
    read.append(config())
    return f"{read[0].file}: project {read[0].project}, provider {read[0].provider}"


def _loaded(stores: Stores) -> str:
    chosen = stores.plugins.chosen.items()
    found = [(role, info, kind) for role, (info, kind) in chosen if info is not CORE]
    return ", ".join(f"{role}: {info.name}.{kind.name}" for role, info, kind in found)


def _settings(stores: Stores) -> str:
    stores.check_settings()
    return "those of the stores, the engine and the provider are valid"


def _of_plug_ins(stores: Stores) -> list[Finding]:
    """Return what the plug-ins themselves find."""
    found: list[Finding] = []

    def ask() -> str:
        found.extend(stores.findings())
        return count_text(len(found), "finding")

    asked = run_check("the plug-ins' own checks", ask)
    return found if asked.ok else [asked]


def _sources(project: _Project) -> Iterator[Finding]:
    """Look the columns of the sources up, as apply does."""
    yield run_check("offline store", lambda: _opened(project.stores))
    schemas = SourceSchemas(lambda source: project.stores.offline.schema(source))
    names = sorted(project.sources)
    pushed = {_place(s) for s in project.sources.values() if isinstance(s, PushSource)}
    for name in names[:_MOST_SOURCES]:
        source = project.sources[name]
        yield run_check(f"data source {name}", lambda: _columns(schemas, source, pushed))  # noqa: B023 - called at once
    if len(names) > _MOST_SOURCES:
        left = len(names) - _MOST_SOURCES
        yield Finding("other data sources", True, f"{left} more were not checked")


def _opened(stores: Stores) -> str:
    return f"{type(stores.offline).__name__} is ready"


def _place(source: DataSource) -> bytes:
    return storage_key(source.to_document())


def _columns(schemas: SourceSchemas, source: DataSource, pushed: Collection[bytes]) -> str:
    try:
        found = schemas.of(source).names
    except NoDataYet:
        if _place(source) not in pushed:
            raise
        return "no data yet: the first push writes it"
    needed = (source.timestamp_field, source.created_timestamp_column)
    missing = [name for name in needed if name and name not in found]
    if missing:
        raise NotFound(f"it has no column {', '.join(missing)}", allowed=", ".join(found))
    return count_text(len(found), "column")
