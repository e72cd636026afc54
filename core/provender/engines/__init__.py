"""Where materialization runs: the engines of the core, by the ``type:`` that chooses them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from provender.engines.configuration import ProcessesConfig, SerialConfig
from provender.plugin.contract.info import StoreType

CORE_ENGINES: Final[Mapping[str, StoreType]] = {
    "serial": StoreType(
        "serial",
        SerialConfig,
        frozenset({"progress"}),
        factory=f"{__name__}.serial:SerialEngine",
    ),
    "processes": StoreType(
        "processes",
        ProcessesConfig,
        frozenset({"workers", "progress"}),
        factory=f"{__name__}.processes:ProcessesEngine",
    ),
}
"""The engines that need no plug-in; the first is the default."""
