"""What ``provender doctor`` looks at: credentials, dataset, database, bucket, permissions.

Looked at is what stands under ``gcp:`` of feature_store.yaml, and what the chosen stores need.
Writing is tried on conditions that cannot hold, which Google answers with another error than a
missing permission. Only a temporary table is made in BigQuery, and removed at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from uuid import uuid4

from provender.errors import ConfigError, Conflict, StoreError
from provender.plugin import Check, Finding, PluginContext, Role, run_checks
from provender_gcp import checks_bigquery, checks_fields
from provender_gcp.bigquery_configuration import BigQueryConfig
from provender_gcp.configuration import (
    CloudConfig,
    FirestoreConfig,
    GcpConfig,
    GcsRegistryConfig,
    chosen,
    cloud,
    is_emulator,
    provider_settings,
)
from provender_gcp.credentials import LOGIN, credentials, refused, required_project
from provender_gcp.firestore_client import FirestoreClient
from provender_gcp.gcs_bucket import GcsBucket
from provender_gcp.gcs_registry import address

_SECONDS = 10.0


def findings(context: PluginContext) -> list[Finding]:
    """Look at everything, but at nothing that needs what is not well.

    Args:
        context: The project; its ``provider`` holds what stands under ``gcp:``.
    """
    return run_checks(_checks(context), "pip install 'provender[gcp]'")


_SETTINGS, _LIBRARIES, _CREDENTIALS = "settings under gcp:", "client libraries", "credentials"
_ROLES: tuple[Role, ...] = ("offline", "online", "registry")
_FIX = "compare the settings and the permissions with docs/providers/gcp.md"


def _checks(context: PluginContext) -> Iterator[Check]:
    """Return what is looked at, each after what it needs."""
    roles = tuple(role for role in _ROLES if isinstance(context.stores.get(role), CloudConfig))
    yield Check(_SETTINGS, lambda: _settings(context), stops=roles, fix=_FIX)
    yield Check(_LIBRARIES, _libraries, (_SETTINGS,), roles, _FIX)
    try:
        shared = provider_settings(context)
    except ConfigError:  # the first check has found it
        return
    yield Check(_CREDENTIALS, partial(_account, context, shared), (_LIBRARIES,), roles, _FIX)
    yield from _bigquery(context, shared)
    yield from _firestore(context, shared)
    yield from _storage(context, shared)


def _bigquery(context: PluginContext, shared: GcpConfig) -> Iterator[Check]:
    config = chosen(context, "offline", BigQueryConfig)
    name = (config and config.dataset) or shared.dataset
    if config is None and name is None:
        return
    dataset, queries = f"BigQuery dataset {name}", "running queries in BigQuery"
    if name is not None:
        yield _check(dataset, partial(checks_bigquery.dataset, context), _CREDENTIALS)
    yield _check(queries, partial(checks_bigquery.queries, context), _CREDENTIALS)
    if name is not None:
        made = partial(checks_bigquery.tables, context)
        yield _check(f"temporary tables in {dataset}", made, dataset)
    yield _check("reading results of BigQuery", partial(checks_bigquery.results, context), queries)


def _firestore(context: PluginContext, shared: GcpConfig) -> Iterator[Check]:
    config = chosen(context, "online", FirestoreConfig)
    if config is None and "database" not in context.provider:
        return
    name = f"Firestore database {(config and config.database) or shared.database}"
    yield _check(name, partial(_database_reading, context), _CREDENTIALS)
    yield _check(f"writing to {name}", partial(_database_writing, context), name)
    yield _check(f"indexes of {name}", partial(checks_fields.indexes, context), name)
    yield _check(f"expiry in {name}", partial(checks_fields.expiry, context), name)


def _storage(context: PluginContext, shared: GcpConfig) -> Iterator[Check]:
    config = chosen(context, "registry", GcsRegistryConfig)
    if config is None and shared.bucket is None:
        return
    name = f"bucket {(config and config.path) or f'gs://{shared.bucket}'}"
    yield _check(name, partial(_bucket_reading, context), _CREDENTIALS)
    yield _check(f"writing to {name}", partial(_bucket_writing, context), name)


def _check(subject: str, run: Callable[[], str], *needs: str) -> Check:
    return Check(subject, run, needs, fix=_FIX)


def _settings(context: PluginContext) -> str:
    provider_settings(context)
    return "valid"


def _libraries() -> str:
    import google.cloud.bigquery
    import google.cloud.firestore_v1
    import google.cloud.storage

    modules = (google.cloud.bigquery, google.cloud.firestore_v1, google.cloud.storage)
    return ", ".join(f"{module.__name__} {module.__version__}" for module in modules)


def _account(context: PluginContext, shared: GcpConfig) -> str:
    """Say whose credentials they are, once they were renewed."""
    endpoints = [shared.firestore_endpoint, shared.storage_endpoint, shared.bigquery_endpoint]
    endpoints += [getattr(config, "endpoint", None) for config in context.stores.values()]
    if any(map(is_emulator, endpoints)):
        return "an emulator needs none"
    settings = cloud(shared, context)
    found, project = credentials(settings, emulator=False)
    from google.auth.exceptions import GoogleAuthError
    from google.auth.transport.requests import Request

    try:
        found.refresh(Request())
    except GoogleAuthError as error:
        file = settings.credentials_file
        fix = refused(error, file) if file else LOGIN
        raise StoreError("they cannot be renewed", got=str(error), fix=fix) from error
    who = getattr(found, "service_account_email", None) or "your account"
    return f"{who}, project {required_project(project)}"


def _database(context: PluginContext) -> tuple[FirestoreClient, str]:
    config = chosen(context, "online", FirestoreConfig) or FirestoreConfig()
    config = config.model_copy(update={"timeout_seconds": _SECONDS})
    client = FirestoreClient(config, cloud(config, context))
    return client, f"{client.database}/documents/{config.collection}/doctor-{uuid4().hex}"


def _database_reading(context: PluginContext) -> str:
    client, name = _database(context)
    try:
        client.get([name])
    finally:
        client.close()
    return "can be read"


def _database_writing(context: PluginContext) -> str:
    """Delete a document on the condition that it exists, which it does not."""
    from google.api_core.exceptions import GoogleAPICallError, from_grpc_status
    from google.cloud.firestore_v1.types import Precondition, Write

    client, name = _database(context)
    try:
        with client.errors():
            write = Write(delete=name, current_document=Precondition(exists=True))
            (status,) = client.commit([write])
            if status.code not in (0, 5, 9):  # NOT_FOUND and FAILED_PRECONDITION: it was allowed
                error: GoogleAPICallError = from_grpc_status(status.code, status.message)
                raise error
    finally:
        client.close()
    return "allowed"


def _bucket(context: PluginContext) -> tuple[GcsBucket, str]:
    config = chosen(context, "registry", GcsRegistryConfig) or GcsRegistryConfig()
    settings = cloud(config, context)
    name, prefix = address(config, context)
    endpoint = config.endpoint or settings.settings.storage_endpoint
    bucket = GcsBucket(name, endpoint, settings, _SECONDS)
    return bucket, f"{prefix}/doctor-{uuid4().hex}"


def _bucket_reading(context: PluginContext) -> str:
    bucket, name = _bucket(context)
    try:
        bucket.sizes(name)
        bucket.get(name)
    finally:
        bucket.close()
    return "can be read and listed"


def _bucket_writing(context: PluginContext) -> str:
    """Replace an object of a generation that no object has."""
    bucket, name = _bucket(context)
    try:
        bucket.put(name, b"", "1")
    except Conflict:
        return "allowed"
    finally:
        bucket.close()
    return "allowed"
