"""What ``provender doctor`` looks at in Firestore's fields: no index, and a policy of expiry.

An index on a timestamp limits a collection to 500 writes per second, and one on the values costs
storage; without the policy rows stay for ever.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from provender.errors import StoreError
from provender.plugin import PluginContext
from provender_gcp.configuration import FirestoreConfig, chosen, cloud
from provender_gcp.firestore_client import FirestoreClient
from provender_gcp.firestore_documents import CREATED, EVENT, EXPIRES, VALUE, Places

_SECONDS = 10.0
_NONE_HERE = "an emulator keeps no such settings"


def indexes(context: PluginContext) -> str:
    """Say that no field has an index.

    Raises:
        StoreError: Some have, with the commands that remove them.
    """
    with _fields(context) as (client, group, read):
        found = {name: read(name) for name in (VALUE, EVENT, CREATED, EXPIRES)}
        if None in found.values():
            return _NONE_HERE
        indexed = [name for name, field in found.items() if _is_indexed(field)]
        if not indexed:
            return "none"
        raise StoreError(
            "fields that nothing is asked by have indexes, which make writing slow",
            got=", ".join(indexed),
            fix=f"for f in {' '.join(indexed)}; do gcloud firestore indexes fields update $f "
            f"{_options(client, group)} --disable-indexes; done",
        )


def expiry(context: PluginContext) -> str:
    """Say that Firestore removes rows after their ttl.

    Raises:
        StoreError: It does not, with the command that lets it.
    """
    with _fields(context) as (client, group, read):
        field = read(EXPIRES)
        if field is None:
            return _NONE_HERE
        if "ttl_config" in field and field.ttl_config.state.name in ("ACTIVE", "CREATING"):
            return "on"
        raise StoreError(
            "Firestore does not remove rows after their ttl",
            fix=f"gcloud firestore fields ttls update {EXPIRES} {_options(client, group)} "
            "--enable-ttl",
        )


def _is_indexed(field: Any) -> bool:
    config = field.index_config
    return bool(config.indexes) or bool(config.uses_ancestor_config)


def _options(client: FirestoreClient, group: str) -> str:
    return (
        f"--collection-group={group} --database='{client.database_id}' --project={client.project}"
    )


@contextmanager
def _fields(context: PluginContext) -> Iterator[tuple[FirestoreClient, str, Any]]:
    """Yield the database, the collection group, and what reads the settings of a field."""
    from google.api_core.exceptions import MethodNotImplemented

    config = chosen(context, "online", FirestoreConfig) or FirestoreConfig()
    config = config.model_copy(update={"timeout_seconds": _SECONDS})
    client = FirestoreClient(config, cloud(config, context))
    group = Places(client.database, config.collection).group

    def read(field: str) -> Any:
        """Return the settings of a field; None where there are none."""
        name = f"{client.database}/collectionGroups/{group}/fields/{field}"
        try:
            return client.admin.get_field(name=name, timeout=_SECONDS, retry=None)
        except MethodNotImplemented:
            return None

    try:
        with client.errors():
            yield client, group, read
    finally:
        client.close()
