"""`ObjectBucket`: what a registry needs of an object storage, such as a cloud's."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable


class ObjectBucket(ABC):
    """The contract of a bucket with conditional writes: an object is replaced if it is unchanged.

    Every object has a tag that changes whenever the object does: a generation, an ETag.

    Attributes:
        address: The bucket's address, such as ``gs://bucket``.
        longest_name: The most bytes of an object's name.
    """

    address: str
    longest_name: int = 1_024

    @abstractmethod
    def get(self, name: str) -> tuple[bytes, str] | None:
        """Return the content of an object and its tag, or None when there is none.

        Raises:
            RegistryError: It cannot be read, or there is no such bucket.
        """

    @abstractmethod
    def put(self, name: str, content: bytes, tag: str | None) -> None:
        """Write an object if it still has a tag; None: if there is no such object.

        Raises:
            Conflict: It has another tag, or exists already.
            RegistryError: It cannot be written.
        """

    @abstractmethod
    def sizes(self, prefix: str) -> list[tuple[str, int]]:
        """Return the names of the objects that begin with `prefix`, with their sizes in bytes.

        Raises:
            RegistryError: They cannot be listed.
        """

    @abstractmethod
    def remove(self, names: Iterable[str]) -> None:
        """Remove objects; those that do not exist are ignored.

        Raises:
            RegistryError: They cannot be removed.
        """

    def close(self) -> None:
        """Close the connections; closing twice is allowed."""
