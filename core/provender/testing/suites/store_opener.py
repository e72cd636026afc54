"""How the suites open a store: through the provider's entry point, in any process."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from provender.engines import CORE
from provender.plugin import PluginContext, Role, StoreType
from provender.plugin.loading.loader import Plugins, load_plugins


@dataclass(frozen=True)
class StoreOpener:
    """A store's address, as plain data that another process can read.

    Attributes:
        role: What the store is for.
        provider: The name of the provider's entry point.
        store_type: The `type:` of the store; None: the provider's default.
        repo_path: Where relative paths of the settings start.
        settings: The store's section of feature_store.yaml.
    """

    role: Role
    provider: str
    store_type: str | None
    repo_path: Path
    settings: Mapping[str, Any] = field(default_factory=dict)

    def type(self) -> StoreType:
        """Return the kind of store that the plug-in offers under that name."""
        return self._plugins().store_type(self.role)

    def open(self) -> Any:
        """Open the store anew, as a feature store would."""
        context = PluginContext("conformance", self.repo_path)
        config = self.type().config(**self.settings)
        return self._plugins().build(self.role, config, context)

    def to_json(self) -> str:
        """Return the address as text."""
        return json.dumps(
            {
                "role": self.role,
                "provider": self.provider,
                "store_type": self.store_type,
                "repo_path": str(self.repo_path),
                "settings": dict(self.settings),
            }
        )

    @classmethod
    def from_json(cls, text: str) -> StoreOpener:
        """Return the address that `to_json` wrote."""
        values = json.loads(text)
        return cls(**{**values, "repo_path": Path(values["repo_path"])})

    def _plugins(self) -> Plugins:
        return load_plugins(self.provider, {self.role: self.store_type}, core=CORE)
