"""`AsyncClient`: a feature server's features, for event loops."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any, Self

from provender.client import calls, sending
from provender.client.calls import Call, T
from provender.client.online_features import OnlineFeatures
from provender.client.sending import httpx_module
from provender.definitions.requested import Features
from provender.wire import names
from provender.wire.answers import PushAnswer, Run

if TYPE_CHECKING:
    import httpx
    import pyarrow as pa


class AsyncClient:
    """Asks a feature server; the tasks of one event loop may share it.

    Args:
        url: The server's address, such as ``http://127.0.0.1:6566``.
        token: Its bearer token; None: that of the environment variable ``PROVENDER_TOKEN``.
        timeout: How long an answer is waited for, in seconds.
        retries: How often a request that fails temporarily is sent again.
        verify: The certificate authorities' file, an `ssl.SSLContext`, or True: the system's.

    Raises:
        MissingExtra: httpx is not installed.
    """

    def __init__(
        self,
        url: str,
        *,
        token: str | None = None,
        timeout: float = 30.0,
        retries: int = 3,
        verify: Any = True,
    ) -> None:
        self._settings = sending.Settings(url, token, timeout, retries, verify)
        self._http: httpx.AsyncClient = httpx_module().AsyncClient(**self._settings.of_httpx())

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._http.base_url!r}>"

    async def get_online_features(
        self,
        features: Features,
        entities: Any,
        *,
        full_feature_names: bool = False,
    ) -> OnlineFeatures:
        """Return the newest features of some entities.

        Args:
            features: References such as ``driver_stats:rating``, feature views or some of their
                features; or a feature service or its name.
            entities: The entity rows, a table as `FeatureStore.push` takes it, the data that
                on-demand views need among its columns.
            full_feature_names: Name columns ``driver_stats__rating`` instead of ``rating``.

        Raises:
            NotFound: A view, feature or service is not registered.
            RequestError: The request does not fit, or the token does not allow it.
            StoreError: The server, or a store behind it, cannot be reached or failed.
        """
        return await self.send(calls.online(features, entities, full=full_feature_names))

    async def get_online_table(
        self,
        features: Features,
        entities: Any,
        *,
        full_feature_names: bool = False,
        metadata: bool = False,
    ) -> pa.Table:
        """Return the newest features of many entities in exact types.

        Args:
            features: See `get_online_features`.
            entities: The entity rows, a table as `FeatureStore.push` takes it.
            full_feature_names: Name columns ``driver_stats__rating`` instead of ``rating``.
            metadata: Add ``NAME__status`` and ``NAME__ts`` for each feature.

        Raises:
            ProvenderError: As `get_online_features`.
        """
        call = calls.online_table(features, entities, full=full_feature_names, metadata=metadata)
        return await self.send(call)

    async def push(self, push_source_name: str, df: Any, to: str = "online") -> PushAnswer:
        """Write rows to the views of a push source; when this returns they are written.

        Args:
            push_source_name: The push source.
            df: The rows, a table as `FeatureStore.push` takes it.
            to: ``online``, ``offline`` or ``both``.

        Raises:
            ProvenderError: As `get_online_features`.
        """
        return await self.send(calls.push(push_source_name, df, to))

    async def write_to_online_store(self, feature_view_name: str, df: Any) -> PushAnswer:
        """Merge rows into one view online; see `push`.

        Raises:
            ProvenderError: As `get_online_features`.
        """
        return await self.send(calls.write(feature_view_name, df))

    async def materialize(
        self, start_date: str, end_date: str, feature_views: Sequence[str] | None = None
    ) -> Run:
        """Begin to move rows of a time range online; it continues in the background.

        Args:
            start_date: The first instant, ISO 8601; naive means UTC.
            end_date: The last instant.
            feature_views: The views; by default all that are online.

        Raises:
            ProvenderError: As `get_online_features`.
        """
        return await self.send(calls.materialize(start_date, end_date, feature_views))

    async def materialize_incremental(
        self, end_date: str, feature_views: Sequence[str] | None = None
    ) -> Run:
        """Begin to move online what is new; it continues in the background.

        Args:
            end_date: The last instant, ISO 8601; naive means UTC.
            feature_views: The views; by default all that are online.

        Raises:
            ProvenderError: As `get_online_features`.
        """
        return await self.send(calls.materialize_incremental(end_date, feature_views))

    async def rebuild(
        self,
        feature_views: Sequence[str] | None = None,
        end_date: str | None = None,
        *,
        keep_pushed: bool = False,
        allow_data_loss: bool | Sequence[str] = False,
    ) -> Run:
        """Begin to make online rows equal to the offline store; it continues in the background.

        Args:
            feature_views: The views; by default all that are online.
            end_date: The last instant, ISO 8601; naive means UTC. By default now.
            keep_pushed: Keep the rows that are online and not in the source.
            allow_data_loss: The views whose rows that are only online may be lost; True: those
                of all. Otherwise the run fails where there are such rows, and nothing is changed.

        Raises:
            ProvenderError: As `get_online_features`.
        """
        call = calls.rebuild(
            feature_views, end_date, keep_pushed=keep_pushed, allow_data_loss=allow_data_loss
        )
        return await self.send(call)

    async def run(self, run_id: str) -> Run:
        """Return the state of a run.

        Raises:
            ProvenderError: As `get_online_features`.
        """
        return await self.send(calls.run(run_id))

    async def is_ready(self) -> bool:
        """Return whether the server and the stores behind it answer."""
        try:
            answer = await self._http.request("GET", names.READY)
        except httpx_module().HTTPError:
            return False
        return answer.status_code == 200

    async def send(self, call: Call[T]) -> T:
        """Return the answer to any call.

        Raises:
            ProvenderError: As `get_online_features`.
        """
        httpx = httpx_module()
        for attempt in range(self._settings.retries + 1):
            last = attempt == self._settings.retries
            answer = None
            try:
                answer = await self._http.request(**sending.arguments(call))
            except httpx.TransportError as error:
                sent = not isinstance(error, httpx.ConnectError)
                lost = sent and not call.repeatable
                if last or lost:
                    raise sending.unreachable(self._settings.url, error, lost=lost) from error
            if answer is not None and (last or not sending.passes(call, answer)):
                return sending.read(call, answer)
            await asyncio.sleep(sending.pause(attempt, answer))
        raise AssertionError("the last attempt returns or raises")

    async def stream(self, call: Call[Any]) -> AsyncIterator[bytes]:
        """Return the body of the answer to a call in pieces, as they come.

        What fails before the body begins is tried again, as `send` does; what fails later is
        not.

        Raises:
            ProvenderError: As `get_online_features`.
        """
        httpx = httpx_module()
        for attempt in range(self._settings.retries + 1):
            last = attempt == self._settings.retries
            answer, begun = None, False
            try:
                async with self._http.stream(**sending.arguments(call)) as answer:
                    begun = answer.status_code in call.codes
                    if begun:
                        async for piece in answer.aiter_bytes():
                            yield piece
                        return
                    await answer.aread()
            except httpx.TransportError as error:
                if last or begun:
                    raise sending.unreachable(self._settings.url, error, lost=False) from error
                answer = None
            if answer is not None and (last or not sending.passes(call, answer)):
                sending.read(call, answer)
            await asyncio.sleep(sending.pause(attempt, answer))

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()
