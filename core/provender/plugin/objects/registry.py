"""`ObjectRegistry`: a registry in a bucket, a head per document, swapped by its tag.

The head holds the newest version and is replaced on the condition that it still has the tag that
was read. Before it is replaced, its content is copied to an object of the history, which is never
changed again: so the history is complete whenever the head has moved on. A removed document
leaves a head behind that tells only which write removed it, because an object cannot be created
and removed by one condition.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

from provender.clock import Clock, to_us
from provender.errors import Conflict
from provender.plugin.contract.registry import Document, Registry
from provender.plugin.objects.bucket import ObjectBucket
from provender.plugin.objects.version import REMOVED_BYTES, Places, Version, opened, removed

_READERS = 8
_Head = tuple[Version, Document, str, bytes]
"""A head: what it is, its document, its tag and its content."""


class ObjectRegistry(Registry):
    """Documents as objects of a bucket.

    Args:
        bucket: The bucket.
        prefix: What the names of all objects begin with, without slashes at its ends.
        clock: Returns the current time, for the times of writing.
    """

    def __init__(self, bucket: ObjectBucket, prefix: str, clock: Clock) -> None:
        self._bucket = bucket
        self._places = Places(prefix, bucket.longest_name)
        self._clock = clock

    def read(self, name: str) -> Document | None:
        """Return the newest version of a document, or None when there is none."""
        head = self._head(name)
        return head[1] if head and head[0].version else None

    def write(self, name: str, payload: bytes, expected_version: int) -> int:
        """Write the next version of a document and return its number."""
        head = self._expected(name, expected_version)
        if head and head[0].version:
            self._keep(name, head)
        return self._write(name, payload, head, head[0].first if head else 1)

    def replace(self, name: str, payload: bytes, expected_version: int) -> int:
        """Write the next version of a document and remove the earlier ones."""
        head = self._expected(name, expected_version)
        version = self._write(name, payload, head, expected_version + 1)
        if head and head[0].first < head[0].version:
            self._remove_history(name, head[0])
        return version

    def history(self, name: str) -> list[Document]:
        """Return the versions of a document, oldest first."""
        while True:
            head = self._head(name)
            if head is None or not head[0].version:
                return []
            found = self._older(name, head[0])
            if found is not None:
                return [*found, head[1]]

    def read_version(self, name: str, version: int) -> Document | None:
        """Return one version of a document, or None if it has no version of that number."""
        head = self._head(name)
        if head is None or not head[0].first <= version <= head[0].version:
            return None
        if version == head[0].version:
            return head[1]
        return self._kept(self._places.version(name, head[0].life, version))

    def delete(self, name: str, expected_version: int) -> None:
        """Remove a document with its history."""
        head = self._expected(name, expected_version)
        if head is None or not head[0].version:
            raise _moved(name, expected_version, 0)
        self._swap(name, removed(uuid4().hex), b"", head)
        self._remove_history(name, head[0])

    def names(self, prefix: str = "") -> list[str]:
        """Return the names of all documents that begin with `prefix`, sorted."""
        found = self._bucket.sizes(self._places.heads(prefix))
        return sorted(self._places.name(head) for head, size in found if size > REMOVED_BYTES)

    def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        self._bucket.close()

    def _head(self, name: str) -> _Head | None:
        place = self._places.head(name)
        found = self._bucket.get(place)
        if found is None:
            return None
        content, tag = found
        return *opened(content, f"{self._bucket.address}/{place}"), tag, content

    def _expected(self, name: str, version: int) -> _Head | None:
        """Return the head of a document that has the expected version.

        Raises:
            Conflict: It has another one.
        """
        head = self._head(name)
        found = head[0].version if head else 0
        if found != version:
            raise _moved(name, version, found)
        return head

    def _write(self, name: str, payload: bytes, head: _Head | None, first: int) -> int:
        """Replace a head by the next version, whose history begins with the version `first`.

        Raises:
            Conflict: Somebody else has replaced it.
        """
        before = head[0] if head else removed("")
        made = Version(
            version=before.version + 1,
            written_us=max(to_us(self._clock()), before.written_us),
            life=before.life or uuid4().hex,
            write=uuid4().hex,
            first=first,
        )
        self._swap(name, made, payload, head)
        return made.version

    def _remove_history(self, name: str, version: Version) -> None:
        older = self._bucket.sizes(self._places.history(name, version.life))
        self._bucket.remove(place for place, _ in older)

    def _keep(self, name: str, head: _Head) -> None:
        """Copy a head to the history, unless it is there."""
        version, _, _, content = head
        place = self._places.version(name, version.life, version.version)
        try:
            self._bucket.put(place, content, None)
        except Conflict:
            return  # another writer has kept the same bytes

    def _swap(self, name: str, made: Version, payload: bytes, head: _Head | None) -> None:
        """Replace a head.

        Raises:
            Conflict: Somebody else has replaced it.
        """
        place = self._places.head(name)
        try:
            self._bucket.put(place, made.around(payload), head[2] if head else None)
        except Conflict:
            if not self._was_written(name, made):
                raise _moved(name, head[0].version if head else 0) from None

    def _was_written(self, name: str, made: Version) -> bool:
        """Return whether a write was done whose answer got lost, so that it was tried twice."""
        head = self._head(name)
        if head is None or head[0].life != made.life:
            return False
        if head[0].version == made.version:
            return head[0].write == made.write
        place = self._places.version(name, made.life, made.version)
        kept = self._bucket.get(place)
        return kept is not None and opened(kept[0], place)[0].write == made.write

    def _kept(self, place: str) -> Document | None:
        found = self._bucket.get(place)
        return opened(found[0], f"{self._bucket.address}/{place}")[1] if found else None

    def _older(self, name: str, newest: Version) -> list[Document] | None:
        """Return the versions before the newest; None when they were removed meanwhile."""
        versions = range(newest.first, newest.version)
        places = [self._places.version(name, newest.life, version) for version in versions]
        with ThreadPoolExecutor(_READERS) as pool:
            found = list(pool.map(self._kept, places))
        kept = [document for document in found if document is not None]
        return kept if len(kept) == len(found) else None


def _moved(name: str, expected: int, found: int | None = None) -> Conflict:
    got = "another writer was first" if found is None else f"version {found}"
    return Conflict(
        f"document {name!r} was changed by somebody else",
        got=got,
        allowed=f"version {expected}",
        fix="read it again and repeat the change",
    )
