"""The order of tests: as they are written, or a random one, ``ORDER=7 make test``.

Modules come in a random order, and in each of them its tests: what one leaves behind for another,
or takes for granted, shows.
"""

from __future__ import annotations

import os
import random

import pytest

SEED = os.environ.get("PROVENDER_TEST_ORDER")


def pytest_report_header() -> str | None:
    return f"random order: ORDER={SEED}" if SEED else None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if not SEED:
        return
    chance = random.Random(SEED)  # noqa: S311 - the order has to be the same in every worker
    modules: dict[str, list[pytest.Item]] = {}
    for item in items:
        modules.setdefault(item.nodeid.partition("::")[0], []).append(item)
    places = list(modules)
    chance.shuffle(places)
    for place in places:
        chance.shuffle(modules[place])
    items[:] = [item for place in places for item in modules[place]]
