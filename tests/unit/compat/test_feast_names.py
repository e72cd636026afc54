"""Definition modules that say ``from feast import …`` load without Feast."""

from __future__ import annotations

import contextlib
import importlib.util
import sys
import warnings
from pathlib import Path

import pytest

import provender
from provender import types
from provender.compat.feast.import_name import NotOffered, feast_names
from provender.compat.feast.names import NOT_YET, OFFERED
from provender.definitions.repository import load_definitions
from provender.errors import DefinitionError

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("feast") is not None, reason="the real feast is installed"
)

CURRENT = """
from datetime import timedelta
from feast import Entity, FeatureService, FeatureView, Field, FileSource, PushSource
from feast.types import Array, Float32, Int64

driver = Entity(name="driver", join_keys=["driver_id"])
source = FileSource(name="trips", path="trips.parquet", timestamp_field="event_timestamp")
pushed = PushSource(name="pushed", batch_source=source)
view = FeatureView(
    name="stats",
    entities=[driver],
    ttl=timedelta(days=1),
    schema=[Field(name="rate", dtype=Float32), Field(name="lots", dtype=Array(Int64))],
    source=pushed,
)
service = FeatureService(name="v1", features=[view[["rate"]]])
"""
OLDER = """
from datetime import timedelta
from feast import Entity, Feature, FeatureView, FileSource, ValueType

driver = Entity(name="driver_id", value_type=ValueType.INT64)
source = FileSource(path="trips.parquet", event_timestamp_column="event_timestamp")
view = FeatureView(
    name="stats",
    entities=["driver_id"],
    ttl=timedelta(days=1),
    features=[Feature(name="rate", dtype=ValueType.FLOAT)],
    batch_source=source,
)
"""
DEFINES = """
from feast import Entity
rider = Entity(name="rider")
"""


def names(root: Path, text: str) -> set[str]:
    (root / "features.py").write_text(text)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return {definition.name for definition in load_definitions(root, within=feast_names())}


def refused(root: Path, text: str) -> str:
    (root / "features.py").write_text(text + DEFINES)
    with pytest.raises(DefinitionError) as caught:
        load_definitions(root, within=feast_names())
    return str(caught.value)


def test_a_repository_of_feast_loads(tmp_path: Path) -> None:
    assert names(tmp_path, CURRENT) >= {"driver", "trips", "pushed", "stats", "v1"}


def test_a_repository_of_the_older_feast_loads(tmp_path: Path) -> None:
    assert names(tmp_path, OLDER) >= {"driver_id", "stats"}


@pytest.mark.parametrize("text", [CURRENT, "from feast import No", "import feast.no"])
def test_nothing_is_left_behind(tmp_path: Path, text: str) -> None:
    finders = list(sys.meta_path)
    (tmp_path / "features.py").write_text(text + DEFINES)
    with contextlib.suppress(DefinitionError):
        load_definitions(tmp_path, within=feast_names())
    assert sys.meta_path == finders
    assert not [name for name in sys.modules if name.partition(".")[0] == "feast"]
    assert importlib.util.find_spec("feast") is None


def test_a_name_that_is_not_offered_names_the_way_out(tmp_path: Path) -> None:
    text = refused(tmp_path, "\nfrom feast import StreamFeatureView\n")
    assert "feast.StreamFeatureView of the Feast Python API is not supported" in text
    assert "PushSource" in text
    assert f"{tmp_path / 'features.py'}:2" in text


@pytest.mark.parametrize("name", sorted(NOT_YET))
def test_a_name_that_there_is_not_yet_is_answered_so(name: str, tmp_path: Path) -> None:
    text = refused(tmp_path, f"from feast import {name}")
    assert f"Provender has no {name} yet" in text
    assert "did you mean" not in text


def test_a_module_that_is_not_offered_is_named(tmp_path: Path) -> None:
    text = refused(tmp_path, "from feast.permissions.permission import Permission")
    assert "feast.permissions of the Feast Python API is not supported" in text


def test_a_missing_name_can_be_caught_as_import_error() -> None:
    with feast_names(), pytest.raises(ImportError, match="did you mean"):
        from feast import FeatureVew  # noqa: F401
    with feast_names(), pytest.raises(NotOffered):
        import feast.permissions  # noqa: F401


def test_every_name_that_is_listed_is_ours() -> None:
    with feast_names():
        for module, offered in OFFERED.items():
            for name, home in offered.items():
                ours = getattr(importlib.import_module(home), name)
                assert getattr(importlib.import_module(module), name) is ours
        from feast import FeatureStore
        from feast.types import Int64

    assert FeatureStore is provender.FeatureStore
    assert Int64 is types.Int64


def test_an_installed_feast_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "feast.py").write_text("real = True")
    monkeypatch.syspath_prepend(tmp_path)
    try:
        with feast_names():
            assert importlib.import_module("feast").real
    finally:
        sys.modules.pop("feast", None)


def test_a_folder_of_that_name_takes_nothing(tmp_path: Path) -> None:
    (tmp_path / "feast").mkdir()
    assert names(tmp_path, CURRENT) >= {"stats"}
    with feast_names(), feast_names():
        assert importlib.import_module("feast").Entity is provender.Entity
