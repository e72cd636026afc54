"""`ProjectContext`: an open project, which every verb of `FeatureStore` takes."""

from __future__ import annotations

from functools import cached_property

from provender.catalog.cache import CachedCatalog
from provender.catalog.catalog import Catalog
from provender.catalog.versions.history import CatalogHistory
from provender.clock import Clock
from provender.config import Config
from provender.errors import RequestError
from provender.stores import Stores


class ProjectContext:
    """The configuration of a project, its stores, its catalog and the present.

    Nothing is opened before it is needed. The catalog is read in one of two ways: `catalog` may be
    as old as ``registry.cache_ttl_seconds`` says and waits for the registry only once; `refresh`
    reads the registry each time.

    Args:
        config: The configuration.
        stores: The stores that it names.
        version: Read as of this version of the catalog; None: the newest.

    Attributes:
        config: The configuration.
        stores: The stores, each built when it is first needed.
        clock: The present.
    """

    def __init__(self, config: Config, stores: Stores, version: int | None = None) -> None:
        self.config = config
        self.stores = stores
        self.clock: Clock = stores.clock
        self._version = version
        ttl = config.cache_ttl_seconds if version is None else None
        self._cached = CachedCatalog(self._load, ttl)

    def __repr__(self) -> str:
        at = "" if self._version is None else f" as of version {self._version}"
        return f"project {self.name!r}{at}, {self.config.provider}, {self.config.file}"

    @property
    def name(self) -> str:
        """The project's name."""
        return self.config.project

    @cached_property
    def history(self) -> CatalogHistory:
        """Every version of the catalog: its commits, and what changed between two of them."""
        stores = self.stores
        return CatalogHistory(self.name, stores.registry, stores.plugins.source_class)

    @property
    def catalog(self) -> Catalog:
        """What is registered, at most ``registry.cache_ttl_seconds`` old."""
        return self._cached.get()

    @property
    def catalog_waits(self) -> bool:
        """Whether `catalog` has to wait for the registry at the moment."""
        return self._cached.waits

    def refresh(self) -> Catalog:
        """Read the catalog from the registry and return it.

        Raises:
            RegistryError: The registry cannot be read.
            NotFound: The project is open as of a version that does not exist.
        """
        return self._cached.refresh()

    def hold(self, catalog: Catalog | None) -> None:
        """Give this catalog to readers from now on; None: read it again when it is needed."""
        if catalog is None:
            self._cached.clear()
        else:
            self._cached.put(catalog)

    def check_writable(self) -> None:
        """Check that the project is not open as of an earlier version.

        Raises:
            RequestError: It is, so that nothing can be changed.
        """
        if self._version is not None:
            raise RequestError(
                "an earlier version of the catalog is read-only",
                got=f"FeatureStore(version={self._version})",
                fix="open the store without version=; `provender rollback` restores a version",
            )

    def _load(self) -> Catalog:
        pinned = self._version
        return self.history.newest() if pinned is None else self.history.at(pinned)
