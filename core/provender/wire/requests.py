"""The bodies of requests, as msgspec reads and writes them; unknown members are refused.

Members and their names are those of Feast's feature server, so that its clients are understood:
they may send every member that Feast's server knows. One that means nothing here is read and has
no effect where that gives what was asked for; otherwise it is refused in words of its own.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from provender.wire.python_rows import NotFinite

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
        include_feature_view_version_metadata: Feast's; refused when it is true, since answers do
            not say versions.
        not_finite: The places of floats that are NaN or infinite, which are null in the rows, such
            as ``{"NaN": [["rating", 0]]}``: the column, the row, and the steps into a nested value.
    """

    entities: Columns
    features: list[str] | None = []
    feature_service: str | None = None
    full_feature_names: bool = False
    request_data: Columns | None = {}
    include_feature_view_version_metadata: bool = False
    not_finite: NotFinite = {}


class PushRequest(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    """Body of ``POST /push``.

    Attributes:
        push_source_name: The push source.
        df: The rows by column, or as a list of objects.
        to: Where they go; ``both`` and ``online_and_offline`` are the same.
        allow_registry_cache: Whether the definitions at hand may be used; otherwise the registry
            is asked for newer ones first.
        transform_on_write: Feast's; of no effect: what an on-demand view stores is always computed.
        not_finite: The places of floats that are NaN or infinite, which are null in the rows, such
            as ``{"NaN": [["rating", 0]]}``: the column, the row, and the steps into a nested value.
    """

    push_source_name: str
    df: Columns | list[dict[str, Any]]
    to: Literal["online", "offline", "both", "online_and_offline"] = "online"
    allow_registry_cache: bool = True
    transform_on_write: bool = True
    not_finite: NotFinite = {}


class WriteRequest(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    """Body of ``POST /write-to-online-store``.

    Attributes:
        feature_view_name: The view.
        df: The rows by column, or as a list of objects.
        allow_registry_cache: See `PushRequest`.
        transform_on_write: See `PushRequest`.
        not_finite: See `PushRequest`; the rows are then given by column.
    """

    feature_view_name: str
    df: Columns | list[dict[str, Any]]
    allow_registry_cache: bool = True
    transform_on_write: bool = True
    not_finite: NotFinite = {}


class MaterializeRequest(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    """Body of ``POST /materialize``.

    Attributes:
        start_ts: The first instant, ISO 8601; without an offset it means UTC.
        end_ts: The last instant.
        feature_views: The views; by default all that are online.
        disable_event_timestamp: Feast's; refused when it is true, since the newest event of an
            entity is what is served.
    """

    start_ts: str | None = None
    end_ts: str | None = None
    feature_views: list[str] | None = None
    disable_event_timestamp: bool = False


class MaterializeIncrementalRequest(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    """Body of ``POST /materialize-incremental``.

    Attributes:
        end_ts: The last instant, ISO 8601; without an offset it means UTC.
        feature_views: The views; by default all that are online.
    """

    end_ts: str
    feature_views: list[str] | None = None


class RebuildRequest(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    """Body of ``POST /rebuild``; see `provender.FeatureStore.rebuild`.

    Attributes:
        feature_views: The views; by default all that are online.
        end_ts: The last instant, ISO 8601; without an offset it means UTC. By default now.
        keep_pushed: Keep the rows that are online and not in the source.
        allow_data_loss: The views whose rows that are only online may be lost; true: those of all.
    """

    feature_views: list[str] | None = None
    end_ts: str | None = None
    keep_pushed: bool = False
    allow_data_loss: bool | list[str] = False
