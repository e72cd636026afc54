"""Everything that is offered under the import name can be imported, and is what it is called."""

from __future__ import annotations

import importlib
import pkgutil

import feast


def test_every_module_has_the_names_that_it_offers():
    names = [one.name for one in pkgutil.walk_packages(feast.__path__, "feast.")]
    assert {"feast.types", "feast.infra.offline_stores.file_source", "feast.cli.cli"} <= {*names}
    for name in ["feast", *names]:
        module = importlib.import_module(name)
        for one in getattr(module, "__all__", ()):
            assert getattr(module, one) is not None


def test_a_name_that_is_not_offered_is_no_attribute():
    assert not hasattr(feast, "SparkSource")
