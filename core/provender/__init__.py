"""Provender: a feature store whose stores are plug-ins.

>>> from provender import Entity, FeatureStore, FeatureView, Field, FileSource
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from provender.definitions import (
        Duration as Duration,
    )
    from provender.definitions import (
        Entity as Entity,
    )
    from provender.definitions import (
        Feature as Feature,
    )
    from provender.definitions import (
        FeatureService as FeatureService,
    )
    from provender.definitions import (
        FeatureView as FeatureView,
    )
    from provender.definitions import (
        Field as Field,
    )
    from provender.definitions import (
        FileSource as FileSource,
    )
    from provender.definitions import (
        OnDemandFeatureView as OnDemandFeatureView,
    )
    from provender.definitions import (
        PushMode as PushMode,
    )
    from provender.definitions import (
        PushSource as PushSource,
    )
    from provender.definitions import (
        RequestSource as RequestSource,
    )
    from provender.definitions import (
        ValueType as ValueType,
    )
    from provender.definitions import (
        on_demand_feature_view as on_demand_feature_view,
    )
    from provender.store import FeatureStore as FeatureStore

__version__ = "0.1.0"

_HOMES = {
    "FeatureStore": "provender.store",
    **dict.fromkeys(
        [
            *("Duration", "Entity", "Feature", "FeatureService", "FeatureView"),
            *("Field", "FileSource", "OnDemandFeatureView", "PushMode", "PushSource"),
            *("RequestSource", "ValueType", "on_demand_feature_view"),
        ],
        "provender.definitions",
    ),
}
__all__ = ["FeatureStore", "__version__", *_HOMES]  # noqa: PLE0604


def __getattr__(name: str) -> object:
    """Import a public name when it is first used, so that ``import provender`` stays quick."""
    if name not in _HOMES:
        raise AttributeError(f"module 'provender' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
