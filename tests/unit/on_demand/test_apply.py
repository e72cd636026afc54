"""A function is tried when its view is registered: with rows alone, together, and at the edges."""

from __future__ import annotations

import itertools

import pandas as pd
import pytest

from airport_views import AIRPORT, ASKED, TRAFFIC, WEATHER
from provender import Entity, FeatureService, FeatureView, Field, OnDemandFeatureView, RequestSource
from provender.errors import DefinitionError, NotFound, TransformWarning
from provender.types import FeatureType, Float64, Int64, String, parse_type

OUT = [Field("out", Float64)]
CALLS = itertools.count()


def view(function, schema=OUT, sources=(WEATHER, ASKED), **more):
    return OnDemandFeatureView("v", sources=sources, schema=schema, function=function, **more)


def good(inputs):
    return pd.DataFrame({"out": inputs["wind"] * 2})


def no_feature(inputs):
    return inputs


def misspelt(inputs):
    return inputs.assign(ou=inputs["wind"])


def no_frame(inputs):
    return inputs["wind"]


def fewer_rows(inputs):
    return inputs.assign(out=inputs["wind"]).head(2)


def other_order(inputs):
    return inputs.assign(out=inputs["wind"]).sort_values("wind", ascending=False)


def texts(inputs):
    return inputs.assign(out="x")


def of_all_rows(inputs):
    return inputs.assign(out=inputs["wind"] - inputs["wind"].mean())


def of_the_call(inputs):
    return inputs.assign(out=float(next(CALLS)))


def one_row_only(inputs):
    if inputs["wind"] > 1:
        return inputs.assign(out=1.0)
    return inputs.assign(out=0.0)


def unknown_column(inputs):
    return inputs.assign(out=inputs["win"])


