"""Rules of the plug-in suite: factories build what they say, and leave to others what is theirs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from provender.plugin import (
    Engine,
    OfflineStore,
    OnlineStore,
    PluginContext,
    Registry,
    Role,
    StoreConfig,
    StoreType,
)
from provender.plugin.loading.loader import load_plugins
from provender.testing.suites.plugin.subject import PluginSubject
from provender.testing.suites.store_suite import expect, expect_equal

_CLASSES = {
    "offline": OfflineStore,
    "online": OnlineStore,
    "registry": Registry,
    "engine": Engine,
}


class _Foreign(StoreConfig):
    """Settings that belong to no plug-in."""


class PluginBuildRules(PluginSubject):
    """Stores are built through the plug-in's factories."""

    def test_factory_builds_a_store_of_its_role(
        self, role: Role, kind: StoreType, tmp_path: Path
    ) -> None:
        """An instance of the contract's class."""
        store = self._build(role, kind, tmp_path)
        expect(isinstance(store, _CLASSES[role]), f"the store is of class {_CLASSES[role]}", store)
        store.close()

    def test_store_can_be_closed_twice(self, role: Role, kind: StoreType, tmp_path: Path) -> None:
        """Even when it was never used."""
        store = self._build(role, kind, tmp_path)
        store.close()
        store.close()

    def test_building_makes_no_file(self, role: Role, kind: StoreType, tmp_path: Path) -> None:
        """A store that nothing was written to is not there yet: looking must not create it."""
        self._build(role, kind, tmp_path).close()
        made = [str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*")]
        expect_equal(made, [], "building a store makes no file")

    def test_two_stores_are_two_objects(self, role: Role, kind: StoreType, tmp_path: Path) -> None:
        """Closing one leaves the other open."""
        one, other = self._build(role, kind, tmp_path), self._build(role, kind, tmp_path)
        expect(one is not other, "each call builds a store")
        one.close()
        other.close()

    def test_factory_leaves_the_settings_of_others_alone(self, role: Role, tmp_path: Path) -> None:
        """It returns None, so that the next plug-in is asked."""
        hook = load_plugins(self.provider, {}).hook
        factory = {"engine": "engine", "registry": "registry"}.get(role, f"{role}_store")
        call = getattr(hook, f"provender_{factory}")
        built = call(config=_Foreign(), context=PluginContext("suite", tmp_path))
        expect_equal(built, None, "a factory builds nothing from the settings of another")

    def _build(self, role: Role, kind: StoreType, repo_path: Path) -> Any:
        config = kind.config(**self.settings_of(role, kind))
        plugins = load_plugins(self.provider, {role: kind.name})
        return plugins.build(role, config, PluginContext("suite", repo_path))
