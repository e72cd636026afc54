"""`PreparedReads`: the reads of the features that are asked for again and again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from provender.serving import OnlineReader
from provender.store import FeatureStore
from provender.types import FeatureType
from provender.wire.json_values import from_json

Wanted = tuple[tuple[str, ...] | str, bool]
"""References, or the name of a feature service; and whether names are full."""
_MOST = 512


@dataclass
class PreparedRead:
    """A prepared read, and how its join keys come in JSON.

    Attributes:
        reader: Reads; follows the catalog.
    """

    reader: OnlineReader
    _types: Mapping[str, FeatureType] | None = None
    _converts: list[tuple[str, Callable[[Any], Any]]] = field(default_factory=list)

    def converts(self) -> list[tuple[str, Callable[[Any], Any]]]:
        """Return the join keys that JSON has in other terms, with what turns them into ours."""
        types = self.reader.key_types
        if types is not self._types:
            found = ((name, from_json(kind)) for name, kind in types.items())
            self._converts = [(name, convert) for name, convert in found if convert is not None]
            self._types = types
        return self._converts


class PreparedReads:
    """Holds the reads of the features that are asked for again and again, a bounded number.

    Args:
        store: Prepares them.
    """

    def __init__(self, store: FeatureStore) -> None:
        self._store = store
        self._held: dict[Wanted, PreparedRead] = {}

    def held(self, wanted: Wanted) -> PreparedRead | None:
        """Return a read that is held; only the event loop's thread asks."""
        return self._held.get(wanted)

    def hold(self, wanted: Wanted, read: PreparedRead) -> None:
        """Hold a read; the one that was held first goes."""
        self._held.pop(wanted, None)
        self._held[wanted] = read
        if len(self._held) > _MOST:
            del self._held[next(iter(self._held))]

    def prepare(self, wanted: Wanted) -> PreparedRead:
        """Prepare a read; may read the registry, so not in the event loop.

        Raises:
            NotFound: A view, feature or service is not registered.
            RequestError: A reference is not one, or two features would have one name.
            RegistryError: The registry cannot be read.
        """
        features, full = wanted
        return PreparedRead(self._store.prepare(features, full_feature_names=full))
