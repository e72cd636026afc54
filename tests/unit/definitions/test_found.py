"""Definitions are found however they are made, each once, and no script is run for them."""

from __future__ import annotations

import pytest

from provender.definitions.definition_files import definition_files, sorted_files
from provender.definitions.repository import load_definitions
from provender.errors import DefinitionError

MAKE = """
from functools import partial
from provender import Entity, FeatureStore, FeatureView, FileSource

def source(name):
    return FileSource(f"{name}.parquet", timestamp_field="ts")

def view(name, *entities):
    store = source(name)
    return FeatureView(name=name, source=store, entities=[*entities])

def owned(function):
    function.view = view(function.__name__)
    return function

def describe(view: FeatureView) -> str:
    return f"{view.name} {isinstance(view, FeatureView)}"

def store():
    return FeatureStore(".")

class Team:
    def __init__(self, name):
        self.name = name
    def view(self, name):
        return view(f"{self.name}_{name}")

class Registered:
    def __init_subclass__(cls):
        cls.definition = view(cls.__name__)

short = partial(FeatureView, owner="ann")
"""

ENTITIES = "from provender import Entity\ndriver = Entity('driver')\n"

BUILT = {
    "a function": ("from make import view\nv = view('v')", ["v"]),
    "a function by another name": ("from make import view as w\nv = w('v')", ["v"]),
    "a function of a module": ("import make\nv = make.view('v')", ["v"]),
    "a method": ("from make import Team\nt = Team('t')\nv = t.view('v')", ["t_v"]),
    "a method of another module's object": (
        "from teams import payments\nv = payments.view('v')",
        ["payments_v"],
    ),
    "everything imported": ("from make import *\nv = view('v')", ["v"]),
    "a partial": (
        "from make import short, source\nv = short(name='v', source=source('v'))",
        ["v"],
    ),
    "a comprehension": ("from make import view\nv = [view(n) for n in 'ab']", ["a", "b"]),
    "a dict in a list": ("from make import view\nv = [{'x': (view('a'),)}]", ["a"]),
    "a loop that keeps the last": ("from make import view\nfor n in 'ab':\n    v = view(n)", "ab"),
    "a loop that keeps none": ("from make import view\nfor n in 'ab':\n    view(n)", "ab"),
    "a loop over functions": ("import make\nfor f in [make.view]:\n    f('v')", ["v"]),
    "a table of functions": ("from make import view\nt = {'f': view}\nv = t['f']('v')", ["v"]),
    "map": ("from make import view\nv = list(map(view, 'ab'))", "ab"),
    "global names": ("from make import view\nfor n in 'ab':\n    globals()[n] = view(n)", "ab"),
    "a decorator": ("from make import owned\n@owned\ndef v(): ...", ["v"]),
    "a class": ("from make import view\nclass Views:\n    v = view('v')", ["v"]),
    "a base class": ("from make import Registered\nclass v(Registered): ...", ["v"]),
    "a function of the file": (
        "import make\ndef both():\n    make.view('a')\n    make.view('b')\nboth()",
        "ab",
    ),
    "a lambda": ("from make import view\nw = lambda n: view(n)\nv = w('v')", ["v"]),
    "several at once": ("import make\nf, n = make.view, 1\nv = f('v')", ["v"]),
    "a comprehension over functions": ("import make\nv = [f('v') for f in [make.view]]", ["v"]),
    "an import that may fail": (
        "try:\n    from make import view\nexcept ImportError:\n    view = None\nv = view('v')",
        ["v"],
    ),
    "a function made of an imported one": (
        "from functools import partial\nfrom make import view\nview = partial(view)\nv = view('v')",
        ["v"],
    ),
    "a coroutine": (
        "import asyncio, make\nasync def v(): return make.view('v')\nw = asyncio.run(v())",
        ["v"],
    ),
    "a branch": ("from make import view\nif True:\n    v = view('v')", ["v"]),
}


def names(root, globs=()):
    return [definition.name for definition in load_definitions(root, globs)]


@pytest.mark.parametrize("how", BUILT)
def test_what_another_module_makes_is_found(how, write, tmp_path):
    text, found = BUILT[how]
    write("make.py", MAKE)
    write("teams.py", "from make import Team\npayments = Team('payments')\n")
    write("team.py", text)
    assert sorted(names(tmp_path)) == sorted(found)


def test_modules_of_packages_are_followed(write, tmp_path):
    write("lib/__init__.py", "from .make import view\n")
    write("lib/make.py", MAKE)
    write("lib/more/__init__.py", "")
    write("lib/more/ratings.py", "from ..make import view\na = view('a')\n")
    write("team.py", "from lib import view\nb = view('b')\n")
    write("other.py", "import lib.make\nc = lib.make.view('c')\n")
    assert sorted(names(tmp_path)) == ["a", "b", "c"]


