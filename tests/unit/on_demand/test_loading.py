"""Functions are imported where they run: from modules that are allowed, as they were applied."""

from __future__ import annotations

import gc
import importlib
import sys

import pytest

from provender import FeatureStore, Field, OnDemandFeatureView, RequestSource
from provender.cli.run import run
from provender.errors import TransformError
from provender.types import Int64

pytestmark = pytest.mark.filterwarnings("ignore::provender.errors.TransformWarning")
FEATURES = """
from provender import Field, OnDemandFeatureView, RequestSource, on_demand_feature_view
from provender.types import Int64

asked = RequestSource("asked", schema=[Field("a", Int64)])

@on_demand_feature_view(sources=[asked], schema=[Field("b", Int64)], mode="python")
def more(inputs):
    return {"b": [a + 1 for a in inputs["a"]]}
"""
HELPER = """
def twice(inputs):
    return {"b": [2 * a for a in inputs["a"]]}
"""
OF_HELPER = """
from HELPER import twice
from provender import Field, OnDemandFeatureView, RequestSource
from provender.types import Int64

asked = RequestSource("asked", schema=[Field("a", Int64)])
made = OnDemandFeatureView(
    "more", sources=[asked], schema=[Field("b", Int64)], function=twice, mode="python",
)
"""


@pytest.fixture
def applied(repository, monkeypatch, capsys):
    """Return what applies the text of a module, and forgets the functions that it made."""
    monkeypatch.chdir(repository.path)

    def apply(text, **others):
        for name, other in {"features": text, **others}.items():
            file = repository.path / f"{name}.py"
            file.parent.mkdir(exist_ok=True)
            file.write_text(other)
        code = run(["apply"])
        gc.collect()
        assert code == 0, capsys.readouterr().err
        return repository.store()

    return apply


def answer(store: FeatureStore, **row):
    return store.get_online_features(["more"], [row]).to_dict()["b"][0]


def test_a_function_of_a_definition_module(applied):
    store = applied(FEATURES)
    assert answer(store, a=1) == 2
    assert "features" not in sys.modules


def test_a_function_of_another_module_of_the_repository(applied):
    store = applied(
        OF_HELPER.replace("HELPER", "calculations.sums"), **{"calculations/sums": HELPER}
    )
    assert answer(store, a=4) == 8


def test_what_a_program_has_imported_of_the_repository_stays(applied, repository, monkeypatch):
    store = applied(FEATURES)
    monkeypatch.syspath_prepend(repository.path)
    features = importlib.import_module("features")
    try:
        del features.more
        gc.collect()
        assert answer(store, a=1) == 2
        assert sys.modules["features"] is features
    finally:
        del sys.modules["features"]


def test_what_changed_since_it_was_applied_is_not_run(applied, repository):
    store = applied(FEATURES)
    (repository.path / "features.py").write_text(FEATURES.replace("a + 1", "a + 2"))
    with pytest.raises(TransformError, match="is not the one that is registered") as found:
        answer(store, a=1)
    assert "provender apply" in str(found.value)
    again = applied(FEATURES.replace("a + 1", "a + 2"))
    assert answer(again, a=1) == 3
    again.refresh()
    store.refresh()
    assert answer(store, a=1) == 3


def test_a_function_that_is_gone(applied, repository):
    store = applied(FEATURES)
    (repository.path / "features.py").write_text("")
    with pytest.raises(TransformError, match="another source text, or none of that name"):
        answer(store, a=1)
    (repository.path / "features.py").write_text("import nothing_of_that_name")
    with pytest.raises(TransformError, match="cannot be imported\n  got: features:more: ModuleNot"):
        answer(store, a=1)
    (repository.path / "features.py").unlink()
    with pytest.raises(TransformError, match="neither in the repository nor allowed"):
        answer(store, a=1)


@pytest.fixture
def installed(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("installed")
    (folder / "company_sums.py").write_text(HELPER)
    monkeypatch.syspath_prepend(folder)
    yield
    sys.modules.pop("company_sums", None)


@pytest.mark.usefixtures("installed")
def test_a_module_outside_the_repository_has_to_be_allowed(applied, repository):
    text = OF_HELPER.replace("HELPER", "company_sums")
    store = applied(text)
    sys.modules.pop("company_sums", None)
    gc.collect()
    with pytest.raises(TransformError, match="neither in the repository nor allowed") as found:
        answer(store, a=1)
    assert "on_demand_modules: [company_sums]" in str(found.value)
    repository.configure(on_demand_modules=["company_*"])
    assert answer(repository.store(), a=3) == 6


def test_a_registry_cannot_name_any_function(applied, repository):
    """Not even one whose source text is known to whoever wrote into the registry."""
    store = applied(FEATURES)
    view = store.get_on_demand_feature_view("more")
    document = view.to_document()
    document["function"] = {"path": "shutil:rmtree", "text": "def rmtree(path): ..."}
    forged = type(view).from_document(document)
    with pytest.raises(TransformError, match="neither in the repository nor allowed"):
        store._project.functions.of(forged)


def of_this_process():
    def inside(inputs):
        return {"b": inputs["a"]}

    asked = RequestSource("asked", schema=[Field("a", Int64)])
    return OnDemandFeatureView(
        "more", sources=[asked], schema=[Field("b", Int64)], function=inside, mode="python"
    )


def test_a_function_of_this_process_runs_here_only(repository):
    with FeatureStore(repository.path) as store:
        store.apply(of_this_process())
        assert answer(store, a=1) == 1
    del store
    gc.collect()
    with pytest.raises(TransformError, match="its function cannot be imported") as found:
        answer(repository.store(), a=1)
    assert "at the top level of a module" in str(found.value)


def test_feast_names_are_found_while_a_module_is_imported(applied):
    text = FEATURES.replace(", on_demand_feature_view\n", "\n").replace(
        "from provender", "from feast"
    )
    also = "from feast.on_demand_feature_view import on_demand_feature_view\n"
    store = applied(also + text)
    assert answer(store, a=1) == 2


def test_the_doctor_runs_no_function_but_looks_for_each(applied, repository, capsys):
    applied(FEATURES).close()
    assert run(["doctor"]) == 0
    assert "1 function as registered" in capsys.readouterr().out
    (repository.path / "features.py").write_text(FEATURES.replace("a + 1", "a + 2"))
    assert run(["doctor"]) == 1
    assert "is not the one that is registered" in capsys.readouterr().out


def test_the_command_line(applied, capsys):
    applied(FEATURES).close()
    for args, words in {
        ("on-demand-feature-views", "list"): ["more", "asked", "python", "features:more"],
        ("on-demand-feature-views", "describe", "more"): ["b", "path: features:more", "def more"],
        ("get-online", "--features", "more:b", "--entity", "a=41"): ["42"],
        ("search", "more"): ["on-demand feature view"],
        ("show", "more"): ["on-demand feature view"],
    }.items():
        capsys.readouterr()
        assert run(list(args)) == 0, args
        shown = capsys.readouterr().out
        assert all(word in shown for word in words), shown
