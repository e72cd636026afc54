"""The plug-in API: everything that a provider needs."""

from typing import Any

from provender.names import alike_names
from provender.plugin.contract.capabilities import CAPABILITIES
from provender.plugin.contract.destination import Destination
from provender.plugin.contract.engine import (
    Engine,
    NewerOnline,
    ProjectConfig,
    Task,
    TaskReport,
    Work,
    run_json,
)
from provender.plugin.contract.hookspecs import Change, Finding, MaterializeRun, hookimpl
from provender.plugin.contract.info import (
    API_VERSION,
    OLDEST_API_VERSION,
    PluginContext,
    ProviderInfo,
    Role,
    StoreConfig,
    StoreType,
)
from provender.plugin.contract.offline_store import OfflineStore
from provender.plugin.contract.online_store import OnlineRow, OnlineStore, OnlineTable
from provender.plugin.contract.plan import (
    WHOLE,
    Column,
    Estimate,
    HistoricalPlan,
    ParquetSpine,
    Partition,
    SourceRead,
    Spine,
    SqlSpine,
    TableSpine,
    ViewJoin,
    Window,
    read_schema,
)
from provender.plugin.contract.registry import Document, Registry
from provender.plugin.contract.table_figures import NO_ROWS, TableFigures
from provender.plugin.kit.arrow_cast import cast_batches, cast_column, cast_rows, readable_as
from provender.plugin.kit.findings import Check, run_check, run_checks
from provender.plugin.kit.parallel import ThreadFanOut
from provender.plugin.kit.parquet_spine import parquet_rows, parquet_schema
from provender.plugin.kit.per_loop import PerLoop
from provender.plugin.kit.readers import reader_of, reading
from provender.plugin.kit.retry import Retry
from provender.plugin.kit.settings import Matching, provider_settings
from provender.plugin.kit.source_columns import check_columns
from provender.plugin.objects.bucket import ObjectBucket
from provender.plugin.objects.registry import ObjectRegistry

__all__ = [
    "API_VERSION",
    "CAPABILITIES",
    "NO_ROWS",
    "OLDEST_API_VERSION",
    "WHOLE",
    "Change",
    "Check",
    "Column",
    "Destination",
    "Document",
    "Engine",
    "Estimate",
    "Finding",
    "HistoricalPlan",
    "Matching",
    "MaterializeRun",
    "NewerOnline",
    "ObjectBucket",
    "ObjectRegistry",
    "OfflineStore",
    "OnlineRow",
    "OnlineStore",
    "OnlineTable",
    "ParquetSpine",
    "Partition",
    "PerLoop",
    "PluginContext",
    "ProjectConfig",
    "ProviderInfo",
    "Registry",
    "Retry",
    "Role",
    "SourceRead",
    "Spine",
    "SqlSpine",
    "StoreConfig",
    "StoreType",
    "TableFigures",
    "TableSpine",
    "Task",
    "TaskReport",
    "ThreadFanOut",
    "ViewJoin",
    "Window",
    "Work",
    "alike_names",
    "cast_batches",
    "cast_column",
    "cast_rows",
    "check_columns",
    "hookimpl",
    "parquet_rows",
    "parquet_schema",
    "provider_settings",
    "read_schema",
    "readable_as",
    "reader_of",
    "reading",
    "run_check",
    "run_checks",
    "run_json",
]


def __getattr__(name: str) -> Any:
    """Return what a name of an earlier version means.

    Raises:
        AttributeError: There never was one.
    """
    from provender.plugin.kit.deprecated import renamed

    return renamed(name)
