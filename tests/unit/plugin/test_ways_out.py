"""What goes wrong with a plug-in is said with the fact, what was got, the fix and the place."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import yaml

from provender.errors import BrokenPlugin, MissingExtra, PluginError, StoreError, UnknownProvider
from provender.plugin import PluginContext, ProviderInfo, StoreConfig, StoreType
from provender.plugin.loading.discovery import installed
from provender.plugin.loading.factory import Factories, build_store
from provender.plugin.loading.loader import load_plugins

NONE = {"offline": None, "online": None, "registry": None, "engine": None}
PLACES = {"provider": "f.yaml:2:1", "online_store": "f.yaml:4:3", "plugins": "f.yaml:6:1"}


def build(provider, role="online", **types):
    plugins = load_plugins(provider, NONE | types, places=PLACES)
    config = plugins.store_type(role).config()
    return plugins.build(role, config, PluginContext("test", Path()))


def statuses(*enabled):
    return {(plugin.kind, plugin.name): plugin for plugin in installed(enabled)}


def imported(directory):
    files = [getattr(module, "__file__", None) or "" for module in list(sys.modules.values())]
    return [file for file in files if file.startswith(str(directory))]


def test_a_light_module_without_its_sdk_names_the_extra(here):
    with pytest.raises(MissingExtra) as caught:
        load_plugins("eager", NONE, places=PLACES)
    assert str(caught.value).splitlines() == [
        "f.yaml:2:1: provider 'eager' needs a package that is not installed",
        "  got: no module 'eager_sdk'",
        "  fix: pip install 'provender-eager[sdk]'",
    ]
    assert isinstance(caught.value.__cause__, ModuleNotFoundError)


def test_a_light_module_without_its_sdk_is_listed_with_its_stores(here):
    eager = statuses()["provider", "eager"]
    assert (eager.status, eager.stores) == ("needs extra sdk", {"online": ("wind",)})
    assert "pip install 'provender-eager[sdk]'" in eager.reason


def test_an_sdk_that_a_factory_misses_is_told_where_the_store_is_named(here):
    with pytest.raises(MissingExtra, match=r"f\.yaml:4:3: provider 'cloudy' needs a package"):
        build("local", online="cloudy")
    plugins = load_plugins("cloudy", NONE, places={"provider": "f.yaml:2:1"})
    config, context = plugins.store_type("online").config(), PluginContext("test", Path())
    with pytest.raises(MissingExtra, match=r"f\.yaml:2:1: provider 'cloudy' needs a package"):
        plugins.build("online", config, context)


def test_a_factory_that_leaves_the_process_is_broken(here):
    with pytest.raises(BrokenPlugin) as caught:
        build("leaving")
    assert str(caught.value).splitlines() == [
        "f.yaml:4:3: provider 'leaving' failed to build its store 'exit'",
        "  got: SystemExit: 3",
        "  fix: update the distribution of that provider, or choose another store",
    ]


@pytest.mark.parametrize("factory", ["nowhere:Nothing", "json:Nothing", "json"])
def test_a_factory_that_does_not_exist_is_named(factory):
    chosen = ProviderInfo("lost"), StoreType("lost", StoreConfig, factory=factory)
    context = PluginContext("test", Path())
    call = Factories({"online": chosen}).provender_online_store
    with pytest.raises(BrokenPlugin) as caught:
        build_store(call, chosen, StoreConfig(), context, "f.yaml:4:3")
    fact, got, fix = str(caught.value).splitlines()
    assert fact == (
        f"f.yaml:4:3: provider 'lost' failed to build its store 'lost' with its factory {factory!r}"
    )
    assert got.startswith(("  got: ModuleNotFoundError: ", "  got: AttributeError: "))
    assert fix.startswith("  fix: update the distribution")


def test_what_a_factory_says_in_our_own_words_passes_through(here):
    with pytest.raises(StoreError, match="the cluster sleeps"):
        build("leaving", "registry")


def test_a_role_that_nobody_offers_is_told_with_its_place(here):
    with pytest.raises(PluginError) as caught:
        load_plugins("both", NONE, places=PLACES).store_type("online")
    fact, fix = str(caught.value).splitlines()
    assert fact == "f.yaml:4:3: provider 'both' has no online store"
    assert fix.startswith("  fix: add this line to feature_store.yaml: `online_store: {type: ")
    line = fix.split("`")[1]
    assert yaml.safe_load(line) == {"online_store": {"type": "local.sqlite"}}
    others = line.partition("  # or ")[2].split(", ")
    assert "good.memory" in others
    assert "eager.wind" not in others, "its SDK is not installed"


@pytest.mark.parametrize(
    ("role", "line"),
    [
        ("offline", "offline_store: {type: local.duckdb}"),
        ("registry", "registry: {type: local.file}"),
        ("engine", "engine: {type: backwards.last-first}"),
    ],
)
def test_what_could_serve_a_role_is_a_line_to_paste(here, role, line):
    with pytest.raises(PluginError) as caught:
        load_plugins("both", NONE).store_type(role)
    assert f"feature_store.yaml: `{line}" in str(caught.value)
    name = yaml.safe_load(line).popitem()[1]["type"]
    assert load_plugins("both", NONE | {role: name}).store_type(role).name == name.split(".")[1]


def test_beside_an_online_only_provider_the_stores_are_local(here):
    plugins = load_plugins("good", NONE)
    offered = {role: (info.name, kind.name) for role, (info, kind) in plugins.chosen.items()}
    assert offered == {
        "offline": ("local", "duckdb"),
        "online": ("good", "memory"),
        "registry": ("local", "file"),
    }
    assert next(iter(plugins.providers)) == "good"
    named = load_plugins("good", NONE | {"registry": "sql", "offline": "duckdb"})
    assert named.store_type("registry").name == "sql"


def test_a_provider_with_a_registry_has_no_local_stores_beside_it(here):
    plugins = load_plugins("leaving", NONE)
    assert list(plugins.providers) == ["leaving"]
    with pytest.raises(PluginError, match="provider 'leaving' has no offline store"):
        plugins.store_type("offline")


def test_an_unknown_type_lists_who_else_offers_the_role(here):
    with pytest.raises(UnknownProvider) as caught:
        load_plugins("local", NONE | {"online": "good.memry"}, places=PLACES)
    text = str(caught.value)
    assert text.startswith("f.yaml:4:3: no online store of type 'good.memry' is installed")
    assert f"got: in {sys.executable}" in text
    assert "of provider 'local': sqlite" in text
    assert "good.memory" in text
    assert "eager.wind" in text
    assert "bomb" not in text
    assert "backwards" not in text
    assert "did you mean 'good.memory'?" in text


@pytest.mark.parametrize("name", ["good.", ".", "both", "both.memory"])
def test_a_type_that_names_no_store_is_unknown(here, name):
    with pytest.raises(UnknownProvider, match="no online store of type"):
        load_plugins("local", NONE | {"online": name})


def test_a_broken_provider_of_one_store_is_told_where_it_is_named(here):
    with pytest.raises(BrokenPlugin, match=r"^f\.yaml:4:3: plug-in 'bomb'"):
        load_plugins("local", NONE | {"online": "bomb"}, places=PLACES)


def test_an_unknown_extension_is_told_where_it_is_named(here):
    with pytest.raises(UnknownProvider, match="no plug-in 'countin' is installed") as caught:
        load_plugins("local", NONE, ["countin"], places=PLACES)
    assert str(caught.value).startswith("f.yaml:6:1: ")
    assert "did you mean 'counting'?" in str(caught.value)


def test_nothing_is_imported_that_the_configuration_does_not_name(here):
    load_plugins("local", NONE | {"online": "good"}, ["counting"])
    assert {Path(file).parent.name for file in imported(here)} == {"provender_good", "counting"}


def test_a_plugin_that_is_named_twice_takes_part_once(here):
    plugins = load_plugins("both", NONE, ["both", "counting", "counting"])
    assert plugins.hook.provender_commands() == [["once"]]


def test_ctrl_c_during_an_import_is_obeyed(here):
    with pytest.raises(KeyboardInterrupt):
        load_plugins("local", NONE, ["halting"])


def test_a_source_of_a_provider_in_use_is_found(here):
    plugins = load_plugins("reading", NONE)
    assert plugins.source_class("good").__name__ == "GoodSource"


@pytest.mark.parametrize(
    ("kind", "got"),
    [
        ("absent", "AttributeError"),
        ("plain", "got: 3"),
        ("lost", "ModuleNotFoundError: No module named 'provender_reading.nowhere'"),
    ],
)
def test_a_source_that_is_no_class_of_sources_is_broken(here, kind, got):
    with pytest.raises(BrokenPlugin) as caught:
        load_plugins("reading", NONE).source_class(kind)
    text = str(caught.value)
    assert text.startswith(f"provider 'reading' has no class for its sources of kind {kind!r}")
    assert got in text
    assert "allowed: a DataSource at provender_reading." in text


def test_a_source_without_its_sdk_names_the_extra(here):
    with pytest.raises(MissingExtra, match="no module 'reading_sdk'"):
        load_plugins("reading", NONE).source_class("sdk")


def test_a_kind_of_source_names_the_installed_provider_that_has_it(here):
    with pytest.raises(PluginError, match="of kind 'sky'") as caught:
        load_plugins("local", NONE).source_class("sky")
    assert "allowed: file" in str(caught.value)
    assert "fix: name provider 'cloudy' in feature_store.yaml" in str(caught.value)
    with pytest.raises(PluginError, match="fix: install the provider that reads them"):
        load_plugins("local", NONE).source_class("moon")


def test_what_an_uninstall_left_behind_disturbs_nobody(here, tmp_path, monkeypatch):
    left = tmp_path / "provender_gone-1.0.dist-info"
    left.mkdir()
    lines = ["[provender.providers]", "good = gone.plugin", "gone = gone.plugin"]
    (left / "entry_points.txt").write_text("\n".join(lines))
    monkeypatch.syspath_prepend(str(tmp_path))
    assert load_plugins("good", NONE).store_type("online").name == "memory"
    assert ("provider", "gone") not in statuses()


def test_an_entry_point_that_leads_nowhere_is_broken_and_listed(tmp_path, monkeypatch):
    stray = tmp_path / "provender_stray-1.0.dist-info"
    stray.mkdir()
    (stray / "METADATA").write_text("Metadata-Version: 2.1\nName: provender-stray\n")
    lines = ["[provender.providers]", "odd = not a module!", "stray = provender_stray.plugin"]
    (stray / "entry_points.txt").write_text("\n".join(lines))
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("odd", "stray"):
        with pytest.raises(BrokenPlugin, match=f"plug-in '{name}' of provender-stray"):
            load_plugins(name, NONE)
        listed = statuses()["provider", name]
        assert (listed.status, listed.version) == ("broken", "")
