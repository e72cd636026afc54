"""The plug-in API: all that a provider is written against."""

from provender.names import alike_names
from provender.plugin.beside import Beside
from provender.plugin.checking import Check, looked_at, looked_at_each
from provender.plugin.destination import Destination
from provender.plugin.engine import Engine, Shard, ShardReport
from provender.plugin.hookspecs import Change, Finding, MaterializeRun, hookimpl
from provender.plugin.info import (
    API_VERSION,
    PluginContext,
    ProviderInfo,
    Role,
    StoreConfig,
    StoreType,
)
from provender.plugin.object_registry import ObjectRegistry
from provender.plugin.objects import ObjectBucket
from provender.plugin.offline_store import OfflineStore
from provender.plugin.online_store import OnlineRow, OnlineStore, OnlineTable
from provender.plugin.parquet_rows import parquet_rows
from provender.plugin.patience import Patience
from provender.plugin.per_loop import PerLoop
from provender.plugin.provider_settings import provider_settings
from provender.plugin.reading import (
    Column,
    Estimate,
    HistoricalPlan,
    ParquetSpine,
    SourceRead,
    Spine,
    SqlSpine,
    TableSpine,
    ViewJoin,
    Window,
    read_schema,
)
from provender.plugin.registry import Document, Registry

__all__ = [
    "API_VERSION",
    "Beside",
    "Change",
    "Check",
    "Column",
    "Destination",
    "Document",
    "Engine",
    "Estimate",
    "Finding",
    "HistoricalPlan",
    "MaterializeRun",
    "ObjectBucket",
    "ObjectRegistry",
    "OfflineStore",
    "OnlineRow",
    "OnlineStore",
    "OnlineTable",
    "ParquetSpine",
    "Patience",
    "PerLoop",
    "PluginContext",
    "ProviderInfo",
    "Registry",
    "Role",
    "Shard",
    "ShardReport",
    "SourceRead",
    "Spine",
    "SqlSpine",
    "StoreConfig",
    "StoreType",
    "TableSpine",
    "ViewJoin",
    "Window",
    "alike_names",
    "hookimpl",
    "looked_at",
    "looked_at_each",
    "parquet_rows",
    "provider_settings",
    "read_schema",
]
