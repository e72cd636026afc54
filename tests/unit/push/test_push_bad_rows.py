"""Rows that do not fit: everything that is wrong is told at once, and nothing is written."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from provender import FileSource, PushSource
from provender.errors import PushError, RequestError


@pytest.fixture
def good(pushing):
    return [pushing.row(key, 2, float(key)) for key in range(20)]


@pytest.fixture
def refused(pushing, good):
    """Push rows to every place in every way; return the problems. Nothing may change."""
    pushing.store.push("events", good[:3], to="both")
    before = pushing.online(range(25)), pushing.offline()

    def push(rows):
        facts = []
        for to in ("online", "offline", "both"):
            with pytest.raises(RequestError) as caught:
                pushing.store.push("events", rows, to=to)
            assert (pushing.online(range(25)), pushing.offline()) == before
            facts.append(caught.value.problems)
        assert facts[0] == facts[1] == facts[2]
        return facts[0]

    return push


def without(rows, *names):
    return [{name: row[name] for name in row if name not in names} for row in rows]


def test_a_missing_column(refused, good):
    (problem,) = refused(without(good, "speed"))
    assert problem.fact == "the rows have no column 'speed'"
    assert problem.got == "id, made, note, ts"
    assert problem.fix == "feature 'speed' of view 'speeds' is read from it"


@pytest.mark.parametrize("column", ["id", "ts", "made", "note"])
def test_every_column_that_a_view_needs_is_needed(refused, good, column):
    (problem,) = refused(without(good, column))
    assert problem.fact == f"the rows have no column {column!r}"


def test_a_column_by_the_name_of_the_field_and_not_of_the_source(refused, good):
    rows = [{"driver_id": row["id"], **row} for row in without(good)]
    problems = refused(without(rows, "id"))
    assert [p.fact for p in problems] == [
        "the rows have no column 'id'",
        "the source has no column 'driver_id'",
    ]


def test_an_unknown_column(refused, good):
    (problem,) = refused([row | {"speeed": 1} for row in good])
    assert problem.fact == "the source has no column 'speeed'"
    assert problem.allowed == "id, made, note, other, speed, ts"
    assert problem.fix == "did you mean 'speed'?"


@pytest.mark.parametrize("value", ["x", "1", 1.5, True, 2**63, b"1", datetime(2026, 1, 1), [1]])
def test_a_key_of_the_wrong_type(refused, good, value):
    good[7]["id"] = value
    (problem,) = refused(good)
    assert problem.fact == "column 'id' is of the wrong type in row 7"
    assert repr(value)[:20] in problem.got
    assert problem.allowed == "Int64"


@pytest.mark.parametrize("value", ["x", True, b"1", datetime(2026, 1, 1), {"a": 1}])
def test_a_feature_of_the_wrong_type(refused, good, value):
    good[3]["speed"] = value
    (problem,) = refused(good)
    assert problem.fact == "column 'speed' is of the wrong type in row 3"


def test_a_column_of_arrow_of_the_wrong_type_is_told_as_a_whole(refused, good):
    table = pa.Table.from_pylist(good)
    texts = table.set_column(0, "id", table.column("id").cast(pa.string()))
    (problem,) = refused(texts)
    assert (problem.fact, problem.got) == ("column 'id' is of the wrong type", "string")


def test_a_frame_whose_floats_are_no_whole_numbers(refused, good):
    frame = pd.DataFrame(good)
    frame["id"] = frame["id"] + 0.5
    frame["id"] = frame["id"].where(frame.index == 4, frame["id"].round())
    (problem,) = refused(frame)
    assert problem.fact == "column 'id' is of the wrong type in row 4"


@pytest.mark.parametrize(("column", "what"), [("id", "join key"), ("ts", "event timestamp")])
def test_nulls_where_there_must_be_a_value(refused, good, column, what):
    good[2][column] = good[5][column] = None
    (problem,) = refused(good)
    assert problem.fact == f"the {what} {column!r} is null in rows 2, 5"
    for shape in (pd.DataFrame, pa.Table.from_pylist):
        assert refused(shape(good)) == (problem,)


def test_a_dozen_rows_are_named_and_the_others_counted(refused, good):
    for row in good:
        row["ts"] = None
    (problem,) = refused(good)
    assert problem.fact.endswith("is null in rows 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 8 more")


def test_everything_that_is_wrong_is_told_at_once(refused, good):
    good[1]["id"] = "one"
    good[2]["ts"] = None
    good[3]["speed"] = "fast"
    rows = [row | {"extra": 1} for row in without(good, "note")]
    assert {problem.fact for problem in refused(rows)} == {
        "column 'id' is of the wrong type in row 1",
        "the event timestamp 'ts' is null in row 2",
        "column 'speed' is of the wrong type in row 3",
        "the rows have no column 'note'",
        "the source has no column 'extra'",
    }


def test_at_most_a_dozen_problems_are_told(refused, good):
    extra = {f"extra_{number}": 1 for number in range(30)}
    problems = refused([row | extra for row in good])
    assert len(problems) == 12
    assert problems[-1].fact == "19 more problems"


def test_a_value_that_the_source_cannot_store_stops_offline_pushes(pushing, good):
    rows = [row | {"other": 2**40} for row in good]
    twelve = "in rows 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and more"
    for to in ("offline", "both"):
        with pytest.raises(RequestError, match="column 'other' is of the wrong type") as caught:
            pushing.store.push("events", rows, to=to)
        assert twelve in caught.value.problems[0].fact
        assert caught.value.problems[0].allowed == "Int32"
    assert not pushing.online(range(20))
    assert not pushing.offline()


def test_a_source_that_nothing_can_be_appended_to(pushing, good):
    file = FileSource(
        "stats/*.parquet",
        timestamp_field="ts",
        created_timestamp_column="made",
        field_mapping={"id": "driver_id"},
    )
    pushing.source = PushSource("events", file)
    pushing.store.apply(pushing.views())
    with pytest.raises(PushError, match="rows cannot be appended to source") as caught:
        pushing.store.push("events", good, to="both")
    assert caught.value.problems[0].got == "written: nothing"
    assert not pushing.online(range(20)), "nothing is online that is not offline"
    pushing.store.push("events", good, to="online")
    assert len(pushing.online(range(20))) == 20


@pytest.mark.parametrize(
    ("rows", "fact"),
    [
        (5, "the rows have an unsupported type"),
        ("rows.parquet", "the rows have an unsupported type"),
        ([1, 2], "the rows have an unsupported type"),
        ({"id": 5}, "column 'id' is not a sequence"),
        ({"id": "abc"}, "column 'id' is not a sequence"),
        ({"id": [1], "ts": []}, "the columns differ in length"),
        (pd.DataFrame([[1, 2]], columns=["id", "id"]), "two columns have the same name"),
        (
            pa.Table.from_arrays([pa.array([1])] * 2, names=["id", "id"]),
            "two columns have the same name",
        ),
    ],
)
def test_what_are_no_rows(refused, rows, fact):
    (problem,) = refused(rows)
    assert problem.fact == fact


@pytest.mark.parametrize("missing", [float("nan"), pd.NA, pd.NaT, np.float64("nan")], ids=repr)
def test_what_pandas_writes_for_a_missing_value_is_null(refused, good, missing):
    good[2]["id"] = missing
    good[3]["ts"] = pd.NaT
    problems = refused(good)
    assert {problem.fact for problem in problems} == {
        "the join key 'id' is null in row 2",
        "the event timestamp 'ts' is null in row 3",
    }
