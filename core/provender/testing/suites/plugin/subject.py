"""The plug-in under test: its entry point, and what it says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import EntryPoint
from typing import Any, ClassVar

import pytest

from provender.plugin import ProviderInfo, Role, StoreType
from provender.plugin.contract.info import ROLES
from provender.plugin.loading.discovery import PROVIDERS, entries


class PluginSubject:
    """The root of the plug-in suite's parts.

    Attributes:
        provider: The name of the provider's entry point.
        settings: For each store type by its name, the settings that it needs to be built; by
            role and name, as in ``offline acme``, where types of two roles have the same name.
    """

    provider: ClassVar[str]
    settings: ClassVar[Mapping[str, Mapping[str, Any]]] = {}

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Run tests once for each role, or for each store type that the plug-in offers."""
        if not hasattr(self, "provider"):
            return
        if "kind" in metafunc.fixturenames:
            offered = self._offered()
            labels = [f"{role} {kind.name}" for role, kind in offered]
            metafunc.parametrize(("role", "kind"), offered, ids=labels)
        elif "role" in metafunc.fixturenames:
            metafunc.parametrize("role", ROLES)

    def settings_of(self, role: Role, kind: StoreType) -> Mapping[str, Any]:
        """Return the settings of a store type."""
        of_both = self.settings.get(f"{role} {kind.name}")
        return self.settings.get(kind.name, {}) if of_both is None else of_both

    @pytest.fixture
    def entry(self) -> EntryPoint:
        """The provider's entry point."""
        return self._entry()

    @pytest.fixture
    def info(self) -> ProviderInfo:
        """What the plug-in says of itself."""
        return self._info()

    def _offered(self) -> list[tuple[Role, StoreType]]:
        return [(role, kind) for role, kinds in self._info().stores.items() for kind in kinds]

    def _info(self) -> ProviderInfo:
        info: ProviderInfo = self._entry().load().info
        return info

    def _entry(self) -> EntryPoint:
        found = entries(PROVIDERS).get(self.provider, [])
        if len(found) != 1:
            raise AssertionError(
                f"{len(found)} installed distributions offer the provider {self.provider!r}\n"
                f'  fix: [project.entry-points."{PROVIDERS}"] {self.provider} = "module"'
            )
        return found[0]
