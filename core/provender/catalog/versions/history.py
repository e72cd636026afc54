"""`CatalogHistory`: every version of a project's catalog that was ever committed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from provender.arguments import check_whole
from provender.catalog.catalog import Catalog, SourceClass, decode, empty_document
from provender.catalog.versions.commit import Commit
from provender.catalog.versions.diff import ObjectChange, difference
from provender.clock import from_us
from provender.errors import NotFound
from provender.plugin.contract.registry import Document, Registry


class CatalogHistory:
    """The versions of the catalog of one project in a registry.

    Args:
        project: The project.
        registry: Where the catalog is kept.
        source_class: Finds the class of a kind of source.
    """

    def __init__(self, project: str, registry: Registry, source_class: SourceClass) -> None:
        self.project = project
        self.document_name = f"{project}/catalog"
        self._registry = registry
        self._source_class = source_class

    def __repr__(self) -> str:
        return f"<CatalogHistory of project {self.project!r}>"

    def newest(self, held: Catalog | None = None) -> Catalog:
        """Return the newest version of the catalog; version 0 when there is none yet.

        Args:
            held: The version at hand; it is returned if it is the newest.

        Raises:
            RegistryError: The registry cannot be read or the document is damaged.
        """
        found = self._registry.read(self.document_name)
        if found is None:
            return Catalog(self.project, 0, empty_document(), self._source_class)
        at = found.written_us
        if held is not None and (held.version, held.written_us) == (found.version, at):
            return held
        document = decode(found.payload, self.document_name)
        return Catalog(self.project, found.version, document, self._source_class, at)

    def at(self, version: int) -> Catalog:
        """Return the catalog as it was, to read with.

        Values written online since then can be read too, as long as the view's table stands.

        Raises:
            NotFound: There is no such version.
            RegistryError: The registry cannot be read or the document is damaged.
        """
        document = dict(self.document(version))
        newest = self.newest().document["views"]
        document["views"] = {
            name: _with_newer_rows(view, newest.get(name))
            for name, view in document["views"].items()
        }
        return Catalog(self.project, version, document, self._source_class)

    def registered(self, version: int) -> Catalog:
        """Return the catalog just as it was registered, to write with.

        Raises:
            NotFound: There is no such version.
            RegistryError: The registry cannot be read or the document is damaged.
        """
        return Catalog(self.project, version, self.document(version), self._source_class)

    def document(self, version: int) -> Mapping[str, Any]:
        """Return the document of a version; that of version 0 is empty.

        Raises:
            NotFound: There is no such version.
            RegistryError: The registry cannot be read or the document is damaged.
        """
        check_whole("version", version)
        if version == 0:
            return empty_document()
        return decode(self._read(version).payload, self.document_name)

    def commits(self, limit: int | None = None) -> Iterator[Commit]:
        """Yield the commits, newest first.

        Args:
            limit: How many at most; None: all.

        Raises:
            RegistryError: The registry cannot be read or a document is damaged.
        """
        found = self._registry.read(self.document_name)
        document = decode(found.payload, self.document_name) if found else {}
        while found is not None and (limit is None or limit > 0):
            earlier = self._registry.read_version(self.document_name, found.version - 1)
            before = decode(earlier.payload, self.document_name) if earlier else empty_document()
            yield _commit(found, document, tuple(difference(before, document)))
            found, document = earlier, before
            limit = None if limit is None else limit - 1

    def between(self, version: int, other: int) -> list[ObjectChange]:
        """Return what changed from one version to another.

        Raises:
            NotFound: There is no such version.
            RegistryError: The registry cannot be read or a document is damaged.
        """
        return difference(self.document(version), self.document(other))

    def last_change(self, kind: str, name: str, since: int) -> Commit | None:
        """Return the newest commit after version `since` that changed an object, if any."""
        for commit in self.commits():
            if commit.version <= since:
                return None
            if any((change.kind, change.name) == (kind, name) for change in commit.changes):
                return commit
        return None

    def _read(self, version: int) -> Document:
        found = self._registry.read_version(self.document_name, version)
        if found is None:
            newest = self._registry.read(self.document_name)
            raise NotFound(
                f"the catalog of project {self.project!r} has no version {version}",
                allowed=f"0 to {newest.version if newest else 0}",
                fix="`provender log` lists the versions",
            )
        return found


def _commit(
    found: Document, document: Mapping[str, Any], changes: tuple[ObjectChange, ...]
) -> Commit:
    note = document.get("commit", {})
    author, message = note.get("author", ""), note.get("message", "")
    return Commit(found.version, from_us(found.written_us), author, message, changes)


def _with_newer_rows(view: dict[str, Any], now: dict[str, Any] | None) -> dict[str, Any]:
    """Return a view of an earlier version so that it reads the rows that are online now."""
    if now is None:
        return view
    if not now.get("continues", now["generation"]) <= view["generation"] <= now["generation"]:
        return view
    newer = [layout for layout in now["layouts"] if layout not in view["layouts"]]
    layouts = [*newer, *view["layouts"]]
    return {**view, "generation": now["generation"], "layouts": layouts}
