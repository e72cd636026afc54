"""`Catalog`: all registered definitions of a project, as one immutable versioned document."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from provender.catalog.gc_paused import collection_paused
from provender.catalog.lazy_views import StoredViews, damaged
from provender.catalog.on_demand import CatalogOnDemandView
from provender.catalog.services import CatalogService
from provender.catalog.source_readers import readers_of_push_sources, readers_of_rows, storage_key
from provender.catalog.view import CatalogView
from provender.definitions import (
    DataSource,
    Entity,
    FeatureService,
    FeatureView,
    OnDemandFeatureView,
    PushSource,
)
from provender.errors import NotFound, RegistryError, RequestError, did_you_mean, listed
from provender.names import check_given_name, check_given_names
from provender.plugin.contract.online_store import OnlineTable

FORMAT = 1
"""The version of the document's form."""

KINDS = {
    "entities": "entity",
    "sources": "data source",
    "views": "feature view",
    "on_demand_views": "on-demand feature view",
    "services": "feature service",
}
"""The parts of a catalog document and what their objects are called."""

SourceClass = Callable[[str], type[DataSource]]
"""Finds the class of a kind of source, as its plug-in declares it."""


@dataclass(frozen=True)
class Catalog:
    """The definitions of a project at one version.

    Attributes:
        project: The project.
        version: 0 for a project that was never applied, then one more for each commit.
        document: The definitions as plain JSON data: ``entities``, ``sources``, ``views``,
            ``on_demand_views`` and ``services`` by name, ``filling`` (views as they will be
            registered once the table of their next generation is filled), ``replaced`` (views as
            they were before, while readers may still read the tables of then), ``retired`` (the
            next generation of each view that was removed or is being filled) and ``dropping``
            (online tables that no definition names any longer).
        source_class: Finds the class of a kind of source.
        written_us: When it was committed, µs since 1970 in UTC; None where that is not known.
    """

    project: str
    version: int
    document: Mapping[str, Any]
    source_class: SourceClass
    written_us: int | None = field(default=None, compare=False)
    _views: dict[str, CatalogView] = field(default_factory=dict, compare=False, repr=False)

    def __repr__(self) -> str:
        parts = [part for part in KINDS if part != "on_demand_views" or self.document[part]]
        counts = ", ".join(f"{part}: {len(self.document[part]):,}" for part in parts)
        return f"<Catalog of project {self.project!r} at version {self.version}; {counts}>"

    @cached_property
    def entities(self) -> Mapping[str, Entity]:
        """The entities by name."""
        return {n: Entity.from_document(d) for n, d in self.document["entities"].items()}

    @cached_property
    def sources(self) -> Mapping[str, DataSource]:
        """The sources by name: those of views and those defined by themselves."""
        return {n: self._source(d) for n, d in self.document["sources"].items()}

    @property
    def view_names(self) -> list[str]:
        """The names of all feature views, sorted."""
        return sorted(self.document["views"])

    def entity(self, name: str) -> Entity:
        """Return an entity.

        Raises:
            NotFound: There is none of that name.
            RequestError: The name is not text.
        """
        check_given_name("entity", name)
        if name not in self.entities:
            raise self._not_found("entity", name, self.entities)
        return self.entities[name]

    def source(self, name: str) -> DataSource:
        """Return a data source.

        Raises:
            NotFound: There is none of that name.
            RequestError: The name is not text.
        """
        check_given_name("data source", name)
        if name not in self.sources:
            raise self._not_found("data source", name, self.sources)
        return self.sources[name]

    def view(self, name: str) -> CatalogView:
        """Return a feature view.

        Raises:
            NotFound: There is none of that name.
            RequestError: The name is not text.
        """
        check_given_name("feature view", name)
        if name not in self._views:
            document = self.document["views"].get(name)
            if document is None:
                raise self._not_found("feature view", name, self.document["views"])
            self._views[name] = self._view(document)
        return self._views[name]

    @property
    def on_demand_view_names(self) -> list[str]:
        """The names of all on-demand feature views, sorted."""
        return sorted(self.document["on_demand_views"])

    def on_demand_view(self, name: str) -> CatalogOnDemandView:
        """Return an on-demand feature view.

        Raises:
            NotFound: There is none of that name.
            RequestError: The name is not text.
        """
        check_given_name("on-demand feature view", name)
        document = self.document["on_demand_views"].get(name)
        if document is None:
            raise self._not_found("on-demand feature view", name, self.document["on_demand_views"])
        return CatalogOnDemandView.from_document(document)

    def on_demand_views(self) -> list[CatalogOnDemandView]:
        """Return all on-demand feature views, by name."""
        return [self.on_demand_view(name) for name in self.on_demand_view_names]

    def view_being_filled(self, name: str) -> CatalogView | None:
        """Return a feature view as it will be once its next generation is filled, if one is.

        Whoever writes rows of the view online writes them there too; nobody reads it.
        """
        document = self.document["filling"].get(name)
        return None if document is None else self._view(document)

    def view_before(self, name: str, now: int) -> CatalogView | None:
        """Return a feature view as it was until its table was replaced, if that is still read.

        Readers that cache the catalog read it for a while: rows that are pushed go there too.

        Args:
            name: The feature view.
            now: The present in µs.
        """
        replaced = self.document["replaced"].get(name)
        return self._view(replaced["view"]) if replaced and now < replaced["until"] else None

    def views_being_filled(self) -> list[CatalogView]:
        """Return all feature views whose next generation is being filled, as they will be."""
        return [self._view(view) for _, view in sorted(self.document["filling"].items())]

    def is_being_filled(self, table: OnlineTable) -> bool:
        """Return whether a table is that of a generation that is being filled."""
        document = self.document["filling"].get(table.view)
        return document is not None and document["generation"] == table.generation

    def generation_of_view(self, name: str, generation: int | None) -> CatalogView:
        """Return a feature view whose rows are in a table that this catalog names.

        Args:
            name: The feature view.
            generation: That of the table; None: the one that is read.

        Raises:
            NotFound: The catalog names no such table.
        """
        filling = self.view_being_filled(name)
        if filling is not None and filling.generation == generation:
            return filling
        view = self.view(name)
        if generation not in (None, view.generation):
            raise NotFound(
                f"feature view {name!r} has no generation {generation} in project {self.project!r}",
                allowed=listed(str(v.generation) for v in (view, filling) if v is not None),
                fix="it was changed meanwhile: do it again",
            )
        return view

    def _view(self, document: Mapping[str, Any]) -> CatalogView:
        return CatalogView.from_document(self.project, document, self.source_of(document))

    def source_of(self, view: Mapping[str, Any]) -> DataSource:
        """Return the source of a view's document."""
        return self._source(view["definition"]["source"])

    @property
    def push_source_names(self) -> list[str]:
        """The names of the push sources that feature views read, sorted."""
        return sorted(self._pushed)

    def views_of_push_source(self, name: str) -> list[CatalogView]:
        """Return the feature views that read a push source, by name.

        Raises:
            NotFound: There is no such push source, or no view reads it.
            RequestError: The name is not text.
        """
        check_given_name("push source", name)
        if name not in self._pushed:
            raise self._not_found("push source with a feature view", name, self._pushed)
        return [self.view(view) for view in self._pushed[name]]

    def views_of_rows(self, source: DataSource) -> list[CatalogView]:
        """Return the feature views that read the rows of a source, by name."""
        found = self._readers.get(storage_key(source.to_document()), ())
        return [self.view(view) for view in found]

    @cached_property
    def _pushed(self) -> Mapping[str, list[str]]:
        return readers_of_push_sources(self.document["views"])

    @cached_property
    def _readers(self) -> Mapping[bytes, list[str]]:
        return readers_of_rows(self.document["views"])

    @property
    def service_names(self) -> list[str]:
        """The names of all feature services, sorted."""
        return sorted(self.document["services"])

    def service(self, name: str) -> CatalogService:
        """Return a feature service.

        Raises:
            NotFound: There is none of that name.
            RequestError: The name is not text.
        """
        check_given_name("feature service", name)
        document = self.document["services"].get(name)
        if document is None:
            raise self._not_found("feature service", name, self.document["services"])
        return CatalogService.from_document(document)

    def definition(
        self, part: str, name: str
    ) -> Entity | DataSource | FeatureView | OnDemandFeatureView | FeatureService:
        """Return a definition by the part of the document that it stands in.

        Raises:
            NotFound: There is none of that name.
            RequestError: The name is not text.
        """
        if part == "views":
            return self.view(name).view
        if part == "on_demand_views":
            return self.on_demand_view(name).view
        if part == "services":
            return self.service(name).service
        return self.entity(name) if part == "entities" else self.source(name)

    def views(self) -> list[CatalogView]:
        """Return all feature views, by name."""
        with collection_paused():
            return [self.view(name) for name in self.view_names]

    def online_views(self, names: Sequence[str] | None = None) -> list[CatalogView]:
        """Return the feature views of some names, each once; by default all that are online.

        Raises:
            NotFound: There is none of a name.
            RequestError: A view is not online, or the names are not text.
        """
        if names is None:
            return [view for view in self.views() if view.view.online]
        check_given_names("feature view", names)
        chosen = [self.view(name) for name in dict.fromkeys(names)]
        for view in chosen:
            if not view.view.online:
                fix = "define it with online=True and apply"
                raise RequestError(f"feature view {view.name!r} is not online", fix=fix)
        return chosen

    def _source(self, document: Mapping[str, Any]) -> DataSource:
        if document["kind"] == PushSource.kind:
            document = {**document, "batch_source": self._source(document["batch_source"])}
        return self.source_class(document["kind"]).from_document(document)

    def _not_found(self, kind: str, name: str, known: Mapping[str, object]) -> NotFound:
        fix = did_you_mean(name, known) or "definitions are registered by `provender apply`"
        return NotFound(
            f"no {kind} {name!r} in project {self.project!r}", allowed=listed(known), fix=fix
        )


