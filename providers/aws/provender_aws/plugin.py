"""The entry point of the Amazon provider: light, it imports no client library."""

from __future__ import annotations

from provender.plugin import (
    OfflineStore,
    PluginContext,
    ProviderInfo,
    StoreConfig,
    StoreType,
    hookimpl,
)
from provender_aws.redshift_configuration import RedshiftConfig

_OFFLINE = frozenset({"sql_spine", "sql"})

info = ProviderInfo(
    name="aws",
    stores={"offline": (StoreType("redshift", RedshiftConfig, _OFFLINE),)},
    sources={"redshift": "provender_aws.redshift_source:RedshiftSource"},
    extra="aws",
    requires=("boto3", "botocore"),
)


@hookimpl
def provender_offline_store(config: StoreConfig, context: PluginContext) -> OfflineStore | None:
    """Build the Redshift store; AWS is first spoken to by its first call."""
    if not isinstance(config, RedshiftConfig):
        return None
    from provender_aws.redshift_store import RedshiftStore

    return RedshiftStore(config, context)
