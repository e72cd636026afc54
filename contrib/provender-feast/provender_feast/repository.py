"""The definition files of a Feast repository, and what they define."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatch
from importlib import import_module
from pathlib import Path
from types import ModuleType

from provender.definitions.repository import importing
from provender_feast.definitions import (
    DataSource,
    Definition,
    Entity,
    FeatureService,
    FeatureView,
    LabelView,
    OnDemandFeatureView,
    Project,
    PushSource,
)
from provender_feast.errors import ConflictingFeatureViewNames, FeastDefinitionError


@dataclass
class RepoContents:
    """What the files of a repository define, each definition once.

    Attributes:
        projects: The projects.
        data_sources: The data sources, those that views name included.
        feature_views: The feature views.
        label_views: The label views.
        on_demand_feature_views: The on-demand feature views.
        stream_feature_views: Always empty.
        entities: The entities.
        feature_services: The feature services.
        permissions: Always empty.
    """

    projects: list[Project] = field(default_factory=list)
    data_sources: list[DataSource] = field(default_factory=list)
    feature_views: list[FeatureView] = field(default_factory=list)
    label_views: list[LabelView] = field(default_factory=list)
    on_demand_feature_views: list[OnDemandFeatureView] = field(default_factory=list)
    stream_feature_views: list[Definition] = field(default_factory=list)
    entities: list[Entity] = field(default_factory=list)
    feature_services: list[FeatureService] = field(default_factory=list)
    permissions: list[Definition] = field(default_factory=list)

    def objects(self) -> list[Definition]:
        """Return everything that is registered."""
        views = [*self.feature_views, *self.label_views, *self.on_demand_feature_views]
        return [
            *self.projects,
            *self.data_sources,
            *self.entities,
            *views,
            *self.feature_services,
        ]


def read_feastignore(repo_root: Path) -> list[str]:
    """Return the globs of ``.feastignore``, without comments and empty lines."""
    file = repo_root / ".feastignore"
    lines = file.read_text().splitlines() if file.is_file() else []
    globs = [line.partition("#")[0].strip() for line in lines]
    return [glob for glob in globs if glob]


def get_ignore_files(repo_root: Path, ignore_paths: list[str]) -> set[Path]:
    """Return the ``.py`` files that globs name, themselves or by a directory above them."""
    found: set[Path] = set()
    for glob in ignore_paths:
        for path in repo_root.glob(glob):
            found |= {path.resolve()} if path.is_file() else {p.resolve() for p in _below(path)}
    return found


def get_repo_files(repo_root: Path) -> list[Path]:
    """Return the definition files, sorted: every ``.py`` file that is not hidden or ignored."""
    ignored = get_ignore_files(repo_root, read_feastignore(repo_root))
    hidden = (".git", ".feastignore", "__pycache__")
    return sorted(
        path
        for one in _below(repo_root)
        if (path := one.resolve()) not in ignored
        and not any(_is_hidden(part, hidden) for part in one.relative_to(repo_root).parts)
    )


def _is_hidden(part: str, names: tuple[str, ...]) -> bool:
    return part in names or fnmatch(part, ".*")


def _below(path: Path) -> Iterator[Path]:
    return (one for one in path.glob("**/*.py") if one.is_file() and one.name != "__init__.py")


def parse_repo(repo_root: Path) -> RepoContents:
    """Import the files of a repository and return what their variables define.

    Raises:
        FeastDefinitionError: Two different definitions have the same name.
    """
    root = repo_root.resolve()
    files = get_repo_files(root)
    contents = RepoContents()
    seen: set[int] = set()
    with importing(root):
        modules = [import_module(_module_name(path, root)) for path in files]
    for module in modules:
        for one in _definitions(module):
            if id(one) not in seen:
                seen.add(id(one))
                _add(contents, one)
    _check_names(contents)
    return contents


def _module_name(path: Path, root: Path) -> str:
    return ".".join(path.relative_to(root).with_suffix("").parts)


def _definitions(module: ModuleType) -> Iterator[Definition]:
    for value in vars(module).values():
        if isinstance(value, Definition):
            yield value


def _add(contents: RepoContents, one: Definition) -> None:
    kinds: list[tuple[type[Definition], list[Definition]]] = [
        (Project, contents.projects),  # type: ignore[list-item]
        (Entity, contents.entities),  # type: ignore[list-item]
        (LabelView, contents.label_views),  # type: ignore[list-item]
        (FeatureView, contents.feature_views),  # type: ignore[list-item]
        (OnDemandFeatureView, contents.on_demand_feature_views),  # type: ignore[list-item]
        (FeatureService, contents.feature_services),  # type: ignore[list-item]
        (DataSource, contents.data_sources),  # type: ignore[list-item]
    ]
    into = next((group for kind, group in kinds if isinstance(one, kind)), None)
    if into is None:
        return
    into.append(one)
    for source in _sources(one):
        if source not in contents.data_sources:
            contents.data_sources.append(source)


def _sources(one: Definition) -> list[DataSource]:
    """Return the sources that come with a definition."""
    if isinstance(one, OnDemandFeatureView):
        return list(one.source_request_sources.values())
    source = one.source if isinstance(one, FeatureView) else one
    if isinstance(source, PushSource) and source.batch_source:
        return [source, source.batch_source]
    return [source] if isinstance(source, DataSource) else []


def _check_names(contents: RepoContents) -> None:
    views = [
        *contents.feature_views,
        *contents.label_views,
        *contents.on_demand_feature_views,
    ]
    names: dict[str, Definition] = {}
    for view in views:
        before = names.setdefault(view.name.lower(), view)
        if before is not view and before.name == view.name:
            raise ConflictingFeatureViewNames(
                f"Multiple FeatureViews with name '{view.name}' found.",
                got=f"the other: {before.place}",
                place=view.place or None,
            )
        if before is not view:
            raise ConflictingFeatureViewNames(
                "Feature view names must be case-insensitively unique",
                got=f"{before.name} and {view.name}",
                place=view.place or None,
            )
    sources: dict[str, DataSource] = {}
    for source in contents.data_sources:
        other = sources.setdefault(source.name.lower(), source)
        if other != source:
            raise FeastDefinitionError(
                "Multiple data sources share the same case-insensitive name",
                got=f"{other.name} ({other.place}) and {source.name}",
                place=source.place or None,
            )
