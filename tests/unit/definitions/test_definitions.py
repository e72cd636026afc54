"""Definitions: both spellings, all problems at once, plain data that can be stored."""

from __future__ import annotations

import warnings
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import provender
from provender import Duration, Entity, Feature, FeatureView, Field, FileSource, ValueType
from provender.errors import DefinitionError, OlderNameWarning
from provender.types import (
    SCALARS,
    Array,
    Decimal,
    FeatureType,
    Int64,
    Json,
    Map,
    String,
    Struct,
    from_arrow,
    parse_type,
)

SOURCE = FileSource("rows.parquet", timestamp_field="ts")

scalars = st.sampled_from([FeatureType(name) for name in SCALARS])
decimals = st.integers(1, 38).flatmap(lambda p: st.integers(0, p).map(lambda s: Decimal(p, s)))
types = st.recursive(
    scalars | decimals,
    lambda inner: st.one_of(
        inner.map(Array),
        st.builds(Map, scalars, inner),
        st.dictionaries(
            st.from_regex(r"[a-z_]{1,5}", fullmatch=True), inner, min_size=1, max_size=3
        ).map(Struct),
    ),
    max_leaves=5,
)


@given(types)
def test_every_type_is_read_back_from_its_text_and_its_arrow_type(kind):
    assert parse_type(str(kind)) == kind
    assert from_arrow(kind.arrow()) == kind


@pytest.mark.parametrize(
    "text",
    [
        "",
        "int64",
        "Array",
        "Array(",
        "Array()",
        "Map(String)",
        "Int64)",
        "Decimal(x, 1)",
        "Decimal(3",
        "Struct(Int64)",
        "Set(Int64)",
    ],
)
def test_text_that_spells_no_type_is_refused(text):
    with pytest.raises(DefinitionError, match="unknown feature type"):
        parse_type(text)


def current():
    return [
        FileSource(path="rows.parquet", timestamp_field="ts"),
        Entity(name="id", value_type=Int64, tags={"team": "a"}),
        FeatureView(
            name="v",
            entities=["id"],
            ttl=timedelta(seconds=60),
            schema=[Field(name="text", dtype=String)],
            source=SOURCE,
        ),
    ]


def older():
    return [
        FileSource(path="rows.parquet", event_timestamp_column="ts"),
        Entity(name="id", value_type=ValueType.INT64, labels={"team": "a"}),
        FeatureView(
            name="v",
            entities=["id"],
            ttl=Duration(seconds=60),
            features=[Feature(name="text", dtype=ValueType.STRING)],
            input=SOURCE,
        ),
    ]


def test_both_spellings_define_the_same():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        made = older()
    assert made == current()
    assert [str(w.message) for w in caught] == [
        "FileSource(event_timestamp_column=) is the older name: use FileSource(timestamp_field=)",
        "Entity(labels=) is the older name: use Entity(tags=)",
        "ValueType.INT64 is the older name: use provender.types.Int64",
        "Feature is the older name: use provender.Field",
        "ValueType.STRING is the older name: use provender.types.String",
        "FeatureView(features=) is the older name: use FeatureView(schema=)",
        "FeatureView(input=) is the older name: use FeatureView(source=)",
        "Duration is the older name: use datetime.timedelta",
    ]
    assert {w.filename for w in caught} == {__file__}
    assert {w.category for w in caught} == {OlderNameWarning}


def test_a_warning_is_shown_at_the_line_of_the_caller_wherever_that_is(tmp_path, monkeypatch):
    core = Path(provender.__file__).parent
    files = [tmp_path / "x.py", core.with_name("provender_of_mine") / "x.py"]
    for file in files:  # the second begins like the directory of Provender
        code = compile("\nEntity('a', join_key='b')", file, "exec")
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            exec(code, {"Entity": Entity, "__name__": "x"})  # noqa: S102
        assert [(w.filename, w.lineno) for w in caught] == [(str(file), 2)]


def test_the_current_spelling_warns_of_nothing():
    current()


def test_definitions_are_stored_as_plain_data():
    source, entity, view = current()
    assert FileSource.from_document(source.to_document()) == source
    assert Entity.from_document(entity.to_document()) == entity
    assert FeatureView.from_document(view.to_document(), SOURCE) == view


def test_definitions_cannot_be_changed():
    for definition in current():
        with pytest.raises(AttributeError):
            definition.name = "other"


def test_all_problems_of_a_definition_are_told_at_once():
    with pytest.raises(DefinitionError) as caught:
        FeatureView(
            "1v",
            source="rows",
            schema=["a", Field("x", Int64), Field("x", Json)],
            entities=[7],
            ttl=5,
            colour=1,
        )
    text = str(caught.value)
    for message in (
        "takes no argument 'colour'",
        "feature view has no valid name",
        "source of view '1v' is of the wrong type",
        "schema of view '1v' is of the wrong type",
        "two fields of the same name",
        "entity of view '1v' is of the wrong type",
        "ttl of view '1v' is not valid",
    ):
        assert message in text
    assert all(__file__ in (problem.place or "") for problem in caught.value.problems)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Entity("a b"), "entity has no valid name"),
        (lambda: Entity("a", join_keys=["x", "y"]), "exactly one join key"),
        (lambda: Entity("a", value_type=Array(Int64)), "cannot have a key of that type"),
        (lambda: Entity("a", value_typ=Int64), "takes no argument 'value_typ'"),
        (lambda: Field("__x", Int64), "field has no valid name"),
        (lambda: Field("x", "number"), "field 'x' has no known type"),
        (lambda: FileSource(7), "path of FileSource is of the wrong type"),
        (lambda: FeatureView("v", source=SOURCE, entities=["a", "a"]), "names an entity twice"),
        (
            lambda: FeatureView("v", source=SOURCE, ttl=timedelta(-1)),
            "ttl of view 'v' is not valid",
        ),
    ],
)
def test_what_is_not_valid_is_refused(make, message):
    with pytest.raises(DefinitionError, match=message):
        make()


def test_an_entity_is_its_own_join_key_unless_told_otherwise():
    assert Entity("driver").join_key == "driver"
    assert Entity("driver", join_keys=["driver_id"]).join_key == "driver_id"
    assert Entity("driver", join_keys="driver_id").join_key == "driver_id"
