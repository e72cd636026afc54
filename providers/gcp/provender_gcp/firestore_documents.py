"""The document of a row in Firestore: its name and its fields."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

from provender.errors import StoreError
from provender.plugin import OnlineRow, OnlineTable

EVENT, CREATED, VALUE, EXPIRES, KEY = "event_ts", "created_ts", "value", "expires", "key"
"""The fields of a row; none of them is ever asked by, so none needs an index."""
_YEAR_1_US, _YEAR_10000_US = -62_135_596_800_000_000, 253_402_300_800_000_000


class Places:
    """The names of the documents of one database.

    The rows of a view are the collection ``provender/PROJECT.VIEW.GENERATION/provender_rows``:
    one collection each, and all of them of one collection group, so that the exemptions from
    indexing and the policy of expiry are set once for all views. A row's document is named by a
    hash of its key, since Firestore slows down where names follow one another.

    Args:
        database: ``projects/PROJECT/databases/DATABASE``.
        collection: The collection that holds a document for each view.
    """

    def __init__(self, database: str, collection: str) -> None:
        self._root = f"{database}/documents/{collection}"
        self.group = f"{collection}_rows"

    def parent(self, table: OnlineTable) -> str:
        """Return the name of the document above the rows of a table; it need not exist."""
        return f"{self._root}/{table.name}"

    def rows(self, table: OnlineTable, keys: Sequence[bytes]) -> list[str]:
        """Return the name of the row of each key."""
        above = f"{self._root}/{table.name}/{self.group}/"
        return [above + blake2b(key, digest_size=20).hexdigest() for key in keys]


def document(name: str, row: OnlineRow, ttl: int | None) -> Any:
    """Return the document of a row.

    Args:
        name: The document's name.
        row: The row.
        ttl: How long the row is of use after its event timestamp, in µs.
    """
    from google.cloud.firestore_v1.types import Document

    made = Document.pb(Document())
    made.name = name
    key, event, created, value = row
    made.fields[KEY].bytes_value = key
    made.fields[EVENT].integer_value = event
    made.fields[CREATED].integer_value = created
    made.fields[VALUE].bytes_value = value
    if ttl is not None:
        _set_expiry(made.fields[EXPIRES].timestamp_value, event + ttl)
    return made


def _set_expiry(field: Any, us: int) -> None:
    """Set the instant from which Firestore may remove the document, within what it can hold."""
    us = min(max(us, _YEAR_1_US), _YEAR_10000_US - 1)
    field.seconds, micros = divmod(us, 1_000_000)
    field.nanos = micros * 1_000


def row_of(key: bytes, found: Any) -> OnlineRow:
    """Return the row that a document holds."""
    fields = found.fields
    event, created = fields[EVENT].integer_value, fields[CREATED].integer_value
    return key, event, created, fields[VALUE].bytes_value


def age_of(found: Any) -> tuple[int, int]:
    """Return the event and created timestamps that a document holds."""
    return found.fields[EVENT].integer_value, found.fields[CREATED].integer_value


def key_of(found: Any, view: str) -> bytes:
    """Return the key that a document holds.

    Args:
        found: The document.
        view: The feature view that it belongs to.

    Raises:
        StoreError: It holds none: earlier versions kept the hash of a key only.
    """
    if KEY in found.fields:
        key: bytes = found.fields[KEY].bytes_value
        return key
    raise StoreError(
        f"a row of feature view {view!r} was written without its key",
        got=f"the document {found.name.rpartition('/')[2]}, named by the hash of the key",
        fix="remove the view and apply, then add it again, apply and materialize",
    )


def size_of(found: Any) -> int:
    """Return the bytes that Firestore counts for a document without its index entries.

    https://firebase.google.com/docs/firestore/storage-size
    """
    path = found.name.partition("/documents/")[2].split("/")
    name = sum(len(part.encode()) + 1 for part in path) + 16
    fields = sum(
        len(field) + 1 + (len(value.bytes_value) if value.HasField("bytes_value") else 8)
        for field, value in found.fields.items()
    )
    return name + fields + 32


def estimated_count(last: Any, seen: int) -> int:
    """Return how many documents a collection has, from the last of the first `seen` by name.

    Names are hashes, spread evenly over all that there can be: where the first 300 end at a
    hundredth of them, there are some 30,000.
    """
    name: str = last.name.rpartition("/")[2]
    part: float = (int(name, 16) + 1) / 2 ** (4 * len(name))
    return round(seen / part)
