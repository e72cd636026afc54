"""`FirestoreWriter`: merges rows so that the newest wins, whoever writes at the same time.

A group of rows is merged without a transaction: the timestamps of the stored rows are read, older
rows are left out, and each of the others is written on the condition that its document is still
as it was read (`update_time`) or still missing. Who loses that race reads again. A transaction
would hold locks for which all others wait; this never waits, and one of the writers always gets on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from provender.errors import StoreError, bytes_text
from provender.plugin import OnlineRow, Retry
from provender_gcp.firestore_client import FirestoreClient
from provender_gcp.firestore_documents import CREATED, EVENT, age_of, document, row_of
from provender_gcp.firestore_ramp import Ramp

T = TypeVar("T")

_MOST_BYTES = 8 * 1024 * 1024
"""Of one request, which Firestore refuses beyond 10 MiB."""
_OVERHEAD_BYTES = 400
"""What a row takes beside its key and value: its name and timestamps."""
MOST_VALUE_BYTES = 1_048_576 - 1_024
"""Of a row's key and value: a document may have 1 MiB with its name and its other fields."""
_LOST_RACES = frozenset({5, 6, 9, 10})
"""gRPC's NOT_FOUND, ALREADY_EXISTS, FAILED_PRECONDITION and ABORTED: somebody else was first."""
_PASSING = frozenset({4, 8, 13, 14})
"""DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, INTERNAL and UNAVAILABLE: it may work when tried again."""


class FirestoreWriter:
    """Writes groups of rows.

    Args:
        client: The database.
        ramp: How fast it may be written.
        seconds: How long a group is tried without getting on.
    """

    def __init__(self, client: FirestoreClient, ramp: Ramp, seconds: float) -> None:
        self._client = client
        self._ramp = ramp
        self._seconds = seconds

    def merge(self, rows: Mapping[str, OnlineRow], ttl: int | None) -> int:
        """Merge rows, given by the names of their documents.

        Returns:
            How many are older than the stored ones.

        Raises:
            StoreError: Firestore failed; some of the rows may be written.
        """
        pending, retry, kept_back = dict(rows), Retry(self._seconds), 0
        while pending:
            stored = self._client.get(list(pending), (EVENT, CREATED))
            ready = {n: r for n, r in pending.items() if not _older(r, stored.get(n))}
            kept_back += len(pending) - len(ready)
            writes = [_write(document(n, r, ttl), stored.get(n)) for n, r in ready.items()]
            pending = self._commit(ready, writes, retry)
        return kept_back

    def swap(self, name: str, expected: OnlineRow | None, row: OnlineRow, ttl: int | None) -> bool:
        """Write a row if the one that is there is `expected`; return whether it was.

        The document is read and compared, and written on the condition that it is still as it was
        read, or still missing; the write is sent once.

        Raises:
            StoreError: Firestore failed; the row may be swapped or not.
        """
        from google.api_core.exceptions import from_grpc_status

        newest([row])  # is it too large?
        stored = self._client.get([name]).get(name)
        if (None if stored is None else row_of(row[0], stored)) != expected:
            return False
        self._ramp.wait(1)
        with self._client.errors():
            (status,) = self._client.commit([_write(document(name, row, ttl), stored)])
            if status.code and status.code not in _LOST_RACES:
                raise from_grpc_status(status.code, status.message)
        return not status.code

    def delete(self, names: Sequence[str]) -> None:
        """Delete documents, each named once; those that do not exist are ignored.

        Firestore takes 500 writes in a batch, and one write of each document; a delete is billed
        as one, of a missing document too. It needs the permission ``datastore.entities.delete``.
        https://cloud.google.com/firestore/docs/reference/rpc/google.firestore.v1#batchwriterequest

        Raises:
            StoreError: Firestore failed; some of them may be deleted.
        """
        from google.cloud.firestore_v1.types import Write

        pending, retry = dict.fromkeys(names, b""), Retry(self._seconds)
        while pending:
            writes = [Write(delete=name) for name in pending]
            pending = self._commit(pending, writes, retry)

    def _commit(self, pending: dict[str, T], writes: Sequence[Any], retry: Retry) -> dict[str, T]:
        """Do the writes; return those of `pending` that were not done, when it is time again."""
        from google.api_core.exceptions import GoogleAPICallError, from_grpc_status

        retry.extend(self._ramp.wait(len(writes)))
        with self._client.errors():
            try:
                statuses = self._client.commit(writes) if writes else []
            except GoogleAPICallError as error:
                retry.after_failure(error, transient=_code(error) in _PASSING | _LOST_RACES)
                return pending
            done = [n for n, status in zip(pending, statuses, strict=True) if status.code == 0]
            left = {name: pending[name] for name in pending.keys() - set(done)}
            if done:
                retry.restart()
            faults = [s for s in statuses if s.code and s.code not in _LOST_RACES]
            if faults:
                worst = next((s for s in faults if s.code not in _PASSING), faults[0])
                raised = from_grpc_status(worst.code, worst.message)
                retry.after_failure(raised, transient=worst.code in _PASSING)
            elif left:
                retry.after_conflict(from_grpc_status(10, "others write the same rows"))
            return left


def newest(rows: Sequence[OnlineRow]) -> dict[bytes, OnlineRow]:
    """Return the newest row of each key; of equal ones the last.

    Raises:
        StoreError: A value is larger than a document may be.
    """
    found: dict[bytes, OnlineRow] = {}
    for row in rows:
        size = len(row[0]) + len(row[3])
        if size > MOST_VALUE_BYTES:
            raise StoreError(
                "a row is too large for Firestore; nothing was written",
                got=f"{size:,} bytes of the key {row[0]!r:.80} and its values",
                allowed=bytes_text(MOST_VALUE_BYTES),
                fix="split the feature view, or keep large values elsewhere",
            )
        before = found.get(row[0])
        if before is None or row[1:3] >= before[1:3]:
            found[row[0]] = row
    return found


def groups(rows: Mapping[str, OnlineRow], most: int) -> Iterator[dict[str, OnlineRow]]:
    """Return rows in groups that fit into one request.

    Args:
        rows: The rows, by the names of their documents.
        most: The most rows of a group.
    """
    group: dict[str, OnlineRow] = {}
    size = 0
    for name, row in rows.items():
        cost = len(row[0]) + len(row[3]) + _OVERHEAD_BYTES
        if group and (len(group) == most or size + cost > _MOST_BYTES):
            yield group
            group, size = {}, 0
        group[name] = row
        size += cost
    if group:
        yield group


def _older(row: OnlineRow, stored: Any) -> bool:
    return stored is not None and row[1:3] < age_of(stored)


def _write(made: Any, stored: Any) -> Any:
    """Return a write on the condition that the document is still what `stored` is."""
    from google.cloud.firestore_v1.types import Write

    write = Write.pb(Write())
    write.update.CopyFrom(made)
    if stored is None:
        write.current_document.exists = False
    else:
        write.current_document.update_time.CopyFrom(stored.update_time)
    return write


def _code(error: Any) -> int:
    """Return gRPC's number of an error."""
    status = getattr(error, "grpc_status_code", None)
    return int(status.value[0]) if status is not None else 0
