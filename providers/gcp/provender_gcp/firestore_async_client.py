"""`FirestoreAsyncClient`: reads documents for one event loop, by Google's asynchronous client."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from provender_gcp.firestore_client import FirestoreClient, passing


class FirestoreAsyncClient:
    """What is asked of one Firestore database from an event loop, over a connection of the loop's.

    Args:
        client: The client whose database, account and deadlines it shares.
    """

    def __init__(self, client: FirestoreClient) -> None:
        from google.cloud.firestore_v1.services.firestore import (
            FirestoreAsyncClient as Generated,
        )
        from google.cloud.firestore_v1.services.firestore.transports import (
            FirestoreGrpcAsyncIOTransport as Transport,
        )

        self._client = client
        self._channel = self._open(Transport)
        self._api = Generated(transport=Transport(channel=self._channel))

    async def get(self, names: Sequence[str]) -> dict[str, Any]:
        """Return the documents that exist, by name.

        Raises:
            StoreError: Firestore failed, also when it was asked again.
        """
        from google.api_core.retry import AsyncRetry

        async def read() -> dict[str, Any]:
            request = {"database": self._client.database, "documents": names}
            answers = await self._api.batch_get_documents(request=request, **self._client.call())
            found = [answer._pb.found async for answer in answers if "found" in answer]
            return {one.name: one for one in found}

        retry = AsyncRetry(
            predicate=passing(), initial=0.05, maximum=5.0, timeout=self._client.timeout
        )
        with self._client.errors():
            answer: dict[str, Any] = await retry(read)()
            return answer

    async def close(self) -> None:
        """Close the connection."""
        await self._channel.close()

    def _open(self, transport: Any) -> Any:
        import grpc.aio

        address, emulator = self._client.address()
        if emulator:
            return grpc.aio.insecure_channel(address, options=self._client.options)
        return transport.create_channel(
            address, credentials=self._client.credentials, options=self._client.options
        )
