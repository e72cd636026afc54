"""`Pushes`: the part of a feature store that takes rows from a program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from provender.definitions import PushMode
from provender.materialize.ledger import LedgerBook
from provender.push import Pusher, PushReport
from provender.registrations import Registrations


class Pushes(Registrations):
    """Rows that a program hands over, written online, offline or both.

    Rows are a pandas DataFrame, an Arrow table or record batch, a list of dicts or a dict of
    columns, with the columns of the source. Naive timestamps mean UTC. All rows are checked
    against all views before any is written. Of several rows of a key the newest wins, in one
    push and between many, in whatever order they come; a push that failed may be repeated.
    """

    def push(
        self,
        push_source_name: str,
        df: Any,
        to: PushMode | str = PushMode.ONLINE,
        *,
        allow_registry_cache: bool = False,
    ) -> PushReport:
        """Push rows to all views of a push source.

        Args:
            push_source_name: The push source.
            df: The rows.
            to: ``online``, ``offline`` or ``both`` (offline first), as text or `PushMode`.
            allow_registry_cache: Whether definitions may be as old as the configuration's
                ``registry.cache_ttl_seconds``; otherwise the registry is read for each push.

        Raises:
            NotFound: There is no such push source, or no view reads it.
            RequestError: With everything that is wrong with the rows; nothing was written. Or the
                store reads as of an earlier version.
            SourceError: The batch source cannot be looked up; nothing was written.
            PushError: A store failed; says what was written. Pushing again is right.
        """
        pusher = self._pusher(allow_registry_cache=allow_registry_cache)
        return pusher.to_source(push_source_name, df, to)

    async def push_async(
        self,
        push_source_name: str,
        df: Any,
        to: PushMode | str = PushMode.ONLINE,
        *,
        allow_registry_cache: bool = False,
    ) -> PushReport:
        """Push rows to all views of a push source in a thread; see `push`."""
        return await _in_a_thread(
            self.push, push_source_name, df, to, allow_registry_cache=allow_registry_cache
        )

    def write_to_online_store(
        self, feature_view_name: str, df: Any, *, allow_registry_cache: bool = False
    ) -> PushReport:
        """Merge rows into one view online, whatever its source is.

        Args:
            feature_view_name: The view.
            df: The rows, with the columns of the view's source.
            allow_registry_cache: See `push`.

        Raises:
            NotFound: There is no such view.
            RequestError: The view is not online, or with everything that is wrong with the rows;
                nothing was written. Or the store reads as of an earlier version.
            PushError: The store failed; writing again is right.
        """
        pusher = self._pusher(allow_registry_cache=allow_registry_cache)
        return pusher.to_view(feature_view_name, df, PushMode.ONLINE)

    async def write_to_online_store_async(
        self, feature_view_name: str, df: Any, *, allow_registry_cache: bool = False
    ) -> PushReport:
        """Merge rows into one view online in a thread; see `write_to_online_store`."""
        return await _in_a_thread(
            self.write_to_online_store,
            feature_view_name,
            df,
            allow_registry_cache=allow_registry_cache,
        )

    def write_to_offline_store(
        self, feature_view_name: str, df: Any, *, allow_registry_cache: bool = False
    ) -> PushReport:
        """Append rows to the source of one view, all of them or none.

        Args:
            feature_view_name: The view.
            df: The rows, with the columns of the view's source.
            allow_registry_cache: See `push`.

        Raises:
            NotFound: There is no such view.
            RequestError: With everything that is wrong with the rows; nothing was written. Or the
                store reads as of an earlier version.
            SourceError: The source cannot be looked up; nothing was written.
            PushError: The store failed; writing again is right.
        """
        pusher = self._pusher(allow_registry_cache=allow_registry_cache)
        return pusher.to_view(feature_view_name, df, PushMode.OFFLINE)

    async def write_to_offline_store_async(
        self, feature_view_name: str, df: Any, *, allow_registry_cache: bool = False
    ) -> PushReport:
        """Append rows to the source of one view in a thread; see `write_to_offline_store`."""
        return await _in_a_thread(
            self.write_to_offline_store,
            feature_view_name,
            df,
            allow_registry_cache=allow_registry_cache,
        )

    def _pusher(self, *, allow_registry_cache: bool) -> Pusher:
        self.check_writable()
        stores = self.stores
        return Pusher(
            catalog=self.catalog if allow_registry_cache else self.refresh(),
            offline=stores.offline,
            online=stores.online,
            ledgers=LedgerBook(self.project, stores.registry),
            batch_rows=self.config.materialization.batch_rows,
        )


async def _in_a_thread(write: Callable[..., PushReport], *args: Any, **named: Any) -> PushReport:
    import asyncio

    return await asyncio.to_thread(write, *args, **named)
