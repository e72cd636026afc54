"""Where materialization runs: the engines of the core, by the ``type:`` that chooses them."""

from __future__ import annotations

from typing import Final

from provender.engines.configuration import ProcessesConfig, SerialConfig
from provender.plugin.contract.info import ProviderInfo, StoreType

CORE: Final = ProviderInfo(
    "core",
    stores={
        "engine": (
            StoreType(
                "serial",
                SerialConfig,
                frozenset({"progress"}),
                factory=f"{__name__}.serial:SerialEngine",
            ),
            StoreType(
                "processes",
                ProcessesConfig,
                frozenset({"workers", "progress"}),
                factory=f"{__name__}.processes:ProcessesEngine",
            ),
        )
    },
)
"""What needs no plug-in; the first type of a role is the default."""
