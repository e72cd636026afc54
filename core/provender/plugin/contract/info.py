"""`ProviderInfo`: what a plug-in declares before anything heavy is imported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from provender.clock import Clock, system_clock

API_VERSION: Final = 2
"""The version of the plug-in API; it grows when something is added to it."""
OLDEST_API_VERSION: Final = 1
"""The oldest version whose plug-ins still work; what is deprecated works for one minor version of
Provender."""

Role = Literal["offline", "online", "registry", "engine"]
"""What a store is for."""
DEFAULT_PROVIDER: Final = "local"
"""The provider of a configuration that names none, and beside one that is online only."""
ROLES: tuple[Role, ...] = ("offline", "online", "registry", "engine")


class StoreConfig(BaseModel):
    """The settings of one store in feature_store.yaml; a store type extends it.

    Unknown keys are refused; instances are immutable.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class StoreType:
    """A kind of store that a provider offers.

    Attributes:
        name: The `type:` by which it is chosen, such as ``sqlite``.
        config: The model of its settings.
        capabilities: What it can do beyond the contract, by the names of `CAPABILITIES`.
        shorthand: The setting that a plain string stands for, as in ``registry: path``.
        factory: What builds it, as ``package.module:Class``, imported when the store is first
            needed and called with the settings and a `PluginContext`. None: a hook of the
            plug-in builds it.
    """

    name: str
    config: type[StoreConfig]
    capabilities: frozenset[str] = frozenset()
    shorthand: str | None = None
    factory: str | None = None


@dataclass(frozen=True, slots=True)
class ProviderInfo:
    """A plug-in's description of itself: the ``info`` of its entry point's module.

    Attributes:
        name: The provider's name; the entry point has the same.
        api_version: The `API_VERSION` that it was written for: newer versions of Provender load
            it, too, as long as they support that version. Or the first and the last version that
            it works with.
        stores: The store types for each role; the first of a role is the provider's default.
        sources: Kinds of sources that it reads, as ``kind -> "module:Class"``.
        extra: The extra of its distribution that brings the SDK; None: the distribution does.
        distribution: The distribution that brings the SDK.
        requires: The modules of the SDK: top-level ones, or dotted where others share the top
            level, as ``google.cloud.bigquery``.
        settings: The model of the settings under the provider's own name in feature_store.yaml;
            `StoreConfig` itself: there are none. None: they are checked only by the factories,
            with `provider_settings`.
    """

    name: str
    api_version: int | tuple[int, int] = API_VERSION
    stores: Mapping[Role, tuple[StoreType, ...]] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    extra: str | None = None
    distribution: str = "provender"
    requires: tuple[str, ...] = ()
    settings: type[StoreConfig] | None = None


@dataclass(frozen=True, slots=True)
class PluginContext:
    """The project for which a factory builds a store.

    Attributes:
        project: The project's name.
        repo_path: The directory of feature_store.yaml; relative paths start there.
        clock: Returns the current time.
        provider: The provider's own settings: keys of feature_store.yaml under the provider's
            name.
        stores: The settings of the chosen stores by role; only checks of ``provender doctor``
            get them, since a store can be built even if the settings of another are wrong.
    """

    project: str
    repo_path: Path
    clock: Clock = system_clock
    provider: Mapping[str, object] = field(default_factory=dict)
    stores: Mapping[Role, StoreConfig] = field(default_factory=dict)
