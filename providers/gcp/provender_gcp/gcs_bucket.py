"""`GcsBucket`: objects of Cloud Storage, replaced by their generations, with typed errors."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from provender.errors import Conflict, RegistryError
from provender.plugin import ObjectBucket
from provender_gcp.configuration import Cloud, is_emulator
from provender_gcp.credentials import credentials
from provender_gcp.errors import google_errors

_NO_BUCKET = "bucket does not exist"  # as Cloud Storage says; a missing object says otherwise


class GcsBucket(ObjectBucket):
    """Objects of one bucket; one connection per process.

    Args:
        name: The bucket.
        endpoint: Another address of Cloud Storage; ``http://`` is an emulator's.
        cloud: The settings of the account.
        timeout_seconds: How long a request is retried in total.
    """

    def __init__(
        self, name: str, endpoint: str | None, cloud: Cloud, timeout_seconds: float
    ) -> None:
        import google.cloud.storage  # noqa: F401 - missing: told now, with the extra

        self.name = name
        self.address = f"gs://{name}"
        self._endpoint = endpoint
        self._emulator = is_emulator(endpoint)
        self._credentials, self._project = credentials(cloud, emulator=self._emulator)
        self._timeout = timeout_seconds
        self._lock = threading.Lock()
        self._client: tuple[int, Any] | None = None

    def get(self, name: str) -> tuple[bytes, str] | None:
        """Return the content of an object and its generation, or None when there is none.

        Raises:
            RegistryError: It cannot be read, or there is no such bucket.
        """
        from google.api_core.exceptions import NotFound

        blob = self._bucket().blob(name)
        with self._errors():
            try:
                content = blob.download_as_bytes(**self._call())
            except NotFound as error:
                if _NO_BUCKET in str(error):
                    raise
                return None
        return content, str(blob.generation)

    def put(self, name: str, content: bytes, tag: str | None) -> None:
        """Write an object if it still has a generation; None: if there is no such object.

        Raises:
            Conflict: It has another one.
            RegistryError: It cannot be written.
        """
        from google.api_core.exceptions import PreconditionFailed

        blob = self._bucket().blob(name)
        with self._errors():
            try:
                blob.upload_from_string(
                    content,
                    "application/octet-stream",
                    if_generation_match=int(tag or 0),
                    **self._call(),
                )
            except PreconditionFailed as error:
                raise Conflict(f"gs://{self.name}/{name} was changed by somebody else") from error

    def sizes(self, prefix: str) -> list[tuple[str, int]]:
        """Return the names of the objects that begin with `prefix`, with their sizes in bytes.

        Raises:
            RegistryError: They cannot be listed.
        """
        fields = "items(name,size),nextPageToken"
        with self._errors():
            blobs = self._bucket().list_blobs(prefix=prefix, fields=fields, **self._call())
            return [(blob.name, blob.size or 0) for blob in blobs]

    def remove(self, names: Iterable[str]) -> None:
        """Remove objects; those that do not exist are ignored.

        Raises:
            RegistryError: They cannot be removed.
        """
        from google.api_core.exceptions import NotFound

        for name in names:
            with self._errors():
                try:
                    self._bucket().blob(name).delete(**self._call())
                except NotFound as error:
                    if _NO_BUCKET in str(error):
                        raise

    def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        with self._lock:
            opened, self._client = self._client, None
        if opened is not None and opened[0] == os.getpid():
            opened[1].close()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        bucket, project = self.name, self._project or "PROJECT"
        fixes = {
            403: f"gcloud storage buckets add-iam-policy-binding gs://{bucket} "
            "--member=user:YOU --role=roles/storage.objectUser",
            404: f"gcloud storage buckets create gs://{bucket} --project={project} --location=EU",
            429: "run it again; Cloud Storage takes about one change of an object per second",
        }
        place = f"the registry's bucket gs://{bucket}"
        with google_errors(RegistryError, place, fixes=fixes):
            yield

    def _call(self) -> dict[str, Any]:
        from google.cloud.storage.retry import DEFAULT_RETRY

        retry = DEFAULT_RETRY.with_delay(initial=0.2, maximum=10.0).with_timeout(self._timeout)
        return {"timeout": self._timeout, "retry": retry}

    def _bucket(self) -> Any:
        with self._lock:
            if self._client is None or self._client[0] != os.getpid():
                self._client = os.getpid(), self._open()
            return self._client[1].bucket(self.name)

    def _open(self) -> Any:
        from google.cloud.storage import Client

        options = {"api_endpoint": self._endpoint.rstrip("/")} if self._endpoint else None
        client = Client(
            project=self._project,
            credentials=self._credentials,
            client_options=options,
            use_auth_w_custom_endpoint=not self._emulator,
        )
        # else it asks for the bucket's metadata from a thread that outlives the connection
        client._bucket_metadata_cache = None
        return client
