"""What definitions leave open is found in the data; what does not fit is told, with its place."""

from __future__ import annotations

import ast
import re

import pytest

from provender import Entity, FeatureView, Field, FileSource
from provender.errors import DefinitionError
from provender.types import Float64, Int32, Int64, String

DRIVER = Entity("driver", join_keys=["driver_id"])


@pytest.fixture
def problems(repository, instants):
    """Return what applying definitions reports; each problem has the place of its definition."""
    columns = {"driver_id": [1], "ts": instants(3), "rating": [0.5], "name": ["ann"]}
    repository.rows("stats.parquet", columns)
    repository.rows("two.parquet", {**columns, "late": instants(1)})
    repository.rows("floats.parquet", {**columns, "driver_id": [1.5]})

    def told(*definitions):
        store = repository.store()
        with pytest.raises(DefinitionError) as caught:
            store.apply([DRIVER, *definitions])
        assert store.refresh().version == 0
        for problem in caught.value.problems:
            assert re.search(r"test_inference\.py:\d+$", problem.place)
        return [(p.fact, p.got, p.allowed, p.fix) for p in caught.value.problems]

    return told


def view(path="stats.parquet", *, schema=(), entities=(DRIVER,), name="stats", **source):
    return FeatureView(
        name, source=FileSource(path, **source), entities=list(entities), schema=list(schema)
    )


def test_everything_that_can_be_found_is_found(repository, instants):
    columns = {"driver_id": [1], "ts": instants(3), "rating": [0.5], "name": ["ann"]}
    repository.rows("stats.parquet", columns)
    store = repository.store()
    store.apply([DRIVER, view(field_mapping={"name": "first_name"})])
    found = store.get_feature_view("stats")
    assert found.source.timestamp_field == "ts"
    assert [(f.name, f.dtype) for f in found.schema] == [
        ("rating", Float64),
        ("first_name", String),
    ]
    assert store.get_entity("driver").value_type == Int64


@pytest.mark.parametrize(
    ("definition", "fact"),
    [
        (lambda: view(schema=[Field("ratin", Float64)]), "has no column 'ratin'"),
        (lambda: view(schema=[Field("name", Float64)]), "column 'name' of .* has another type"),
        (lambda: view(timestamp_field="tss"), "has no column 'tss'"),
        (lambda: view(timestamp_field="name"), "column 'name' of .* has another type"),
        (lambda: view(created_timestamp_column="made"), "has no column 'made'"),
        (lambda: view(field_mapping={"nam": "n"}), "names a column that does not exist"),
        (lambda: view("two.parquet"), "event timestamp of source .* cannot be inferred"),
        (lambda: view("none.parquet"), "no Parquet file"),
        (lambda: view("floats.parquet"), "column 'driver_id' cannot be a join key"),
        (lambda: view(entities=[Entity("car")]), "no entity 'car' is defined"),
        (
            lambda: view(schema=[Field("driver_id", String)]),
            "column 'driver_id' of .* another type",
        ),
        (lambda: view(field_mapping={"name": "rating"}), "two columns would be field 'rating'"),
    ],
    ids=[
        *("no column", "another type", "no timestamp", "no such timestamp", "no created timestamp"),
        *("no mapped column", "two timestamps", "no data", "a float key", "no entity"),
        *("another key type", "two columns for a field"),
    ],
)
def test_what_does_not_fit_is_told(problems, definition, fact):
    ((found, *_),) = problems(definition())
    assert found.startswith("feature view 'stats': ")
    assert re.search(fact, found)


def test_two_columns_mapped_to_one_field_of_the_schema(problems):
    mapping = {"name": "label", "rating": "label"}
    told = problems(view(schema=[Field("label", String)], field_mapping=mapping))
    assert ("feature view 'stats': two columns would be field 'label'", "name, rating") in [
        problem[:2] for problem in told
    ]


def test_a_mapped_column_stands_before_one_that_has_the_name_itself(repository, instants):
    columns = {"driver_id": [1], "ts": instants(3), "rating": [0.5], "old": [0.7]}
    repository.rows("stats.parquet", columns)
    store = repository.store()
    store.apply([DRIVER, view(schema=[Field("rating", Float64)], field_mapping={"old": "rating"})])
    store.materialize_incremental(repository.clock())
    answer = store.get_online_features(["stats:rating"], {"driver_id": [1]})
    assert answer.to_dict()["rating"] == [0.7]


def test_two_entities_with_one_key(problems):
    pilot = Entity("pilot", join_keys=["driver_id"])
    ((fact, got, *_),) = problems(pilot, view(entities=[DRIVER, pilot]))
    assert fact == "feature view 'stats': two entities have the join key 'driver_id'"
    assert got == "driver, pilot"


def test_all_problems_of_all_views_at_once(problems):
    told = problems(
        view(name="a", schema=[Field("ratin", Float64), Field("name", Int32)]),
        view("none.parquet", name="b"),
        view(name="c", entities=[Entity("car")]),
    )
    assert sorted(fact.partition(":")[0] for fact, *_ in told) == [
        *("feature view 'a'", "feature view 'a'"),
        "feature view 'b'",
        "feature view 'c'",
    ]
    assert "did you mean 'rating'?" in [fix for *_, fix in told]


def test_columns_whose_names_no_feature_can_have(repository, instants):
    columns = {"driver_id": [1], "ts": instants(3), "a b": [1], "a_b": [2], "名前": [3], "1st": [4]}
    repository.rows("names.parquet", columns)
    store = repository.store()
    with pytest.raises(DefinitionError) as caught:
        store.apply([DRIVER, view("names.parquet")])
    (problem,) = caught.value.problems
    assert problem.fact.startswith("feature view 'stats': some columns")
    assert problem.got == "'1st', 'a b', '名前'"
    assert problem.fix.startswith("field_mapping={")
    mapping = ast.literal_eval(problem.fix.removeprefix("field_mapping=").partition("}")[0] + "}")
    store.apply([DRIVER, view("names.parquet", field_mapping=mapping)])
    assert len(store.get_feature_view("stats").schema) == 4
    assert mapping["a b"] == "a_b_"
