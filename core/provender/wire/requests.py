"""The bodies of requests, as msgspec reads and writes them; unknown members are refused.

Members and their names are those of Feast's feature server, so that its clients are understood.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Columns = dict[str, list[Any]]
"""One list per column, all of one length."""


class OnlineRequest(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    """Body of ``POST /get-online-features``.

    Attributes:
        entities: The entity rows by column.
        features: References such as ``driver_stats:rating``, or ``driver_stats`` for all.
        feature_service: The name of a feature service, instead of `features`.
        full_feature_names: Name features ``driver_stats__rating`` instead of ``rating``.
        request_data: Further columns, which on-demand views may need.
    """

    entities: Columns
    features: list[str] = []
    feature_service: str | None = None
    full_feature_names: bool = False
    request_data: Columns = {}


class PushRequest(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    """Body of ``POST /push``.

    Attributes:
        push_source_name: The push source.
        df: The rows by column, or as a list of objects.
        to: Where they go; ``both`` and ``online_and_offline`` are the same.
        allow_registry_cache: Whether the definitions at hand may be used; otherwise the registry
            is asked for newer ones first.
    """

    push_source_name: str
    df: Columns | list[dict[str, Any]]
    to: Literal["online", "offline", "both", "online_and_offline"] = "online"
    allow_registry_cache: bool = True


class WriteRequest(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    """Body of ``POST /write-to-online-store``.

    Attributes:
        feature_view_name: The view.
        df: The rows by column, or as a list of objects.
        allow_registry_cache: See `PushRequest`.
    """

    feature_view_name: str
    df: Columns | list[dict[str, Any]]
    allow_registry_cache: bool = True


class MaterializeRequest(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    """Body of ``POST /materialize``.

    Attributes:
        start_ts: The first instant, ISO 8601; without an offset it means UTC.
        end_ts: The last instant.
        feature_views: The views; by default all that are online.
    """

    start_ts: str
    end_ts: str
    feature_views: list[str] | None = None


class MaterializeIncrementalRequest(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    """Body of ``POST /materialize-incremental``.

    Attributes:
        end_ts: The last instant, ISO 8601; without an offset it means UTC.
        feature_views: The views; by default all that are online.
    """

    end_ts: str
    feature_views: list[str] | None = None
