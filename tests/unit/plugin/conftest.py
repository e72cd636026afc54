"""The small distributions, built and installed once for all tests of plug-ins."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

_SPEC = importlib.util.spec_from_file_location(
    "plugin_distributions", Path(__file__).with_name("distributions.py")
)
distributions = importlib.util.module_from_spec(_SPEC)
sys.modules["plugin_distributions"] = distributions
_SPEC.loader.exec_module(distributions)


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The directory into which they are installed."""
    target = tmp_path_factory.mktemp("site")
    work = tmp_path_factory.mktemp("work")
    distributions.install(distributions.DISTRIBUTIONS, work, target)
    return target


@pytest.fixture
def here(site, monkeypatch):
    """The same directory, on the path of this process; their modules are forgotten afterwards."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(site))
    yield site
    for name in set(sys.modules) - before:
        if (getattr(sys.modules[name], "__file__", "") or "").startswith(str(site)):
            del sys.modules[name]
