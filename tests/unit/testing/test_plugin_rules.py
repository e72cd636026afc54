"""The plug-in suite's own judgement, on entry points that are right and on those that are not."""

import os
from importlib.metadata import EntryPoint

import pytest

from provender.plugin import ProviderInfo
from provender.testing.plugin_suite import PluginSuite

LIGHT = "import sky.cloud\nimport sky.cloud.rain"


@pytest.fixture
def entry_point(tmp_path, monkeypatch):
    """Make a module with some text beside an SDK whose packages share their top level."""
    (tmp_path / "sky" / "cloud" / "storage").mkdir(parents=True)
    for name in ("", "cloud", "cloud/storage"):
        (tmp_path / "sky" / name / "__init__.py").touch()
    (tmp_path / "sky" / "cloud" / "rain.py").touch()
    (tmp_path / "sky" / "cloud" / "storage" / "client.py").touch()
    inherited = os.environ.get("PYTHONPATH", "")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(tmp_path), inherited])))

    def make(text):
        (tmp_path / "entered.py").write_text(text)
        return EntryPoint("entered", "entered", "provender.providers")

    return make


@pytest.mark.parametrize("required", ["sky.cloud.storage", "sky.cloud.storage.client"])
def test_a_package_that_shares_its_top_level_is_not_the_sdk(entry_point, required):
    info = ProviderInfo("entered", requires=(required,))
    PluginSuite().test_entry_point_does_not_import_the_sdk(entry_point(LIGHT), info)


@pytest.mark.parametrize("required", ["sky", "sky.cloud", "sky.cloud.storage"])
def test_importing_the_sdk_is_found_however_deep(entry_point, required):
    info = ProviderInfo("entered", requires=("other", required))
    entry = entry_point("from sky.cloud.storage import client")
    with pytest.raises(AssertionError, match=rf"does not import its SDK\n.*\n.*\['{required}'\]"):
        PluginSuite().test_entry_point_does_not_import_the_sdk(entry, info)
