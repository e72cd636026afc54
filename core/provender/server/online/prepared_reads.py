"""`CompiledReads`: the compiled read plans of the features that are asked for again and again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from provender.catalog.catalog import Catalog
from provender.definitions import FeatureService
from provender.errors import NotFound, RequestError
from provender.online.read_plan import OnlineReader
from provender.store import FeatureStore
from provender.types import FeatureType
from provender.wire.json_values import from_json

Wanted = tuple[tuple[str, ...] | str, bool]
"""References, or the name of a feature service; and whether names are full."""
_MOST = 512


@dataclass
class CompiledRead:
    """A compiled read plan.

    Attributes:
        reader: Reads.
        catalog: The catalog of which a feature service was taken; None for references, whose
            reader follows the catalog by itself.
    """

    reader: OnlineReader
    catalog: Catalog | None = None
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


class CompiledReads:
    """Holds the plans that were asked for, a bounded number of them.

    Args:
        store: Compiles them.
    """

    def __init__(self, store: FeatureStore) -> None:
        self._store = store
        self._held: dict[Wanted, CompiledRead] = {}

    def held(self, wanted: Wanted) -> CompiledRead | None:
        """Return a plan that is at hand and not outdated; the event loop's thread alone asks."""
        found = self._held.get(wanted)
        if found is None or self.is_outdated(found):
            return None
        return found

    def hold(self, wanted: Wanted, read: CompiledRead) -> None:
        """Keep a plan; the one that was compiled first goes."""
        self._held.pop(wanted, None)
        self._held[wanted] = read
        if len(self._held) > _MOST:
            del self._held[next(iter(self._held))]

    def compile(self, wanted: Wanted) -> CompiledRead:
        """Compile a plan; may read the registry, so not in the event loop.

        Raises:
            NotFound: A view, feature or service is not registered.
            RequestError: A reference is not one, or two features would have one name.
            RegistryError: The registry cannot be read.
        """
        features, full = wanted
        if not isinstance(features, str):
            return CompiledRead(self._store.prepare(features, full_feature_names=full))
        while True:
            catalog, service = self._service(features)
            try:
                reader = self._store.prepare(service, full_feature_names=full)
            except RequestError:
                if self._store.catalog is catalog:
                    raise
            else:
                return CompiledRead(reader, catalog)

    def is_outdated(self, read: CompiledRead) -> bool:
        """Return whether the feature service may be another one by now."""
        return read.catalog is not None and read.catalog is not self._store.catalog

    def _service(self, name: str) -> tuple[Catalog, FeatureService]:
        """Return a feature service, which may have been registered just now."""
        catalog = self._store.catalog
        try:
            return catalog, catalog.service(name).service
        except NotFound:
            catalog = self._store.refresh()
            return catalog, catalog.service(name).service
