"""Plug-ins are found by entry point; what is wrong with one is told, and disturbs no other."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from provender import Entity, FeatureView, FileSource
from provender.doctor.plug_ins import plug_ins
from provender.errors import (
    BrokenPlugin,
    ConfigError,
    DuplicatePlugin,
    IncompatiblePlugin,
    MaterializeError,
    MissingExtra,
    PluginError,
    UnknownProvider,
)
from provender.plugin import API_VERSION, OLDEST_API_VERSION, PluginContext, StoreConfig
from provender.plugin.loading.discovery import PROVIDERS, entries, find, installed
from provender.plugin.loading.loader import load_plugins
from provender.testing.processes import run

NONE = {"offline": None, "online": None, "registry": None, "engine": None}


def build(plugins, role="online", **settings):
    config = plugins.store_type(role).config(**settings)
    return plugins.build(role, config, PluginContext("test", Path()))


def test_a_provider_is_found_and_builds_its_store(here):
    plugins = load_plugins("good", NONE)
    assert build(plugins, size=7).size == 7


def test_what_is_installed_later_is_found_until_it_is_removed(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    assert "later" not in entries(PROVIDERS)
    info = tmp_path / "provender_later-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: provender-later\nVersion: 1.0\n")
    with pytest.raises(UnknownProvider):
        find(PROVIDERS, "later")
    (info / "entry_points.txt").write_text("[provender.providers]\nlater = later.plugin\n")
    assert find(PROVIDERS, "later").value == "later.plugin", "it is whole only now"
    assert [entry.value for entry in entries(PROVIDERS)["later"]] == ["later.plugin"]
    shutil.rmtree(info)
    assert "later" not in entries(PROVIDERS)


def test_one_store_may_come_from_another_provider(here):
    for name in ("good", "good.memory"):
        plugins = load_plugins("local", NONE | {"online": name})
        assert plugins.store_type("offline").name == "duckdb"
        assert plugins.store_type("online").name == "memory"
        assert type(build(plugins)).__name__ == "MemoryStore"


def test_a_type_of_the_provider_itself_comes_first(here):
    plugins = load_plugins("local", NONE | {"registry": "sql"})
    assert plugins.store_type("registry").name == "sql"


def test_an_extension_wraps_the_store_that_was_built(here):
    assert type(build(load_plugins("good", NONE))).__name__ == "MemoryStore"
    store = build(load_plugins("good", NONE, ["counting"]))
    assert type(store).__name__ == "Counting"
    assert type(store.store).__name__ == "MemoryStore"


def test_an_unknown_provider_is_told_with_the_way_out(here):
    with pytest.raises(UnknownProvider) as caught:
        load_plugins("goood", NONE, places={"provider": "feature_store.yaml:2:1"})
    text = str(caught.value)
    assert text.startswith("feature_store.yaml:2:1: no provider 'goood' is installed")
    assert sys.executable in text
    assert "allowed: ancient, " in text
    assert "did you mean 'good'?" in text


def test_an_unknown_type_names_what_there_is(here):
    with pytest.raises(UnknownProvider) as caught:
        load_plugins("local", NONE | {"online": "sqlit"}, places={"online_store": "f.yaml:4:3"})
    text = str(caught.value)
    assert text.startswith("f.yaml:4:3: no online store of type 'sqlit'")
    assert "of provider 'local': sqlite" in text
    assert "did you mean 'sqlite'?" in text
    with pytest.raises(UnknownProvider, match=r"no online store of type 'good\.nothing'"):
        load_plugins("local", NONE | {"online": "good.nothing"})


def test_a_missing_sdk_names_the_extra(here):
    plugins = load_plugins("cloudy", NONE)
    with pytest.raises(MissingExtra) as caught:
        build(plugins)
    assert "no module 'cloudy_sdk'" in str(caught.value)
    assert "pip install 'provender-cloudy[sdk]'" in str(caught.value)


def test_a_module_that_no_extra_brings_is_a_fault_of_the_plugin(here):
    with pytest.raises(BrokenPlugin, match="failed to build its store 'boom'") as caught:
        build(load_plugins("failing", NONE))
    assert isinstance(caught.value.__cause__, ModuleNotFoundError)


def test_a_factory_that_builds_nothing_is_broken(here):
    with pytest.raises(BrokenPlugin, match="did not build its store 'nothing'"):
        build(load_plugins("failing", NONE), "registry")


def test_a_broken_plugin_keeps_its_own_failure_as_the_cause(here):
    with pytest.raises(BrokenPlugin, match="'bomb' of provender-bomb cannot be imported") as caught:
        load_plugins("bomb", NONE)
    assert isinstance(caught.value.__cause__, SystemExit)


def test_two_distributions_with_one_name_are_both_named(here):
    with pytest.raises(DuplicatePlugin, match="two distributions claim") as caught:
        load_plugins("twin", NONE)
    assert "provender-twin-a, provender-twin-b" in str(caught.value)
    assert "pip uninstall" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "got", "fix"),
    [
        ("ancient", "version 0", "upgrade provender-ancient"),
        ("newer", "versions 900 to 901", "upgrade provender"),
    ],
)
def test_another_api_version_is_told_with_both_numbers(here, name, got, fix):
    with pytest.raises(IncompatiblePlugin, match="another plug-in API") as caught:
        load_plugins(name, NONE)
    (problem,) = caught.value.problems
    assert problem.got == got
    assert problem.allowed == f"versions {OLDEST_API_VERSION} to {API_VERSION}"
    assert problem.fix == f"pip install --{fix}"


@pytest.mark.parametrize("name", ["first", "ranging"])
def test_a_plugin_that_was_built_for_an_api_that_is_still_supported_is_loaded(here, name):
    assert list(load_plugins(name, NONE).providers) == [name]


def test_a_store_is_built_by_the_factory_that_its_type_names(here):
    plugins = load_plugins("factories", {"online": None})
    config = plugins.store_type("online").config(size=3)
    context = PluginContext("p", Path())
    built = plugins.build("online", config, context)
    assert (type(built).__name__, built.size, built.context) == ("Made", 3, context)
    assert plugins.hook.provender_online_store(config=StoreConfig(), context=context) is None


def test_a_wrapper_gets_what_a_factory_built(here):
    plugins = load_plugins("factories", {"online": None}, ["counting"])
    assert type(build(plugins, size=4).store).__name__ == "Made"


@pytest.mark.parametrize(
    ("kind", "got"),
    [
        ("nowhere", "ModuleNotFoundError"),
        ("nothing", "AttributeError"),
        ("crooked", "ModuleNotFoundError"),
    ],
)
def test_a_factory_that_is_not_there_is_told_as_the_plugins_fault(here, kind, got):
    plugins = load_plugins("factories", {"online": kind})
    with pytest.raises(BrokenPlugin, match=f"failed to build its store '{kind}'") as caught:
        plugins.build("online", plugins.store_type("online").config(), PluginContext("p", Path()))
    assert got in str(caught.value)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("blank", "has no info"),
        ("renamed", "calls itself 'good'"),
        ("crooked", "implements a hook that does not exist"),
    ],
)
def test_a_module_that_is_no_plugin_is_broken(here, name, message):
    with pytest.raises(BrokenPlugin, match=message):
        load_plugins(name, NONE)


def test_an_unknown_kind_of_source_is_told(here):
    assert load_plugins("local", NONE).source_class("file").kind == "file"
    with pytest.raises(PluginError, match="no provider in use reads sources of kind 'sky'"):
        load_plugins("local", NONE).source_class("sky")


def test_the_list_shows_every_plugin_as_it_is(here):
    found = {plugin.name: plugin for plugin in installed()}
    assert found["local"].status == "ready"
    assert found["local"].stores["registry"] == ("file", "sql")
    assert found["good"].distribution == "provender-good"
    assert found["good"].version == "1.2.3"
    assert found["cloudy"].status == "needs extra sdk"
    assert found["counting"].status == "disabled"
    broken = {"ancient", "newer", "bomb", "crooked", "blank", "renamed", "twin"}
    assert {name for name, plugin in found.items() if plugin.status == "broken"} == broken
    assert "tick" in found["bomb"].reason
    assert {p.name: p for p in installed(["counting"])}["counting"].status == "ready"


def test_the_command_lists_plugins_for_machines(site, provender):
    done = provender("--output", "json", "plugins", PYTHONPATH=str(site))
    rows = {row["name"]: row for row in json.loads(done.stdout)}
    assert rows["good"]["status"] == "ready"
    assert rows["bomb"]["status"] == "broken"
    assert rows["hollow"]["status"] == "broken"
    facts = [line for line in rows["hollow"]["reason"].splitlines() if not line.startswith(" ")]
    assert facts == [
        "the factory of online 'nowhere' cannot be imported from 'provender_hollow.nowhere:Store'",
        "the factory of online 'nameless' cannot be imported from 'provender_hollow.plugin:Store'",
        "the factory of online 'number' cannot be called",
        "online 'unbuilt' of provider 'hollow' has no factory",
        "the class of sources of kind 'fog' cannot be imported from 'provender_hollow.fog:Fog'",
    ]
    assert "No module named 'provender_hollow.nowhere'" in rows["hollow"]["reason"]


def test_the_doctor_imports_the_factories_of_what_is_used(here):
    found = {one.subject: one for one in plug_ins(["hollow"], ())}
    assert "'provender_hollow.nowhere:Store'" in found["plug-in hollow"].detail
    assert not found["plug-in hollow"].ok
    assert all(one.ok for name, one in found.items() if name != "plug-in hollow")


def test_only_the_named_provider_is_imported_and_nothing_heavy(site):
    script = """
