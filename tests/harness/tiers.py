"""Which tests run: by default each rule with a few of its values, with `make test-all` all of it.

A test of the long tier alone is marked ``long``, one of tests/unit that takes too much for
`make unit` is marked ``integration``. ``values(n)`` marks the tests of which, for each
rule, only `n` run by default: so chosen that of each parameter as many values occur as can. What
does not run is deselected rather than skipped: a skip names something that is missing.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence

import pytest

WHOLE = bool(os.environ.get("PROVENDER_TEST_ALL"))
"""Whether the long tier runs, too."""


_GOLDEN = 0.618034


def examples(whole: int, short: int | None = None) -> int:
    """Return how many examples of a property are tried.

    Args:
        whole: How many in the long tier.
        short: How many by default; None: a fifth, and at least five.
    """
    return whole if WHOLE else short or max(5, whole // 5)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "integration: among unit tests, not run by make unit")
    config.addinivalue_line("markers", "long: runs in the long tier only (make test-all)")
    config.addinivalue_line("markers", "values(n): by default n of the values of each rule run")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if WHOLE:
        return
    left_out = {item for item in items if item.get_closest_marker("long")} | _other_values(items)
    if left_out:
        config.hook.pytest_deselected(items=[item for item in items if item in left_out])
        items[:] = [item for item in items if item not in left_out]


def _other_values(items: Sequence[pytest.Item]) -> set[pytest.Function]:
    """Return the tests beyond those that run of each rule."""
    rules: dict[tuple[str, str], list[pytest.Function]] = defaultdict(list)
    for item in items:
        if isinstance(item, pytest.Function) and item.get_closest_marker("values"):
            rules[item.parent.nodeid if item.parent else "", item.originalname].append(item)
    return {test for tests in rules.values() for test in set(tests) - set(_chosen(tests))}


def _chosen(tests: Sequence[pytest.Function]) -> list[pytest.Function]:
    """Choose tests of one rule, each the one with most values that do not occur yet."""
    mark = tests[0].get_closest_marker("values")
    count = mark.args[0] if mark else len(tests)
    rest = sorted(tests, key=lambda test: tests.index(test) * _GOLDEN % 1)  # well spread
    chosen: list[pytest.Function] = []
    new: set[tuple[str, int]] = set()
    while rest and len(chosen) < count:
        new = new or {value for test in rest for value in _values(test)}
        best = max(rest, key=lambda test: len(_values(test) & new))
        rest.remove(best)
        chosen.append(best)
        new -= _values(best)
    return chosen


def _values(test: pytest.Function) -> set[tuple[str, int]]:
    """Return which value each parameter of a test has."""
    parameters = test.callspec.params if hasattr(test, "callspec") else {}
    return {(name, id(value)) for name, value in parameters.items()}
