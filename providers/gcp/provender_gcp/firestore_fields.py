"""The fields of rows in Firestore: without an index, and one with a policy of expiry.

An index on a timestamp limits a collection to 500 writes per second, and one on the values costs
storage; without the policy rows stay for ever. Both are settings of the fields of a collection
group, made once for all views:
https://cloud.google.com/firestore/docs/reference/rpc/google.firestore.admin.v1#field
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from provender.errors import ProvenderError
from provender.plugin import PluginContext
from provender_gcp.configuration import FirestoreConfig, chosen, cloud
from provender_gcp.firestore_client import FirestoreClient
from provender_gcp.firestore_documents import CREATED, EVENT, EXPIRES, KEY, VALUE, Places

_log = logging.getLogger("provender")
FIELDS = (VALUE, KEY, EVENT, CREATED, EXPIRES)
_ROLE = "roles/datastore.indexAdmin"
_SECONDS = 10.0


class Fields:
    """The settings of the fields of all rows.

    Args:
        client: The database.
        group: The collection group of the rows.
    """

    def __init__(self, client: FirestoreClient, group: str) -> None:
        self._client = client
        self._above = f"{client.database}/collectionGroups/{group}/fields"
        self._options = (
            f"--collection-group={group} --database='{client.database_id}' "
            f"--project={client.project}"
        )

    def read(self, name: str) -> Any:
        """Return the settings of a field; None where there are none, as in an emulator."""
        from google.api_core.exceptions import MethodNotImplemented

        try:
            return self._client.admin.get_field(
                name=f"{self._above}/{name}", timeout=_SECONDS, retry=None
            )
        except MethodNotImplemented:
            return None

    def set(self, name: str, *, exempt: bool, expiring: bool) -> None:
        """Begin to remove a field's indexes, or to let rows expire by it; Firestore goes on alone.

        An index configuration without indexes removes them; the mask keeps the other settings:
        https://cloud.google.com/firestore/docs/reference/rpc/google.firestore.admin.v1#updatefieldrequest
        """
        from google.cloud.firestore_admin_v1.types import Field, UpdateFieldRequest

        field, paths = Field(name=f"{self._above}/{name}"), []
        if exempt:
            field.index_config = Field.IndexConfig(indexes=[])
            paths.append("index_config")
        if expiring:
            field.ttl_config = Field.TtlConfig()
            paths.append("ttl_config")
        request = UpdateFieldRequest(field=field, update_mask={"paths": paths})
        self._client.admin.update_field(request=request, timeout=_SECONDS, retry=None)

    def without_indexes(self, names: list[str]) -> str:
        """Return the command that removes the indexes of fields."""
        return (
            f"for f in {' '.join(names)}; do gcloud firestore indexes fields update $f "
            f"{self._options} --disable-indexes; done"
        )

    def expiring(self) -> str:
        """Return the command that lets rows expire."""
        return f"gcloud firestore fields ttls update {EXPIRES} {self._options} --enable-ttl"


def is_indexed(field: Any) -> bool:
    """Return whether a field has indexes, of its own or as all fields have them."""
    config = field.index_config
    return bool(config.indexes) or bool(config.uses_ancestor_config)


def expires(field: Any) -> bool:
    """Return whether rows expire by a field, now or as soon as Firestore is ready."""
    return "ttl_config" in field and field.ttl_config.state.name in ("ACTIVE", "CREATING")


@contextmanager
def fields(context: PluginContext) -> Iterator[Fields]:
    """Yield the fields of the configured store's rows.

    Raises:
        StoreError: What Firestore refuses inside.
        ConfigError: There are no credentials.
    """
    config = chosen(context, "online", FirestoreConfig) or FirestoreConfig()
    config = config.model_copy(update={"timeout_seconds": _SECONDS})
    client = FirestoreClient(config, cloud(config, context))
    try:
        with client.errors(_ROLE):
            yield Fields(client, Places(client.database, config.collection).group)
    finally:
        client.close()


def set_up(context: PluginContext) -> None:
    """Remove the indexes of all fields and let rows expire, where that is not so yet.

    What may not be done is a warning with the commands: the rows are right without it.
    """
    commands: list[str] = []
    try:
        with fields(context) as found:
            commands += [found.without_indexes(list(FIELDS)), found.expiring()]
            _set_up(found)
    except (ProvenderError, ModuleNotFoundError) as error:
        told = "\n  ".join(commands) or "provender doctor"
        _log.warning("Firestore's fields could not be set up: %s\nRun:\n  %s", error, told)


def _set_up(found: Fields) -> None:
    for name in FIELDS:
        field = found.read(name)
        if field is None:  # an emulator
            return
        exempt, expiring = is_indexed(field), name == EXPIRES and not expires(field)
        if exempt or expiring:
            found.set(name, exempt=exempt, expiring=expiring)
