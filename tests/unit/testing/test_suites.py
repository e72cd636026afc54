"""The suites themselves: no rule hides another, and they are as large as they claim."""

import inspect
import sys
from collections import Counter

import pytest

from provender.plugin import CAPABILITIES
from provender.testing.engine_suite import EngineSuite
from provender.testing.offline_suite import OfflineStoreSuite
from provender.testing.online_suite import OnlineStoreSuite
from provender.testing.plugin_suite import PluginSuite
from provender.testing.processes import run
from provender.testing.registry_suite import RegistrySuite
from provender.testing.suites.capabilities import needed_by, needed_for
from provender.testing.suites.examples import example_types
from provender.types import Array, Int64, Map, String

SUITES = [OfflineStoreSuite, OnlineStoreSuite, RegistrySuite, EngineSuite, PluginSuite]


@pytest.mark.parametrize("suite", SUITES)
def test_no_rule_hides_another_of_the_same_name(suite):
    parts = [part for part in suite.__mro__ if part.__module__.startswith("provender.")]
    names = Counter(name for part in parts for name in vars(part) if name.startswith("test_"))
    assert [name for name, times in names.items() if times > 1] == []
    helpers = Counter(
        name
        for part in parts
        for name, value in vars(part).items()
        if inspect.isfunction(value) and not name.startswith("test_")
    )
    assert [name for name, times in helpers.items() if times > 1] == []


@pytest.mark.parametrize("suite", SUITES[:4])
def test_rules_need_only_known_capabilities(suite):
    tests = [getattr(suite, name) for name in dir(suite) if name.startswith("test_")]
    needed = {needed_by(test) for test in tests} - {None}
    of_values = {"nested", "zero_in_text"} if suite.role == "offline" else set()
    assert needed | of_values == set(CAPABILITIES[suite.role])


def test_cases_need_what_their_values_need():
    kinds = {str(kind): needed_for(kind) for kind in example_types()}
    assert {name for name, need in kinds.items() if need == "nested"} == {
        "Array(Array(Int64))",
        "Array(Struct(lat: Float64, name: String))",
        "Map(Int64, Float64)",
        "Map(String, Int64)",
        "Struct(lat: Float64, name: String)",
    }
    assert needed_for(String, "a\0b") == "zero_in_text"
    assert needed_by(print, {"left": ("a", "b\0c"), "right": 1}) == "zero_in_text"
    assert needed_by(print, {"kind": Array(Map(String, Int64)), "value": []}) == "nested"
    assert needed_by(print, {"kind": Int64, "value": 0}) is None
    assert needed_by(print) is None


@pytest.mark.parametrize("suite", SUITES)
def test_every_rule_is_stated(suite):
    tests = [getattr(suite, name) for name in dir(suite) if name.startswith("test_")]
    assert [test.__name__ for test in tests if not test.__doc__] == []


def test_importing_the_package_imports_neither_pytest_nor_hypothesis():
    code = "import sys, provender.testing, provender.testing.oracle\n"
    code += "print({'pytest', 'hypothesis', 'pandas', 'duckdb'} & set(sys.modules))"
    assert run([sys.executable, "-c", code]).stdout.strip() == "set()"