def empty_document() -> dict[str, Any]:
    """Return the document of a project without definitions."""
    parts = (*KINDS, "filling", "replaced", "retired")
    return {"format": FORMAT, **{part: {} for part in parts}, "dropping": []}


def encode(document: Mapping[str, Any]) -> bytes:
    """Return a document as canonical JSON: equal definitions give equal bytes."""
    import msgspec.json

    return msgspec.json.encode(document, enc_hook=dict, order="sorted")


def decode(payload: bytes, name: str) -> dict[str, Any]:
    """Return the document that `encode` wrote; its views are decoded when they are asked for.

    Raises:
        RegistryError: The payload is not such a document.
    """
    import msgspec.json

    try:
        parts = msgspec.json.decode(payload, type=dict[str, msgspec.Raw])
        _check_format(msgspec.json.decode(parts.get("format", b"null")), name)
        views = msgspec.json.decode(parts.pop("views", b"{}"), type=dict[str, msgspec.Raw])
        document = {part: msgspec.json.decode(raw) for part, raw in parts.items()}
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise damaged(name, error) from error
    later: dict[str, Any] = {
        "filling": {},
        "replaced": {},
        "on_demand_views": {},
    }  # parts that were added
    return {**later, **document, "views": StoredViews(views, name)}


def _check_format(found: object, name: str) -> None:
    if found != FORMAT:
        raise RegistryError(
            f"document {name!r} has a format that this version cannot read",
            got=f"format {found!r}",
            allowed=f"format {FORMAT}",
            fix="use the version of provender that wrote it, or a newer one",
        )
