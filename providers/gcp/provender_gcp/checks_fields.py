"""What ``provender doctor`` looks at in Firestore's fields: no index, and a policy of expiry."""

from __future__ import annotations

from provender.errors import StoreError
from provender.plugin import PluginContext
from provender_gcp.firestore_documents import EXPIRES
from provender_gcp.firestore_fields import FIELDS, expires, fields, is_indexed

_NONE_HERE = "an emulator keeps no such settings"


def indexes(context: PluginContext) -> str:
    """Say that no field has an index.

    Raises:
        StoreError: Some have, with the commands that remove them.
    """
    with fields(context) as found:
        settings = {name: found.read(name) for name in FIELDS}
        if None in settings.values():
            return _NONE_HERE
        indexed = [name for name, field in settings.items() if is_indexed(field)]
        if not indexed:
            return "none"
        raise StoreError(
            "fields that no query uses are indexed, which slows down writes",
            got=", ".join(indexed),
            fix=found.without_indexes(indexed),
        )


def expiry(context: PluginContext) -> str:
    """Say that Firestore removes rows after their ttl.

    Raises:
        StoreError: It does not, with the command that lets it.
    """
    with fields(context) as found:
        field = found.read(EXPIRES)
        if field is None:
            return _NONE_HERE
        if expires(field):
            return "on"
        raise StoreError("Firestore does not remove rows after their ttl", fix=found.expiring())
