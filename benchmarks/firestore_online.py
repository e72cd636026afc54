"""The Firestore store, against Google's bare client that does the same batches.

Writing, the bare client does what newest-wins needs: it reads the documents of a batch, and writes
them on the condition that they are as they were read. As many threads work in both.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.beside_bare import BesideBare
from benchmarks.figures import Figure
from benchmarks.sizes import Sizes
from provender.plugin import OnlineRow, PluginContext

if TYPE_CHECKING:
    from provender_gcp.firestore_store import FirestoreStore

BATCH, THREADS = 250, 8


def measure(directory: Path, sizes: Sizes, feast: bool) -> list[Figure]:
    """Write and read beside each other; see `BesideBare`."""
    from servers.firestore import firestore_server, missing

    reason = missing()
    if reason:
        print(f"{reason}: not measured")
        return []
    with firestore_server(directory) as endpoint, _opened(endpoint, directory) as (bare, store):
        rows = min(sizes.served, 5_000)
        return list(BesideBare("firestore", store, bare, rows, 10_000).figures(sizes))


@contextmanager
def _opened(endpoint: str, directory: Path) -> Iterator[tuple[_Bare, FirestoreStore]]:
    from provender_gcp.configuration import FirestoreConfig
    from provender_gcp.firestore_store import FirestoreStore

    config = FirestoreConfig(
        project_id="bench",
        endpoint=endpoint,
        batch_rows=BATCH,
        parallel=THREADS,
        writes_per_second=None,
    )
    store = FirestoreStore(config, PluginContext("bench", directory))
    bare = _Bare(endpoint)
    yield bare, store
    bare.close()
    store.close()


class _Bare:
    """Google's client, with the keys as names of documents."""

    def __init__(self, endpoint: str) -> None:
        from google.cloud.firestore import Client

        os.environ["FIRESTORE_EMULATOR_HOST"] = endpoint.partition("://")[2]
        self._client = Client(project="bare")
        del os.environ["FIRESTORE_EMULATOR_HOST"]
        self._rows = self._client.collection("rows")
        self._pool = ThreadPoolExecutor(THREADS)

    def write(self, rows: list[OnlineRow]) -> None:
        """Write rows in batches beside each other."""
        parts = [rows[start : start + BATCH] for start in range(0, len(rows), BATCH)]
        list(self._pool.map(self._write, parts))

    def read(self, keys: list[bytes]) -> list[dict[str, Any]]:
        """Read documents, as many at a time as the store does."""
        parts = [keys[start : start + 100] for start in range(0, len(keys), 100)]
        if len(parts) == 1:
            return self._read(parts[0])
        return [found for part in self._pool.map(self._read, parts) for found in part]

    def close(self) -> None:
        """Close the connection."""
        self._pool.shutdown()
        self._client.close()

    def _read(self, keys: list[bytes]) -> list[dict[str, Any]]:
        references = [self._rows.document(key.decode()) for key in keys]
        return [found.to_dict() for found in self._client.get_all(references)]

    def _write(self, rows: list[OnlineRow]) -> None:
        references = [self._rows.document(row[0].decode()) for row in rows]
        stored = self._client.get_all(references, field_paths=["event_ts", "created_ts"])
        known = {found.id: found for found in stored}
        batch = self._client.batch()
        for reference, (_, event, created, value) in zip(references, rows, strict=True):
            found = known[reference.id]
            fields = {"event_ts": event, "created_ts": created, "value": value}
            if not found.exists:
                batch.create(reference, fields)
            elif found.get("event_ts") <= event:
                unchanged = self._client.write_option(last_update_time=found.update_time)
                batch.update(reference, fields, option=unchanged)
        batch.commit()