def test_what_is_imported_or_equal_is_there_once(write, tmp_path):
    write("make.py", MAKE)
    write("entities.py", ENTITIES)
    text = "from entities import driver\nfrom make import view\nv = view('v', driver)\n"
    write("team.py", text)
    write("again.py", f"{text}drivers = [driver, driver]\n")
    assert sorted(names(tmp_path)) == ["driver", "v"]


def test_what_a_variable_leads_to_counts_where_two_were_made(write, tmp_path):
    write("team.py", "from provender import Entity\nEntity('a')\ne = Entity('a', owner='ann')\n")
    (found,) = load_definitions(tmp_path)
    assert found.owner == "ann"


def test_a_source_within_a_view_is_no_definition_of_its_own(write, tmp_path):
    write(
        "team.py",
        """
        from provender import FeatureView, FileSource, PushSource
        [FeatureView("v", source=PushSource("p", FileSource("f", name="f")))][:0]
        PushSource("q", FileSource("g", name="g"))
        """,
    )
    assert sorted(names(tmp_path)) == ["q", "v"]


def test_what_an_ignored_file_makes_is_found_only_where_it_is_imported(write, tmp_path):
    write(
        "drafts.py", "from provender import Entity\na, b = Entity('a'), Entity('b')\nEntity('c')\n"
    )
    write("team.py", "from drafts import a\nfrom provender import Entity\nd = Entity('d')\n")
    write(".provenderignore", "drafts.py\n")
    assert names(tmp_path) == ["a", "d"]


@pytest.mark.parametrize(
    "text",
    [
        "from make import store, view\nstore().apply([view('v')])",
        "from make import store\nfrom team import v\nopened = store()\nprint(v)",
        "from team import v\nprint(v)\nv.to_document()\nv[['a']].with_name('b')",
        "from make import describe\nfrom team import v\nprint(describe(v))",
        "from make import view\nif __name__ == '__main__':\n    view('v')",
        "from make import view\ndef later():\n    return view('v')",
        "from typing import TypeVar\nfrom provender import Entity\nT = TypeVar('T', Entity, str)",
    ],
)
def test_a_script_is_not_run(text, write, tmp_path):
    write("make.py", MAKE)
    write("team.py", "from make import view\nv = view('v')\n")
    write("script.py", f"{text}\nraise SystemExit('the script was run')\n")
    assert [path.name for path in definition_files(tmp_path)] == ["team.py"]


def test_each_file_that_is_left_out_is_named_with_the_reason(write, tmp_path):
    write("team.py", ENTITIES)
    write("make.py", MAKE)
    write("script.py", "from make import store\nstore()\n")
    write("notes.py", "print 'as long ago'\n")
    write("drafts/later.py", ENTITIES)
    write(".hidden/features.py", ENTITIES)
    write("env/pyvenv.cfg", "")
    write("env/lib.py", ENTITIES)
    write(".provenderignore", "drafts\n")
    found = {one.path.relative_to(tmp_path).as_posix(): one for one in left_out(tmp_path)}
    assert sorted(found) == ["drafts/later.py", "make.py", "notes.py", "script.py"]
    assert [one.ignored for one in found.values()] == [True, False, False, False]
    assert ".provenderignore" in found["drafts/later.py"].why
    assert "known to build" in found["make.py"].why
    assert "not valid Python" in found["notes.py"].why
    assert "creates a FeatureStore" in found["script.py"].why
    (tmp_path / "script.py").unlink()
    by_glob = {one.path.name: one.why for one in left_out(tmp_path, ["team*"])}
    assert sorted(by_glob) == ["later.py", "make.py", "notes.py"]
    assert "no glob of `definitions:`" in by_glob["make.py"]


def left_out(root, globs=()):
    return sorted_files(root, globs).left_out


def test_a_repository_without_definitions_tells_what_was_left_out(write, tmp_path):
    write("make.py", MAKE)
    with pytest.raises(DefinitionError, match=r"make\.py: nothing that it calls"):
        load_definitions(tmp_path)


def test_a_file_named_like_a_module_that_is_loaded_is_refused(write, tmp_path):
    write("team.py", ENTITIES)
    write("textwrap.py", "from provender import Entity\nrider = Entity('rider')\n")
    with pytest.raises(DefinitionError, match="module named 'textwrap' is imported instead") as no:
        load_definitions(tmp_path)
    assert no.value.problems[0].place == str(tmp_path / "textwrap.py")
    assert no.value.problems[0].fix == "give the file another name"
