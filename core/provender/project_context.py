"""`ProjectContext`: an open project, which every verb of `FeatureStore` takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cached_property

from provender.catalog.cache import CachedCatalog, Snapshot
from provender.catalog.catalog import Catalog
from provender.catalog.versions.history import CatalogHistory
from provender.clock import Clock
from provender.config import Config
from provender.errors import RequestError
from provender.stores import Stores
from provender.transforms.loading import Functions

_PAUSE_SECONDS = 0.1


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
        online_only: The online tables of whose ledgers it is known that they note rows that are in
            no source.
    """

    def __init__(self, config: Config, stores: Stores, version: int | None = None) -> None:
        self.config = config
        self.stores = stores
        self.clock: Clock = stores.clock
        self._version = version
        ttl = config.cache_ttl_seconds if version is None else None
        self._cached = CachedCatalog(self._load, ttl)
        self.online_only: set[str] = set()

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

    @cached_property
    def functions(self) -> Functions:
        """The functions of the on-demand feature views that are registered."""
        return Functions(self.config.repo_path, self.config.on_demand_modules)

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

    def catalog_to_write(self, *, cached: bool = False) -> Snapshot:
        """Return the catalog under which rows may be written.

        A write under it counts only as long as `is_recent` says so; see there.

        Args:
            cached: Take one that was read less than ``registry.write_cache_ttl_seconds`` ago;
                otherwise the registry is read.

        Raises:
            RegistryError: The registry cannot be read.
        """
        if cached:
            return self._cached.recent(self.config.write_cache_ttl_seconds)
        return self._cached.refresh_snapshot()

    def is_recent(self, snapshot: Snapshot) -> bool:
        """Return whether what was written under a catalog can be relied on.

        Online tables change (a rebuild fills another one, and then it is read), and whoever
        changes them waits for ``registry.write_cache_ttl_seconds`` after the announcement. A
        write that ends later has to look at the newest catalog, and to write what is missing.
        """
        return self._cached.is_recent(snapshot, self.config.write_cache_ttl_seconds)

    def wait_for_writers(self) -> None:
        """Wait until nobody relies any longer on a catalog that is older than this call."""
        until = time.monotonic() + self.config.write_cache_ttl_seconds
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(left, _PAUSE_SECONDS))

    def committed(self, commit: Callable[[], Catalog]) -> Catalog:
        """Commit a catalog, give it to readers from now on, and return it."""
        began = self._cached.now()
        catalog = commit()
        self._cached.put(catalog, began)
        return catalog

    def removed(self) -> None:
        """Read the catalog again when it is needed: it was just removed."""
        self._cached.clear()
        self.online_only.clear()

    def check_writable(self) -> None:
        """Check that the project is not open as of an earlier version, and that it is well set up.

        Raises:
            RequestError: It is open as of an earlier version, so that nothing can be changed.
            ConfigError: With everything that is wrong in the settings of the stores, the engine
                and the provider.
        """
        if self._version is not None:
            raise RequestError(
                "an earlier version of the catalog is read-only",
                got=f"FeatureStore(version={self._version})",
                fix="open the store without version=; `provender rollback` restores a version",
            )
        self.stores.check_settings()

    def _load(self, held: Catalog | None) -> Catalog:
        pinned = self._version
        return self.history.newest(held) if pinned is None else self.history.at(pinned)
