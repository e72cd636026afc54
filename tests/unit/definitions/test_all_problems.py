"""Mistakes in definitions: all in one error, each with the line of what is wrong."""

from __future__ import annotations

import pytest

from provender import Entity, FeatureService, FeatureView, Field, FileSource, PushSource
from provender.definitions.places import argument_place
from provender.definitions.repository import read_definitions
from provender.errors import DefinitionError
from provender.types import Float64

FEATURES = """
from provender import Entity, FeatureService, FeatureView, Field, FileSource
from provender.types import Float64, Int64

driver = Entity(name="driver", join_keys=["driver_id"])
source = FileSource(
    "stats.parquet",
    name="one",
    timestamp_field="when",  # not in the data
)
stats = FeatureView(
    name="stats",
    entities=[
        driver,
        "customer",  # not defined
    ],
    schema=[
        Field("rating", "float"),  # no type
        Field("trip", Int64),  # not in the data
    ],
    source=source,
    ttl=5,  # no length of time
)
none = FeatureView(
    name="none",
    verison=5,  # no argument
    source=None,  # no source
)
good = FeatureView(
    name="good",
    entities=[driver],
    schema=[Field("rating", Float64)],
    source=FileSource("stats.parquet", name="two", timestamp_field="ts"),
)
model = FeatureService(
    "model",
    features=[
        stats,
        none[["anything"]],
        good[["ratin"]],  # not in the view
        7,  # no view
    ],
)
"""
KINDS = {
    "no type": "no known type",
    "no length": "ttl of view",
    "no argument": "takes no argument 'verison'",
    "no source": "source of view 'none'",
    "no view": "feature of service",
    "not defined": "no entity 'customer'",
    "# not in the data": "has no column",
    "not in the view": "no feature 'ratin'",
}


@pytest.fixture
def plan(repository, instants, provender):
    """Plan the definitions of a text, and return the problems by their lines."""
    repository.rows("stats.parquet", {"driver_id": [1], "ts": instants(3), "rating": [0.5]})

    def planned(text):
        (repository.path / "features.py").write_text(text)
        lines = provender("plan", cwd=repository.path, code=1).stderr.splitlines()
        heads = [line.split(": error: ") for line in lines if ": error: " in line]
        return [(int(place.removeprefix("features.py:")), fact) for place, fact in heads]

    return planned


def test_every_kind_of_problem_comes_with_the_others_and_its_own_line(plan):
    told = plan(FEATURES)
    wanted = [
        (number, fact)
        for number, line in enumerate(FEATURES.splitlines(), 1)
        for comment, fact in KINDS.items()
        if comment in line and not line.startswith("from")
    ]
    assert len(told) == len(wanted) == 9
    for number, fact in wanted:
        assert any(line == number and fact in text for line, text in told), (number, fact, told)


def test_a_module_that_cannot_be_imported_hides_no_other_and_nothing_is_called_missing(
    plan, repository
):
    (repository.path / "entities.py").write_text("from provender import Entity\nEntity('a'")
    text = FEATURES.replace('schema=[Field("rating", Float64)]', 'schema=[Field("rat", Float64)]')
    (repository.path / "features.py").write_text(text)
    store, read = repository.store(), read_definitions(repository.path)
    with pytest.raises(DefinitionError) as caught:
        store.plan_repository(read)
    facts = [problem.fact for problem in caught.value.problems]
    assert "not valid Python" in facts
    assert any("has no column 'rat'" in fact for fact in facts)
    assert not any("customer" in fact for fact in facts), "it may be in the other module"


def test_problems_of_definitions_come_before_those_of_the_stores(plan, repository):
    (repository.path / "registry.db").write_text("no database, but a text that is long enough" * 9)
    told = plan(FEATURES)
    assert any("no known type" in fact for _, fact in told)


SOURCE = FileSource("a.parquet")
VIEW = FeatureView("a", source=SOURCE, schema=[Field("x", Float64)])


@pytest.mark.parametrize(
    ("make", "fact"),
    [
        (lambda: FeatureView("a", source=SOURCE, entities=5), "entities of view 'a' is not a list"),
        (lambda: FeatureView("a", source=SOURCE, schema="ab"), "schema of view 'a' is not a list"),
        (lambda: FeatureView("a", source=SOURCE, tags=5), "tags of view 'a' is not a mapping"),
        (lambda: FeatureView("a", source=SOURCE, online="no"), "online of view 'a' is of the"),
        (lambda: Entity("a", join_keys=5), "join_keys of entity 'a' is not a list"),
        (lambda: Entity("a", join_keys=[5]), "join key of entity 'a' is of the wrong type"),
        (lambda: Entity("a", description=5), "description of entity 'a' is of the wrong type"),
        (lambda: FeatureService("a", None), "feature service 'a' has no features"),
        (lambda: FeatureService("a", 5), "features of service 'a' is not a list"),
        (lambda: FileSource("a", field_mapping=5), "field_mapping of source 'a' is not a mapping"),
        (lambda: FileSource("a", timestamp_field=5), "timestamp_field of source 'a' is of the"),
        (lambda: PushSource("a", SOURCE, tags=[1]), "tags of push source 'a' is not a mapping"),
        (lambda: Field("a", Float64, tags={"a": 5}), "tags of field 'a' is not a mapping"),
        (lambda: VIEW[5], "features taken from view 'a' are not"),
        (lambda: VIEW[[5]], "features taken from view 'a' are not"),
        (lambda: VIEW.with_join_key_map(5), "join_key_map of a part of view 'a' is not a mapping"),
    ],
)
def test_arguments_of_the_wrong_kind_are_problems_of_ours(make, fact):
    with pytest.raises(DefinitionError) as caught:
        make()
    (problem,) = caught.value.problems
    assert problem.fact.startswith(fact)
    assert __file__ in problem.place


def test_one_view_alone_may_be_a_service():
    assert FeatureService("a", VIEW) == FeatureService("a", [VIEW])


def test_an_unknown_argument_is_answered_by_all_that_there_are():
    with pytest.raises(DefinitionError) as caught:
        FeatureView("a", source=SOURCE, version="5")
    (problem,) = caught.value.problems
    assert problem.allowed == (
        "description, entities, name, online, owner, schema, source, tags, ttl"
    )
    with pytest.raises(DefinitionError, match="did you mean 'timestamp_field'"):
        FileSource("a", timestamp_feild="ts")


def test_places_of_arguments(tmp_path):
    file = tmp_path / "a.py"
    file.write_text("make(\n    a=1,\n    b=[\n        1,\n        2],\n)\n")
    call = f"{file}:1"
    assert argument_place(call, "a") == f"{file}:2"
    assert argument_place(call, "b") == f"{file}:3"
    assert argument_place(call, "b", 1) == f"{file}:5"
    assert argument_place(call, "b", 7) == f"{file}:3"
    assert argument_place(call, "c") == call
    assert argument_place("", "a") == ""
    assert argument_place("<stdin>:1", "a") == "<stdin>:1"
    file.write_text("make(")
    assert argument_place(call, "a") == call
