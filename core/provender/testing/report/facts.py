"""What a test of a conformance suite is: noted where it runs, read where the report is written."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import pytest

from provender.testing.suites.capabilities import needed_by

SUITES: Mapping[str, str] = {
    "OfflineStoreSuite": "provender.testing.offline_suite",
    "OnlineStoreSuite": "provender.testing.online_suite",
    "RegistrySuite": "provender.testing.registry_suite",
    "EngineSuite": "provender.testing.engine_suite",
    "PluginSuite": "provender.testing.plugin_suite",
}
"""The module of each suite; a report lists them in this order."""
_OURS = "provender.testing."


def suite_class(name: str) -> type:
    """Return a suite by its name."""
    found: type = getattr(import_module(SUITES[name]), name)
    return found


def rules_of(suite: type) -> dict[str, str]:
    """Return the rules of a suite in its order: test's name to the first line of its statement."""
    found = {}
    for part in suite.__mro__:
        for name, value in vars(part).items():
            if name.startswith("test_") and part.__module__.startswith(_OURS):
                found[name] = (value.__doc__ or "").strip().partition("\n")[0]
    return found


def facts_of(item: pytest.Item) -> dict[str, Any] | None:
    """Return what a test is, as plain data that travels between processes.

    Returns:
        None when the test is not a rule of a suite.
    """
    if not isinstance(item, pytest.Function) or not isinstance(item.cls, type):
        return None
    name = item.originalname
    owners = [part for part in item.cls.__mro__ if name in vars(part)]
    suite = next(
        (part for part in item.cls.__mro__ if SUITES.get(part.__name__) == part.__module__), None
    )
    if suite is None or not any(part.__module__.startswith(_OURS) for part in owners):
        return None
    return {
        "suite": suite.__name__,
        "test_class": item.parent.nodeid if item.parent else "",
        "provider": getattr(item.cls, "provider", ""),
        "role": getattr(suite, "role", None),
        "store_type": getattr(item.cls, "store_type", None),
        "test": name,
        "case": item.callspec.id if hasattr(item, "callspec") else "",
        "overridden": not owners[0].__module__.startswith(_OURS),
        "capability": needed_by(item.function, _parameters(item)),
    }


def _parameters(item: pytest.Function) -> Mapping[str, Any] | None:
    """Return the parameters of a case of an offline suite, which tell what it stores."""
    of_offline = getattr(item.cls, "role", None) == "offline"
    return item.callspec.params if of_offline and hasattr(item, "callspec") else None