import sys
from provender.plugin.loading.loader import load_plugins
load_plugins("local", dict.fromkeys(("offline", "online", "registry", "engine")))
heavy = {"duckdb", "sqlalchemy", "sqlglot", "pandas", "pyarrow", "sqlite3"}
print(sorted(heavy & set(sys.modules)), sorted(m for m in sys.modules if "provender_" in m))
"""
    path = os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH")]))
    done = run([sys.executable, "-c", script], env={**os.environ, "PYTHONPATH": path})
    assert (
        done.stdout.strip()
        == "[] ['provender_local', 'provender_local.configuration', 'provender_local.plugin']"
    ), done.stderr


def test_the_core_names_no_provider():
    import provender

    core = Path(provender.__path__[0])
    naming = [path for path in core.rglob("*.py") if "provender_local" in path.read_text()]
    assert naming == []


def test_an_engine_of_several_processes_needs_stores_for_several(here, repository):
    repository.configure(online_store={"type": "good"}, engine={"type": "processes"})
    with pytest.raises(ConfigError, match="the online store 'memory' cannot be used by several"):
        repository.store().stores.engine  # noqa: B018
    with pytest.raises(ConfigError, match="the online store 'memory' cannot be used by several"):
        repository.store().plan([])


def test_an_unknown_engine_names_those_of_the_core(repository):
    repository.configure(engine={"type": "proceses"})
    with pytest.raises(UnknownProvider) as caught:
        repository.store().stores.engine  # noqa: B018
    (problem,) = caught.value.problems
    assert problem.fix == "did you mean 'processes'?"
    assert problem.allowed.startswith("processes, serial; of provider 'local': (none)")


def test_plugins_hear_of_applies_and_materializations_and_run_them(here, repository, instants):
    repository.configure(plugins=["listener"], engine="backwards")
    repository.rows("x.parquet", {"id": [1, 2], "ts": instants(2, 1), "x": [1, 2]})
    source, entity = FileSource("x.parquet", timestamp_field="ts"), Entity(name="id")
    store = repository.store()
    store.apply([entity, FeatureView("v", source=source, entities=[entity])])
    store.apply([entity])
    store.materialize_incremental(repository.clock())
    (repository.path / "x.parquet").unlink()
    with pytest.raises(MaterializeError):
        store.materialize_incremental(repository.clock())
    added = [("add", "entity", "id"), ("add", "data source", "x.parquet")]
    assert sys.modules["listener.plugin"].heard == [
        ("apply", [*added, ("add", "feature view", "v")]),
        ("begin", "v", None),
        ("end", "v", 2, "NoneType"),
        ("begin", "v", None),
        ("end", "v", 0, "SourceError"),
    ]
    assert sys.modules["provender_backwards.plugin"].Backwards.ran == ["v", "v"]