@pytest.mark.parametrize(
    ("function", "match"),
    [
        (no_feature, "did not return the feature 'out'\n  got: airport, limit, rain, wind"),
        (misspelt, "did not return the feature 'out'; did you mean 'ou'"),
        (no_frame, "returned no DataFrame\n  got: 'Series'"),
        (fewer_rows, "returned another number of rows\n  got: 2\n  allowed: 5"),
        (other_order, "returned rows in another order"),
        (texts, "feature 'out' is not of its type\n  got: .*string for .*\n  allowed: Float64"),
        (of_all_rows, "feature 'out' depends on the other rows of the call"),
        (of_the_call, "feature 'out' depends on the other rows of the call"),
        (one_row_only, "5 rows: its function failed\n  got: ValueError"),
        (unknown_column, "KeyError: 'win'"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_function_that_is_refused(loaded, function, match):
    with pytest.raises(DefinitionError, match=match) as found:
        loaded.plan(view(function))
    assert "test_apply.py:" in str(found.value)


def lists_of_other_lengths(inputs):
    return {"out": [1.0]}


def no_dict(inputs):
    return [1.0]


def one_value(inputs):
    return {"out": 1.0}


def whole_numbers(row):
    return {"out": 2.5}


def texts_for_nulls(row):
    return {"out": "none" if row["wind"] is None else row["wind"]}


@pytest.mark.parametrize(
    ("function", "more", "match"),
    [
        (lists_of_other_lengths, {}, "another number of rows as 'out'\n  got: 1\n  allowed: 5"),
        (no_dict, {}, "returned no dict"),
        (one_value, {}, "returned no list as 'out'\n  got: 1.0"),
        (
            whole_numbers,
            {"singleton": True, "schema": [Field("out", Int64)]},
            r"'out' is not of its type\n  got: 2.5 \(float\)",
        ),
        (texts_for_nulls, {"singleton": True}, "got: 'none'"),
        (no_dict, {"mode": "arrow"}, "returned no dict"),
        (lists_of_other_lengths, {"mode": "arrow"}, "returned no Arrow array as 'out'"),
    ],
)
def test_a_function_of_another_mode_that_is_refused(loaded, function, more, match):
    with pytest.raises(DefinitionError, match=match):
        loaded.plan(view(function, **{"mode": "python", **more}))


def fails_for_nulls(row):
    return {"out": row["wind"] / row["limit"]}


def test_a_warning_names_what_a_function_does_not_take(loaded):
    with pytest.warns(TransformWarning, match="'v' fails for some rows .*: ZeroDivisionError") as w:
        loaded.plan(view(fails_for_nulls, mode="python", singleton=True))
    assert w[0].filename.endswith("test_apply.py")


def test_no_warning_where_a_failure_means_nulls(loaded, recwarn):
    loaded.plan(view(fails_for_nulls, mode="python", singleton=True, on_error="null"))
    assert not recwarn.list


def taken(row):
    values = [value for name, value in row.items() if name != "airport"]
    return {"out": None if None in values else float(len(values))}


@pytest.mark.parametrize(
    "kind",
    [
        *("Bool", "Int32", "Int64", "Float32", "Float64", "String", "Bytes", "Json", "Uuid"),
        *("UnixTimestamp", "Date", "Decimal(10, 2)", "Decimal(3, 0)", "Array(Array(Int64))"),
        *("Map(String, Float64)", "Struct(a: Date, b: Array(Uuid))"),
    ],
)
def test_rows_of_every_type_are_generated(loaded, kind):
    request = RequestSource("r", schema=[Field("value", parse_type(kind))])
    made = view(taken, sources=[WEATHER, request], mode="python", singleton=True)
    assert loaded.plan(made).summary() == "1 to add, 0 to change, 0 to remove"


def test_what_is_registered_is_not_tried_again(loaded):
    made = view(good)
    loaded.apply(made)
    assert loaded.plan(made).is_empty
    assert loaded.plan(loaded.list_on_demand_feature_views()).is_empty
    assert loaded.get_on_demand_feature_view("v") == made
    with pytest.raises(NotFound, match="no on-demand feature view 'w'"):
        loaded.get_on_demand_feature_view("w")


def other(inputs):
    return pd.DataFrame({"out": inputs["wind"] * 3})


def test_a_change_of_the_function_is_a_change(loaded):
    loaded.apply(view(good))
    (change,) = loaded.plan(view(other)).changes
    assert (change.kind, change.name, change.action) == ("on-demand feature view", "v", "change")
    assert "another function" in change.reason
    assert any(field.path == "function.text" for field in change.fields)
    loaded.apply(view(other))
    loaded.rollback(2)
    assert loaded.get_on_demand_feature_view("v").function.name == "good"


def test_what_it_is_given_cannot_go(loaded):
    loaded.apply(view(good))
    fields = [Field("rain", Int64)]
    changed = FeatureView("weather", source=WEATHER.source, entities=[AIRPORT], schema=fields)
    with pytest.raises(DefinitionError, match="on-demand feature view 'v' is given weather:wind"):
        loaded.plan(changed)
    with pytest.raises(DefinitionError, match="'v': no feature view 'weather'"):
        loaded.plan([AIRPORT, TRAFFIC, view(good)], partial=False)


def key_in_text(inputs):
    return pd.DataFrame({"out": inputs["wind"], "key": [f"{one!r}" for one in inputs["airport"]]})


def test_its_keys_are_those_that_its_sources_have(loaded, repository, instants, clock):
    schema = [*OUT, Field("key", String)]
    loaded.apply(view(key_in_text, schema=schema, sources=[WEATHER]))
    columns = {"airport": [7], "ts": instants(1), "wind": [1.5], "rain": [1], "flights": [1]}
    for file in ("weather.parquet", "traffic.parquet"):
        repository.rows(file, columns)
    loaded.apply(Entity("airport", value_type=Int64), allow_data_loss=True)
    loaded.materialize_incremental(clock())
    found = loaded.get_online_features(["v"], [{"airport": 7}]).to_dict()
    assert found == {"airport": [7], "out": [1.5], "key": ["7"]}


def test_what_a_service_is_given_cannot_go(loaded):
    made = view(good)
    loaded.apply([made, FeatureService("model", [made])])
    changed = view(good, schema=[Field("out", Float64), Field("more", Float64)])
    with pytest.raises(DefinitionError, match="did not return the feature 'more'"):
        loaded.plan(changed)
    with pytest.raises(DefinitionError, match="'model': no feature view 'v'"):
        loaded.plan([AIRPORT, WEATHER, loaded.get_feature_service("model")], partial=False)


@pytest.mark.parametrize(
    ("sources", "match"),
    [
        ([WEATHER.projection.with_name("x")[["gust"]]], "'weather' has no feature 'gust'"),
        ([FeatureView("w", source=WEATHER.source, schema=OUT)], "no feature view 'w'"),
        (
            [WEATHER, RequestSource("r", schema=[Field("airport", String)])],
            "has a column named like a join key",
        ),
        (
            [ASKED, RequestSource("r", schema=[Field("limit", String)])],
            "two request sources have a column 'limit'",
        ),
    ],
)
def test_sources_that_do_not_fit(loaded, sources, match):
    with pytest.raises(DefinitionError, match=match):
        loaded.plan(view(good, sources=sources))


def test_names_are_shared_with_feature_views(loaded):
    made = OnDemandFeatureView("weather", sources=[TRAFFIC], schema=OUT, function=good)
    with pytest.raises(DefinitionError, match="are both named 'weather'"):
        loaded.plan(made)


def test_types_are_known(loaded):
    loaded.apply(view(good))
    found = loaded.catalog.on_demand_view("v")
    assert all(isinstance(kind, FeatureType) for kind in found.columns.values())
    assert repr(found) == (
        "<CatalogOnDemandView 'v' of airport: String, limit: Int64, wind: Float64, rain: Int64>"
    )
