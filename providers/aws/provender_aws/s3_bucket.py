"""`S3Bucket`: objects of S3, replaced by their ETags, with typed errors."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from provender.errors import Conflict, RegistryError
from provender.plugin import ObjectBucket
from provender_aws.clients import open_client
from provender_aws.errors import aws_errors, code
from provender_aws.s3_configuration import S3RegistryConfig

_CHANGED = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"})
"""What S3 says to a condition that does not hold; to If-Match where nothing is: NoSuchKey."""


class S3Bucket(ObjectBucket):
    """Objects of one bucket; one connection per process.

    Args:
        name: The bucket.
        settings: The complete settings of the registry.
    """

    def __init__(self, name: str, settings: S3RegistryConfig) -> None:
        import boto3  # noqa: F401 - missing: told now, with the extra

        self.name = name
        self.address = f"s3://{name}"
        self._settings = settings
        self._lock = threading.Lock()
        self._client: tuple[int, Any] | None = None

    def get(self, name: str) -> tuple[bytes, str] | None:
        """Return the content of an object and its ETag, or None when there is none.

        Raises:
            RegistryError: It cannot be read, or there is no such bucket.
        """
        from botocore.exceptions import ClientError

        with self._errors():
            try:
                answer = self._s3().get_object(Bucket=self.name, Key=name)
            except ClientError as error:
                if code(error) != "NoSuchKey":
                    raise
                return None
            with answer["Body"] as body:
                return body.read(), str(answer["ETag"])

    def put(self, name: str, content: bytes, tag: str | None) -> None:
        """Write an object if it still has an ETag; None: if there is no such object.

        Raises:
            Conflict: It has another one.
            RegistryError: It cannot be written.
        """
        from botocore.exceptions import ClientError

        condition = {"IfNoneMatch": "*"} if tag is None else {"IfMatch": tag}
        with self._errors():
            try:
                self._s3().put_object(
                    Bucket=self.name, Key=name, Body=content, **condition, **self._encryption()
                )
            except ClientError as error:
                if code(error) not in _CHANGED:
                    raise
                raise Conflict(f"s3://{self.name}/{name} was changed by somebody else") from error

    def sizes(self, prefix: str) -> list[tuple[str, int]]:
        """Return the names of the objects that begin with `prefix`, with their sizes in bytes.

        Raises:
            RegistryError: They cannot be listed.
        """
        with self._errors():
            pages = self._s3().get_paginator("list_objects_v2")
            found = pages.paginate(Bucket=self.name, Prefix=prefix)
            return [(one["Key"], one["Size"]) for page in found for one in page.get("Contents", ())]

    def remove(self, names: Iterable[str]) -> None:
        """Remove objects; those that do not exist are ignored.

        Raises:
            RegistryError: They cannot be removed.
        """
        for name in names:
            with self._errors():
                self._s3().delete_object(Bucket=self.name, Key=name)

    def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        with self._lock:
            opened, self._client = self._client, None
        if opened is not None and opened[0] == os.getpid():
            opened[1].close()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        from botocore.exceptions import ClientError

        place = f"the registry's bucket s3://{self.name}"
        with aws_errors(place, RegistryError):
            try:
                yield
            except ClientError as error:
                if code(error) != "NoSuchBucket":
                    raise
                fix = f"aws s3 mb s3://{self.name}"
                raise RegistryError(f"{place} does not exist", got=str(error), fix=fix) from error

    def _encryption(self) -> dict[str, str]:
        key = self._settings.kms_key_id
        return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key} if key else {}

    def _s3(self) -> Any:
        with self._lock:
            if self._client is None or self._client[0] != os.getpid():
                with self._errors():
                    self._client = os.getpid(), self._open()
            return self._client[1]

    def _open(self) -> Any:
        settings = self._settings
        return open_client(
            "s3",
            settings,
            settings.s3_endpoint,
            RegistryError,
            connect_timeout=settings.timeout_seconds,
            read_timeout=settings.timeout_seconds,
            retries={"mode": "standard", "total_max_attempts": settings.attempts},
            max_pool_connections=32,
        )
