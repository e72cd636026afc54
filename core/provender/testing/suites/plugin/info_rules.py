"""Rules of the plug-in suite: the entry point is light and says what is true."""

from __future__ import annotations

import ast
import os
import sys
from functools import cache
from importlib.metadata import EntryPoint
from importlib.util import find_spec
from pathlib import Path

import pytest

from provender.definitions import DataSource
from provender.errors import listed
from provender.plugin import (
    API_VERSION,
    CAPABILITIES,
    OLDEST_API_VERSION,
    ProviderInfo,
    Role,
    StoreConfig,
    StoreType,
)
from provender.plugin.loading.discovery import installed
from provender.plugin.loading.loader import load_plugins
from provender.testing.processes import run
from provender.testing.suites.plugin.subject import PluginSubject
from provender.testing.suites.store_suite import expect, expect_equal

_HEAVY = ("duckdb", "numpy", "pandas", "pyarrow", "sqlalchemy", "sqlglot", "starlette", "requests")
_PUBLIC = (
    "provender.plugin",
    "provender.plugin.arrow",
    "provender.plugin.conform",
    "provender.plugin.parquet",
    "provender.plugin.sql",
    "provender.plugin.statistics",
    "provender.definitions",
    "provender.types",
    "provender.errors",
    "provender.clock",
)
"""The modules that a provider may import."""
_PUBLIC_ROOMS = ("provender.plugin.sql.", "provender.testing", "provender.client", "provender.wire")
"""What modules that it may import begin with."""
_PATTERN = "string_pattern_mismatch"
_PICKLERS = {"pickle", "cPickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}


class PluginInfoRules(PluginSubject):
    """What a plug-in says can be read without its SDK, and is true."""

    def test_entry_point_has_an_info_of_the_same_name(
        self, entry: EntryPoint, info: ProviderInfo
    ) -> None:
        """The entry point's name is the ``provider:`` of feature_store.yaml."""
        expect(isinstance(info, ProviderInfo), "the module has `info`, a ProviderInfo", info)
        expect_equal(info.name, entry.name, "info.name is the entry point's name")

    def test_plugin_is_built_for_this_api(self, info: ProviderInfo) -> None:
        """One that is too old or too new is refused by the loader."""
        stated = info.api_version
        first, last = stated if isinstance(stated, tuple) else (stated, stated)
        known = first <= API_VERSION and last >= OLDEST_API_VERSION
        allowed = f"versions {OLDEST_API_VERSION} to {API_VERSION} of the plug-in API are supported"
        expect(known, allowed, info.api_version)

    def test_plugin_is_listed_as_ready(self) -> None:
        """``provender plugins`` shows it."""
        plugins = installed(factories_of=[self.provider])
        status = {plugin.name: plugin for plugin in plugins if plugin.kind == "provider"}
        found = status[self.provider]
        expect_equal(found.status, "ready", f"the plug-in is ready: {found.reason}")

    def test_plugin_is_loaded_by_the_loader(self, info: ProviderInfo) -> None:
        """Every hook that it implements is specified."""
        plugins = load_plugins(self.provider, dict.fromkeys(info.stores))
        expect_equal(list(plugins.providers), [self.provider], "the loader loads the provider")

    @pytest.mark.parametrize("module", _HEAVY)
    def test_entry_point_imports_nothing_heavy(self, entry: EntryPoint, module: str) -> None:
        """Importing it must cost next to nothing, for it happens at every start."""
        expect(module not in _imported(entry.module), f"{entry.module} does not import {module}")

    def test_entry_point_does_not_import_the_sdk(
        self, entry: EntryPoint, info: ProviderInfo
    ) -> None:
        """`info` can be read where the extra is not installed."""
        loaded = sorted(_imported(entry.module) & set(info.requires))
        expect_equal(loaded, [], f"{entry.module} does not import its SDK")

    def test_extra_is_one_of_the_distribution(self, entry: EntryPoint, info: ProviderInfo) -> None:
        """``pip install 'DISTRIBUTION[EXTRA]'`` must work; without an extra, ``DISTRIBUTION``."""
        expect(bool(info.requires) or not info.extra, "an extra brings modules", info.requires)
        if info.requires and entry.dist:
            expect_equal(info.distribution, entry.dist.name, "it names its own distribution")
            extras = entry.dist.metadata.get_all("Provides-Extra") or []
            known = info.extra is None or info.extra in extras
            expect(known, f"the distribution has the extra {info.extra!r}", extras)

    def test_stores_of_a_role_have_different_names(self, info: ProviderInfo, role: Role) -> None:
        """`type:` chooses among them."""
        names = [kind.name for kind in info.stores.get(role, ())]
        expect_equal(len(set(names)), len(names), f"the names of {role} stores differ")

    def test_capabilities_are_known(self, role: Role, kind: StoreType) -> None:
        """A misspelt capability would be claimed and never tried."""
        unknown = sorted(kind.capabilities - set(CAPABILITIES[role]))
        expect_equal(unknown, [], f"capabilities are among {sorted(CAPABILITIES[role])}")

    def test_config_is_a_model_with_documented_settings(self, role: Role, kind: StoreType) -> None:
        """Its JSON Schema is part of ``provender config schema``."""
        expect(issubclass(kind.config, StoreConfig), "config extends StoreConfig", kind.config)
        expect_equal(kind.config.model_json_schema()["type"], "object", "it has a JSON Schema")
        documented = "".join(part.__doc__ or "" for part in kind.config.__mro__)
        missing = [name for name in kind.config.model_fields if f"{name}:" not in documented]
        expect_equal(missing, [], f"the docstring of {kind.config.__name__} tells every setting")

    def test_config_refuses_unknown_settings(self, role: Role, kind: StoreType) -> None:
        """A misspelt setting must not be ignored."""
        settings = {**self.settings_of(role, kind), "no_such_setting": 1}
        errors = _errors(kind, settings)
        expect("no_such_setting" in errors, "unknown settings are refused", errors)

    def test_settings_under_its_own_name_are_declared_and_documented(
        self, info: ProviderInfo
    ) -> None:
        """A provider without any declares `StoreConfig`, so that what is written is refused."""
        model = info.settings
        if model is None:  # its factories check them
            return
        expect(issubclass(model, StoreConfig), "settings extend StoreConfig", model)
        expect_equal(model.model_config.get("extra"), "forbid", "unknown settings are refused")
        documented = "".join(part.__doc__ or "" for part in model.__mro__)
        missing = [name for name in model.model_fields if f"{name}:" not in documented]
        expect_equal(missing, [], f"the docstring of {model.__name__} describes every setting")

    def test_config_accepts_its_settings_and_is_immutable(
        self, role: Role, kind: StoreType
    ) -> None:
        """Those of the test class, or the defaults."""
        config = kind.config(**self.settings_of(role, kind))
        expect(bool(kind.config.model_config.get("frozen")), "settings are immutable")
        expect(bool(repr(config)), "settings can be shown")

    def test_config_refuses_a_wrong_type(self, role: Role, kind: StoreType) -> None:
        """Every setting says what it must be."""
        for name in kind.config.model_fields:
            settings = {**self.settings_of(role, kind), name: object()}
            errors = _errors(kind, settings)
            expect(name in errors, f"{name} of {kind.name} may be anything", errors)

    def test_config_refuses_text_in_words(self, role: Role, kind: StoreType) -> None:
        """Nobody reads a regular expression in an error: see `provender.plugin.Matching`."""
        for name in kind.config.model_fields:
            settings = {**self.settings_of(role, kind), name: "\0 "}
            guilty = [n for n, error in _refusals(kind, settings) if error == _PATTERN]
            expect_equal(guilty, [], "what is allowed is said in words")

    def test_shorthand_is_a_setting(self, role: Role, kind: StoreType) -> None:
        """A plain string in feature_store.yaml stands for it."""
        if kind.shorthand is not None:
            known = sorted(kind.config.model_fields)
            expect(kind.shorthand in known, "the shorthand is a setting", kind.shorthand)

    def test_sources_can_be_imported(self, info: ProviderInfo) -> None:
        """Each kind leads to a class of that kind."""
        plugins = load_plugins(self.provider, {})
        for kind in info.sources:
            found = plugins.source_class(kind)
            expect(issubclass(found, DataSource), f"source {kind!r} is a DataSource", found)
            expect_equal(found.kind, kind, "a source class says its kind")

    def test_nothing_is_pickled(self, entry: EntryPoint) -> None:
        """No module of the plug-in's package imports a pickler: data from outside could run."""
        guilty = [
            f"{file.name}: {name}"
            for file in _modules(entry)
            for name in _imports_of(file)
            if name.partition(".")[0] in _PICKLERS
        ]
        expect_equal(guilty, [], "nothing is pickled")

    def test_core_is_used_through_its_public_packages(self, entry: EntryPoint) -> None:
        """A provider is written against the plug-in API and nothing below it."""
        guilty = [
            f"{file.name}: {name}"
            for file in _modules(entry)
            for name in _imports_of(file)
            if name.startswith("provender.") and not is_public(name)
        ]
        expect_equal(guilty, [], f"of the core only {listed(_PUBLIC)} are imported")


def _imported(module: str) -> frozenset[str]:
    """Return the full names of the modules that are loaded once a module is.

    It is imported in a new process, once for all rules. Full names, since what it `requires` may
    share its top level with other distributions.
    """
    return _imported_from(os.environ.get("PYTHONPATH"), module)


@cache
def _imported_from(_places: str | None, module: str) -> frozenset[str]:
    code = f"import sys, {module}; print(*sys.modules, sep='\\n')"
    done = run([sys.executable, "-c", code], code=None)
    expect_equal(done.returncode, 0, f"{module} can be imported\n{done.stderr}")
    return frozenset(done.stdout.splitlines())


def _modules(entry: EntryPoint) -> list[Path]:
    """Return the source files of the plug-in's package, or of its only module."""
    spec = find_spec(entry.module.partition(".")[0])
    folders = list(spec.submodule_search_locations or []) if spec else []
    if folders:
        return sorted(file for folder in folders for file in Path(folder).rglob("*.py"))
    return [Path(spec.origin)] if spec and spec.origin else []


def _imports_of(file: Path) -> list[str]:
    names: list[str] = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            names.append(node.module)
    return names


def is_public(module: str) -> bool:
    """Return whether a provider may import a module of the core."""
    return module in _PUBLIC or module.startswith(_PUBLIC_ROOMS)


def _errors(kind: StoreType, settings: dict[str, object]) -> set[str]:
    """Return the settings that the model refuses."""
    return {name for name, _ in _refusals(kind, settings)}


def _refusals(kind: StoreType, settings: dict[str, object]) -> list[tuple[str, str]]:
    """Return the settings that the model refuses, each with pydantic's name of the error."""
    from pydantic import ValidationError

    try:
        kind.config.model_validate(settings)
    except ValidationError as error:
        found = error.errors()
        return [(str(part), problem["type"]) for problem in found for part in problem["loc"][:1]]
    return []
