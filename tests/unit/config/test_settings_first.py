"""Wrong settings of any store, the engine or the provider: refused before anything is done."""

from __future__ import annotations

import pytest

from provender.errors import ConfigError
from provender.server.flight.serve import launch_offline
from provender.server.options import ServeOptions
from provender.server.serve import launch

WRONG = {
    "engine": {"type": "processes", "workers": 0},
    "offline_store": {"type": "duckdb", "thread": 1},
    "online_store": {"type": "sqlite", "pth": "x.db"},
    "local": {"path": "y.db", "zzz": 1},
}


def _launch(store):
    options = ServeOptions(str(store.config.file), port=0)
    launch(store.config, options)


def _launch_offline(store):
    launch_offline(store.config, ServeOptions(str(store.config.file), port=0))


VERBS = {
    "plan": lambda store: store.plan([]),
    "apply": lambda store: store.apply([]),
    "materialize": lambda store: store.materialize_incremental("2024-01-01"),
    "push": lambda store: store.push("x", []),
    "write": lambda store: store.write_to_online_store("x", []),
    "sweep": lambda store: store.sweep(),
    "forget": lambda store: store.forget({"a": 1}),
    "serve": _launch,
    "serve-offline": _launch_offline,
}


@pytest.mark.parametrize("verb", VERBS)
def test_everything_wrong_is_one_error_with_its_places(repository, verb):
    repository.configure(**WRONG)
    with repository.store() as store, pytest.raises(ConfigError) as caught:
        VERBS[verb](store)
    found = caught.value.problems
    facts = [problem.fact for problem in found]
    assert sorted(facts) == [
        "engine.workers is not valid",
        "unknown key 'local.path'",
        "unknown key 'local.zzz'",
        "unknown key 'offline_store.thread'",
        "unknown key 'online_store.pth'",
    ]
    assert all("feature_store.yaml:" in problem.place for problem in found)
    assert sorted(path.name for path in repository.path.iterdir()) == ["feature_store.yaml"]


def test_a_setting_of_a_provider_without_any_names_the_section_that_has_it(repository):
    repository.configure(local={"path": "x.db", "zzz": 1})
    with repository.store() as store, pytest.raises(ConfigError) as caught:
        store.plan([])
    path, other = caught.value.problems
    assert path.fix == "did you mean `online_store.path` or `registry.path`?"
    assert path.allowed == other.allowed == "no settings"
    assert other.fix == "remove it"
