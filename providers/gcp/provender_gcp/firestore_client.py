"""`FirestoreClient`: Google's generated client, with its database, deadlines and typed errors."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from provender.errors import StoreError
from provender_gcp.configuration import Cloud, FirestoreConfig, is_emulator
from provender_gcp.credentials import credentials, required_project
from provender_gcp.errors import google_errors

T = TypeVar("T")
NAME = "__name__"
"""The field by which Firestore means a document's name."""
_OPTIONS = [
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
    ("grpc.keepalive_time_ms", 30_000),
]
_SINGLE_THREADED = ("SingleThreadedUnaryStream", 1)  # streams are read more than twice as fast


class FirestoreClient:
    """What the store asks of one Firestore database.

    The connection is opened by the first call, and anew in a process that was forked.

    Args:
        config: The store's settings.
        cloud: The settings of the account.
    """

    def __init__(self, config: FirestoreConfig, cloud: Cloud) -> None:
        import google.cloud.firestore_v1  # noqa: F401 - missing: told now, with the extra

        self._endpoint = config.endpoint or cloud.settings.firestore_endpoint
        self.timeout = config.timeout_seconds
        self.options = _OPTIONS
        self.credentials, project = credentials(cloud, emulator=is_emulator(self._endpoint))
        self.project = required_project(project)
        self.database_id = config.database or cloud.settings.database
        self.database = f"projects/{self.project}/databases/{self.database_id}"
        self._metadata = [("google-cloud-resource-prefix", self.database)]
        if is_emulator(self._endpoint):
            self._metadata.append(("authorization", "Bearer owner"))
        self._lock = threading.Lock()
        self._opened: tuple[int, Any, Any] | None = None

    def get(self, names: Sequence[str], fields: Sequence[str] = ()) -> dict[str, Any]:
        """Return the documents that exist, by name.

        Args:
            names: Which documents.
            fields: Which of their fields; none given: all.

        Raises:
            StoreError: Firestore failed, also when it was asked again.
        """
        from google.cloud.firestore_v1.types import BatchGetDocumentsResponse

        request: dict[str, Any] = {"database": self.database, "documents": names}
        if fields:
            request["mask"] = {"field_paths": fields}

        def read() -> dict[str, Any]:
            answers = self._api.batch_get_documents(request=request, **self.call())
            plain = map(BatchGetDocumentsResponse.pb, answers)
            return {a.found.name: a.found for a in plain if a.HasField("found")}

        return self._retried(read)

    def commit(self, writes: Sequence[Any]) -> list[Any]:
        """Do writes, each on its own; return a status for each, of gRPC's codes.

        Raises:
            GoogleAPICallError: Nothing is known of any of them.
        """
        request = {"database": self.database, "writes": writes}
        return list(self._api.batch_write(request=request, **self.call()).status)

    def documents(
        self, parent: str, collection: str, page: int, field: str = NAME
    ) -> Iterator[list[Any]]:
        """Return all documents of a collection, each with one field alone, page by page.

        A query is ordered by the names and begins after the last one that was seen, so that no
        page depends on a query that is still open; each document is billed as one read. It needs
        the permission ``datastore.entities.list``.
        https://cloud.google.com/firestore/docs/query-data/query-cursors

        Raises:
            StoreError: Firestore failed, also when it was asked again.
        """
        last: str | None = None
        while True:
            query = _query(collection, page, field, last)
            found = self._retried(lambda query=query: self._found(parent, query))  # type: ignore[misc]
            if found:
                yield found
            if len(found) < page:
                return
            last = found[-1].name

    def count(self, parent: str, collection: str) -> int:
        """Return how many documents a collection has.

        Raises:
            StoreError: Firestore failed, also when it was asked again.
        """
        counted = {"structured_query": {"from_": [{"collection_id": collection}]}}
        counted["aggregations"] = [{"count": {}, "alias": "rows"}]  # type: ignore[assignment]
        request = {"parent": parent, "structured_aggregation_query": counted}

        def ask() -> int:
            answers = self._api.run_aggregation_query(request=request, **self.call())
            return sum(a.result.aggregate_fields["rows"].integer_value for a in answers)

        return self._retried(ask)

    @property
    def admin(self) -> Any:
        """The client of the database's settings, over the same connection."""
        from google.cloud.firestore_admin_v1.services.firestore_admin import FirestoreAdminClient
        from google.cloud.firestore_admin_v1.services.firestore_admin.transports import (
            FirestoreAdminGrpcTransport as Transport,
        )

        return FirestoreAdminClient(transport=Transport(channel=self._connection[0]))

    @contextmanager
    def errors(self, role: str = "roles/datastore.user") -> Iterator[None]:
        """Turn what Google's client raises inside into StoreErrors.

        Args:
            role: The role that allows what is done inside.

        Raises:
            StoreError: With the command that mends it, if one is known.
        """
        project, database = self.project, self.database_id
        fixes = {
            403: f"gcloud projects add-iam-policy-binding {project} "
            f"--member=user:YOU --role={role}",
            404: f"gcloud firestore databases create --project={project} "
            f"--database='{database}' --location=REGION",
            429: "wait and run it again; lower online_store.writes_per_second",
        }
        with google_errors(
            StoreError, f"Firestore database {database!r} of project {project!r}", fixes=fixes
        ):
            yield

    def close(self) -> None:
        """Close the connection; the next call opens a new one."""
        with self._lock:
            opened, self._opened = self._opened, None
        if opened is not None and opened[0] == os.getpid():
            opened[1].close()

    def _found(self, parent: str, query: Any) -> list[Any]:
        from google.cloud.firestore_v1.types import RunQueryResponse

        request = {"parent": parent, "structured_query": query}
        answers = self._api.run_query(request=request, **self.call())
        plain = map(RunQueryResponse.pb, answers)
        return [answer.document for answer in plain if answer.HasField("document")]

    def _retried(self, call: Callable[[], T]) -> T:
        """Call until it works, the error is no passing one, or the time is over."""
        from google.api_core.retry import Retry

        retry = Retry(predicate=passing(), initial=0.05, maximum=5.0, timeout=self.timeout)
        with self.errors():
            answer: T = retry(call)()
            return answer

    def call(self) -> dict[str, Any]:
        """Return what every call of the generated client gets beside its request."""
        return {"metadata": self._metadata, "timeout": self.timeout, "retry": None}

    @property
    def _api(self) -> Any:
        """The generated client of the database's documents."""
        return self._connection[1]

    @property
    def _connection(self) -> tuple[Any, Any]:
        """The channel and the generated client of this process."""
        opened = self._opened
        if opened is None or opened[0] != os.getpid():
            with self._lock:
                if self._opened is None or self._opened[0] != os.getpid():
                    self._opened = (os.getpid(), *self._open())
                opened = self._opened
        return opened[1:]

    def address(self) -> tuple[str, bool]:
        """Return ``host:port``, and whether an emulator is there: without encryption."""
        from google.cloud.firestore_v1.services.firestore import FirestoreClient as Generated

        host = (self._endpoint or f"https://{Generated.DEFAULT_ENDPOINT}").rstrip("/")
        address = host.partition("://")[2]
        emulator = is_emulator(self._endpoint)
        return address if emulator or ":" in address else f"{address}:443", emulator

    def _open(self) -> tuple[Any, Any]:
        """Open a channel, and the generated client over it."""
        import grpc
        from google.cloud.firestore_v1.services.firestore import FirestoreClient as Generated
        from google.cloud.firestore_v1.services.firestore.transports import (
            FirestoreGrpcTransport as Transport,
        )

        fast = getattr(grpc.experimental.ChannelOptions, _SINGLE_THREADED[0], None)
        options = [*_OPTIONS, *([(fast, _SINGLE_THREADED[1])] if fast else [])]
        address, emulator = self.address()
        if emulator:
            channel = grpc.insecure_channel(address, options=options)
        else:
            channel = Transport.create_channel(
                address, credentials=self.credentials, options=options
            )
        return channel, Generated(transport=Transport(channel=channel))


def passing() -> Callable[[Exception], bool]:
    """Return what tells whether an error of the client may be gone when it is asked again."""
    from google.api_core import exceptions as google
    from google.api_core.retry import if_exception_type

    found: Callable[[Exception], bool] = if_exception_type(
        google.Aborted,
        google.DeadlineExceeded,
        google.InternalServerError,
        google.ResourceExhausted,
        google.ServiceUnavailable,
    )
    return found


def _query(collection: str, limit: int, wanted: str, after: str | None) -> dict[str, Any]:
    query: dict[str, Any] = {
        "from_": [{"collection_id": collection}],
        "select": {"fields": [{"field_path": wanted}]},
        "order_by": [{"field": {"field_path": NAME}, "direction": "ASCENDING"}],
        "limit": {"value": limit},
    }
    if after is not None:
        query["start_at"] = {"values": [{"reference_value": after}], "before": False}
    return query
