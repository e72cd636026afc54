"""A provider that breaks one rule of online stores, claims little, and overrides some rules."""

from __future__ import annotations

from pathlib import Path

FILES = {
    "pyproject.toml": """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "provender-flawed"
version = "4.5.6"

[project.entry-points."provender.providers"]
flawed = "provender_flawed.plugin"
""",
    "provender_flawed/__init__.py": "",
    "provender_flawed/plugin.py": """
from provender.plugin import ProviderInfo, StoreConfig, StoreType, hookimpl


class FlawedConfig(StoreConfig):
    pass


info = ProviderInfo("flawed", stores={"online": (StoreType("leaky", FlawedConfig),)})


@hookimpl
def provender_online_store(config, context):
    from provender_flawed.store import Leaky

    return Leaky() if isinstance(config, FlawedConfig) else None
""",
    "provender_flawed/store.py": """
from threading import Lock

from provender.plugin import OnlineStore

ROWS, LOCK = {}, Lock()


class Leaky(OnlineStore):
    def prepare(self, tables): ...

    def drop(self, tables):
        for table in tables:
            ROWS.pop(table.name, None)

    def write(self, table, rows):
        with LOCK:
            held = ROWS.setdefault(table.name, {})
            for row in rows:
                if row[0] not in held or row[1:3] > held[row[0]][1:3]:  # the flaw: > is not >=
                    held[row[0]] = row

    def read(self, table, keys):
        return [ROWS.get(table.name, {}).get(key) for key in keys]
""",
    "test_flawed.py": """
import os

import pytest

from provender.testing.online_suite import OnlineStoreSuite
from provender.testing.plugin_suite import PluginSuite


class TestLeaky(OnlineStoreSuite):
    provider = "flawed"

    def test_of_its_own(self):
        assert False, "no rule of the suite"

    @pytest.mark.xfail(reason="not yet")
    def test_closing_twice_is_allowed(self):
        assert False

    def test_drop_again_does_nothing(self):
        pytest.skip("the server sleeps")

    @pytest.fixture
    def broken(self):
        raise RuntimeError("no server")

    def test_writing_no_rows_changes_nothing(self, broken):
        pass

    def test_reading_no_keys_gives_nothing(self):
        if "CRASH" in os.environ:
            os._exit(7)


class TestPlugin(PluginSuite):
    provider = "flawed"


def test_nothing_in_particular():
    pass
""",
}


def write_flawed_provider(folder: Path) -> Path:
    """Write its files and return its directory."""
    root = folder / "provender-flawed"
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root
