"""`Registry`: named documents with versions, changed only by compare-and-swap."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

from provender.errors import Conflict


@dataclass(frozen=True, slots=True)
class Document:
    """One version of a document.

    Attributes:
        payload: The bytes that were written; opaque to the registry.
        version: 1 for the first write, then one more for each.
        written_us: When it was written, µs since 1970 in UTC.
    """

    payload: bytes
    version: int
    written_us: int


class Registry(ABC):
    """The contract of a registry. Names are text such as ``fraud/catalog``."""

    @abstractmethod
    def read(self, name: str) -> Document | None:
        """Return the newest version of a document, or None when there is none.

        Raises:
            RegistryError: The registry cannot be read.
        """

    @abstractmethod
    def write(self, name: str, payload: bytes, expected_version: int) -> int:
        """Write the next version of a document and return its number.

        Args:
            name: The document.
            payload: Its new content.
            expected_version: The version that it replaces; 0 when there must be none.

        Raises:
            Conflict: The document has another version; nothing was written.
            RegistryError: The registry cannot be written; nothing was written.
        """

    def replace(self, name: str, payload: bytes, expected_version: int) -> int:
        """Write the next version of a document, remove all earlier ones and return its number.

        It is for documents that change often and whose history is not needed, such as
        ledgers, which would otherwise grow without end. Versions are counted as those of `write`.
        By default the earlier versions are kept; registries should override it.

        Args:
            name: The document.
            payload: Its new content.
            expected_version: The version that it replaces; 0 when there must be none.

        Raises:
            Conflict: The document has another version; nothing was changed. It may also be
                raised after the document was replaced, if the response was lost and another
                writer has replaced it since.
            RegistryError: The registry cannot be written; nothing was changed.
        """
        return self.write(name, payload, expected_version)

    @abstractmethod
    def history(self, name: str) -> list[Document]:
        """Return the versions of a document, oldest first, from the last `replace` on.

        It is empty when there is no such document.

        Raises:
            RegistryError: The registry cannot be read.
        """

    def read_version(self, name: str, version: int) -> Document | None:
        """Return one version of a document, or None if it has no version of that number.

        A registry that can read one version without the others does so.

        Raises:
            RegistryError: The registry cannot be read.
        """
        return next((found for found in self.history(name) if found.version == version), None)

    @abstractmethod
    def delete(self, name: str, expected_version: int) -> None:
        """Remove a document with its history.

        Raises:
            Conflict: The document has another version; nothing was removed.
            RegistryError: The registry cannot be written; nothing was removed.
        """

    @abstractmethod
    def names(self, prefix: str = "") -> list[str]:
        """Return the names of all documents that begin with `prefix`, sorted.

        Raises:
            RegistryError: The registry cannot be read.
        """

    def close(self) -> None:
        """Release connections; closing twice is allowed."""


def update_document(
    registry: Registry, name: str, change: Callable[[Document | None], bytes | None]
) -> None:
    """Replace a document by what `change` makes of it, again until no other writer comes between.

    Earlier versions are removed, as by `Registry.replace`.

    Args:
        registry: The registry.
        name: The document.
        change: Takes the newest version (None: there is none) and returns the new content; None:
            the document is removed. It is called again when another writer was faster.

    Raises:
        RegistryError: The registry cannot be read or written.
    """
    while True:
        found = registry.read(name)
        payload, version = change(found), found.version if found else 0
        try:
            if payload is not None:
                registry.replace(name, payload, version)
            elif version:
                registry.delete(name, version)
        except Conflict:
            continue
        return
