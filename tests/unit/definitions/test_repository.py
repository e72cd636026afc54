"""Definition modules: the right files are imported, and no script beside them."""

from __future__ import annotations

import os
import sys
from types import ModuleType

import pytest

from provender.definitions.definition_files import definition_files
from provender.definitions.repository import load_definitions
from provender.errors import DefinitionError

FEATURES = """
from provender import Entity, FeatureView, FileSource
from provender.types import Int64

driver = Entity(name="driver", value_type=Int64)
views = [FeatureView(name="v", source=FileSource("x.parquet"), entities=[driver])]
"""


def names(root, globs=()):
    return [path.relative_to(root).as_posix() for path in definition_files(root, globs)]


def test_definitions_are_found_as_variables_and_in_lists(write, tmp_path):
    write("features.py", FEATURES)
    found = load_definitions(tmp_path)
    assert [(type(d).__name__, d.name) for d in found] == [
        ("Entity", "driver"),
        ("FeatureView", "v"),
    ]


def test_a_script_beside_the_definitions_is_never_run(write, tmp_path):
    write("features.py", FEATURES)
    script = """
    from pathlib import Path
    from provender import Entity, FeatureStore
    Path(__file__).with_name("ran").touch()
    store = FeatureStore(".")
    store.apply([Entity(name="x")])
    """
    write("workflow.py", script)
    write("plain.py", "raise SystemExit('a script that has nothing to do with features')")
    write(
        "helper.py",
        "from provender import Entity\n\ndef make(name):\n    return Entity(name=name)\n",
    )
    write(
        "guarded.py",
        "from provender import Entity\nif __name__ == '__main__':\n    Entity(name='x')\n",
    )
    assert names(tmp_path) == ["features.py"]
    load_definitions(tmp_path)
    assert not (tmp_path / "ran").exists()


def test_the_main_program_in_the_repository_stays_imported(write, tmp_path, monkeypatch):
    write("features.py", FEATURES)
    program = ModuleType("__main__")
    program.__file__ = str(tmp_path / "workflow.py")
    monkeypatch.setitem(sys.modules, "__main__", program)
    load_definitions(tmp_path)
    assert sys.modules.get("__main__") is program
    assert "features" not in sys.modules


def test_modules_may_import_each_other(write, tmp_path):
    write("entities.py", "from provender import Entity\ndriver = Entity(name='driver')\n")
    write(
        "views/stats.py",
        """
        import provender
        from entities import driver
        stats = provender.FeatureView(name="v", source=provender.FileSource("x"), entities=[driver])
        """,
    )
    assert names(tmp_path) == ["entities.py", "views/stats.py"]
    assert len(load_definitions(tmp_path)) == 2
    assert "entities" not in sys.modules
    assert not list(tmp_path.rglob("__pycache__"))


def test_two_repositories_do_not_see_each_others_modules(write, tmp_path):
    for name in ("one", "two"):
        write(f"{name}/features.py", f"from provender import Entity\ne = Entity(name='{name}')\n")
    assert [load_definitions(tmp_path / name)[0].name for name in ("one", "two")] == ["one", "two"]


def test_globs_replace_the_rule_and_an_ignore_file_leaves_out(write, tmp_path):
    write("features.py", FEATURES)
    write("drafts/later.py", FEATURES)
    write("env/pyvenv.cfg", "")
    write("env/lib/features.py", FEATURES)
    write(".hidden/features.py", FEATURES)
    assert names(tmp_path) == ["drafts/later.py", "features.py"]
    assert names(tmp_path, ["drafts/*.py"]) == ["drafts/later.py"]
    write(".provenderignore", "# not yet\n\ndrafts/\n")
    assert names(tmp_path) == ["features.py"]


def test_what_is_wrong_in_any_module_is_told_at_once(write, tmp_path, monkeypatch):
    for name in ("google.protobuf", "google.protobuf.duration_pb2"):  # as where it is not installed
        monkeypatch.setitem(sys.modules, name, None)
    write("a.py", "from provender import Entity\ne = Entity(name='1')\nf = Entity(name='2')\n")
    write("b.py", "from provender import Entity\ne = Entity(name='b'\n")
    write("c.py", "from provender import Entity\ne = Entity(name='c')\n1 / 0\n")
    write(
        "d.py",
        "from google.protobuf.duration_pb2 import Nothing\nfrom provender import Entity\n"
        "e = Entity(name='d')\n",
    )
    with pytest.raises(DefinitionError) as caught:
        load_definitions(tmp_path)
    text = str(caught.value)
    assert f"{tmp_path}/a.py:2: entity has no valid name" in text
    assert f"{tmp_path}/a.py:3: entity has no valid name" in text
    assert f"{tmp_path}/b.py:2" in text
    assert "not valid Python" in text
    assert f"{tmp_path}/c.py:3: the module cannot be imported" in text
    assert "ZeroDivisionError" in text
    assert "from provender import Duration" in text


def test_an_empty_repository_says_what_is_looked_for(tmp_path):
    with pytest.raises(DefinitionError, match="no definition module") as caught:
        load_definitions(tmp_path)
    assert "definitions: [glob, …]" in str(caught.value)


def test_a_folder_without_init_is_forgotten_too(write, tmp_path):
    write("one/views/features.py", FEATURES)
    write("two/views/__init__.py", "")
    write("two/views/features.py", FEATURES.replace("driver", "rider"))
    for root, entity in (("one", "driver"), ("two", "rider")):
        assert load_definitions(tmp_path / root)[0].name == entity
        assert "views" not in sys.modules


def test_a_module_that_is_as_new_as_the_last_look_at_its_folder_is_found(write, tmp_path):
    write("features.py", FEATURES)
    seen = tmp_path.stat()
    load_definitions(tmp_path)
    write("more.py", FEATURES.replace("driver", "rider"))
    os.utime(tmp_path, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    assert "rider" in [definition.name for definition in load_definitions(tmp_path)]
