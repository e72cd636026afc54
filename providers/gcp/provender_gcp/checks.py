"""What ``provender doctor`` looks at: credentials, dataset, database, bucket, permissions.

Looked at is what stands under ``gcp:`` of feature_store.yaml. Nothing is changed: writing is tried
on conditions that cannot hold, which Google answers with another error than a missing permission.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import uuid4

from provender.errors import Conflict, ProvenderError, StoreError
from provender.plugin import Finding, PluginContext
from provender_gcp import checks_bigquery, checks_fields
from provender_gcp.configuration import (
    FirestoreConfig,
    GcpConfig,
    GcsRegistryConfig,
    cloud,
    is_emulator,
    provider_settings,
)
from provender_gcp.credentials import LOGIN, credentials, required_project
from provender_gcp.firestore_client import FirestoreClient
from provender_gcp.gcs_bucket import GcsBucket
from provender_gcp.gcs_registry import address

_SECONDS = 10.0


def findings(context: PluginContext) -> list[Finding]:
    """Look at everything; after what nothing works without, look no further.

    Args:
        context: The project; its ``provider`` holds what stands under ``gcp:``.
    """
    found: list[Finding] = []
    for subject, check in _checks(context):
        found.append(_finding(subject, check))
        if not found[-1].ok and subject in _NEEDED:
            break
    return found


_NEEDED = ("settings under gcp:", "client libraries", "credentials")


def _checks(context: PluginContext) -> Iterator[tuple[str, Callable[[], str]]]:
    """Return what is looked at, and the functions that say that it is well or raise."""
    yield "settings under gcp:", lambda: _settings(context)
    yield "client libraries", _libraries
    shared = provider_settings(context)
    yield "credentials", lambda: _account(context, shared)
    if shared.dataset is not None:
        name = f"BigQuery dataset {shared.dataset}"
        yield name, lambda: checks_bigquery.dataset(context)
        yield "running queries in BigQuery", lambda: checks_bigquery.queries(context)
    if "database" in context.provider:
        name = f"Firestore database {shared.database}"
        yield name, lambda: _database_reading(context)
        yield f"writing to {name}", lambda: _database_writing(context)
        yield f"indexes of {name}", lambda: checks_fields.indexes(context)
        yield f"expiry in {name}", lambda: checks_fields.expiry(context)
    if shared.bucket is not None:
        name = f"bucket gs://{shared.bucket}"
        yield name, lambda: _bucket_reading(context)
        yield f"writing to {name}", lambda: _bucket_writing(context)


def _finding(subject: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(subject, True, check())
    except ModuleNotFoundError as error:
        return Finding(subject, False, str(error), "pip install 'provender[gcp]'")
    except ProvenderError as error:
        problem = error.problems[0]
        detail = f"{problem.fact}: {problem.got}" if problem.got else problem.fact
        return Finding(subject, False, detail, problem.fix)


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
    endpoints = (shared.firestore_endpoint, shared.storage_endpoint, shared.bigquery_endpoint)
    if any(map(is_emulator, endpoints)):
        return "an emulator needs none"
    found, project = credentials(cloud(shared, context), emulator=False)
    from google.auth.exceptions import GoogleAuthError
    from google.auth.transport.requests import Request

    try:
        found.refresh(Request())
    except GoogleAuthError as error:
        raise StoreError("they cannot be renewed", got=str(error), fix=LOGIN) from error
    who = getattr(found, "service_account_email", None) or "your account"
    return f"{who}, project {required_project(project)}"


def _database(context: PluginContext) -> tuple[FirestoreClient, str]:
    config = FirestoreConfig(timeout_seconds=_SECONDS)
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
    config = GcsRegistryConfig()
    settings = cloud(config, context)
    name, prefix = address(config, context)
    bucket = GcsBucket(name, settings.settings.storage_endpoint, settings, _SECONDS)
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
