"""One version of a document as the bytes of an object: a line of JSON, then the payload."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from urllib.parse import quote, unquote

from provender.errors import RegistryError, value_text
from provender.plugin.contract.registry import Document


@dataclass(frozen=True, slots=True)
class Version:
    """What stands above the payload.

    Attributes:
        version: The document's version; 0: the document was removed.
        written_us: When it was written, µs since 1970 in UTC.
        life: Which of the documents that had this name; a new one after each removal.
        write: Which write made it, so that one whose answer was lost is known again.
        first: The oldest version of the document's history, from the last replacement on.
    """

    version: int
    written_us: int
    life: str
    write: str
    first: int = 1

    def around(self, payload: bytes) -> bytes:
        """Return the bytes of the object; those of a removed document tell the write alone."""
        if not self.version:
            return self.write.encode()
        return json.dumps(asdict(self)).encode() + b"\n" + payload


REMOVED_BYTES = 32
"""The size of an object whose document was removed: fewer than any other has."""


def removed(write: str) -> Version:
    """Return what stands in the place of a removed document.

    Args:
        write: Which write removed it: 32 signs.
    """
    return Version(0, 0, "", write)


def opened(content: bytes, place: str) -> tuple[Version, Document]:
    """Return what an object holds.

    Args:
        content: The bytes of the object.
        place: Its address, for the error.

    Raises:
        RegistryError: It was not written by a registry.
    """
    if len(content) == REMOVED_BYTES:
        return removed(content.decode()), Document(b"", 0, 0)
    head, _, payload = content.partition(b"\n")
    try:
        found = Version(**json.loads(head))
    except (TypeError, ValueError) as error:
        raise RegistryError(
            "an object of the registry was not written by Provender",
            got=f"{place}: {head[:80]!r}",
            fix="remove the object, or give the registry a prefix of its own",
        ) from error
    return found, Document(payload, found.version, found.written_us)


class Places:
    """The names of a registry's objects.

    Args:
        prefix: What they all begin with, without slashes at its ends.
        longest: The most bytes of an object's name.
    """

    def __init__(self, prefix: str, longest: int) -> None:
        self._root = f"{prefix}/" if prefix else ""
        self._longest = longest

    def head(self, name: str) -> str:
        """Return the object that holds the newest version of a document.

        Raises:
            RegistryError: The name is too long.
        """
        if len(self.version(name, "0" * 32, 1).encode()) > self._longest:
            raise RegistryError(
                "the name of a document is too long for the registry's bucket",
                got=value_text(name, 80),
                allowed=f"{self._longest} bytes with the prefix; special characters take 3 or more",
                fix="shorten the name of the project or view, or the prefix of the registry",
            )
        return f"{self._root}documents/{quote(name, safe='')}.head"

    def heads(self, prefix: str) -> str:
        """Return what the heads of the documents begin with whose names begin with `prefix`."""
        return f"{self._root}documents/{quote(prefix, safe='')}"

    def name(self, head: str) -> str:
        """Return the name of the document whose head an object is."""
        quoted = head.removeprefix(f"{self._root}documents/").removesuffix(".head")
        return unquote(quoted)

    def version(self, name: str, life: str, version: int) -> str:
        """Return the object that holds an older version of a document."""
        return f"{self.history(name, life)}{version:010d}"

    def history(self, name: str, life: str) -> str:
        """Return what the older versions of one life of a document begin with."""
        return f"{self._root}history/{quote(name, safe='')}/{life}/"
