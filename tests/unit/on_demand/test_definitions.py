"""What is wrong with an on-demand feature view is said when it is defined, all at once."""

from __future__ import annotations

import pytest

from airport_views import ASKED, WEATHER
from provender import Field, OnDemandFeatureView, RequestSource, on_demand_feature_view
from provender.errors import DefinitionError, OlderNameWarning
from provender.types import Float64, Int64

OUT = [Field("out", Float64)]


def plain(inputs):
    """Say what it is for."""
    return inputs


def with_default(inputs, factor=2):
    return inputs


def view(**changed):
    given = {"name": "v", "sources": [WEATHER], "schema": OUT, "function": plain, **changed}
    return OnDemandFeatureView(**given)


def factor_of(factor):
    def times(inputs):
        return inputs * factor

    return times


@pytest.mark.parametrize(
    ("changed", "match"),
    [
        ({"name": "__v"}, "on-demand feature view has no valid name"),
        ({"sources": None}, "has no sources"),
        ({"sources": [WEATHER, "weather"]}, "source of on-demand feature view 'v' is of the wrong"),
        ({"sources": [WEATHER, WEATHER[["wind"]]]}, "has two sources named 'weather'"),
        ({"schema": None}, "has no features"),
        ({"schema": [*OUT, *OUT]}, "has two fields of the same name"),
        ({"function": None}, "is not one"),
        ({"function": lambda inputs: inputs}, "got: a lambda"),
        ({"function": factor_of(3)}, "captures variables of the function around it\n  got: factor"),
        ({"function": with_default}, r"has other parameters\n  got: with_default\(inputs, factor"),
        ({"function": len}, "is not one"),
        (
            {"mode": "polars"},
            "mode of .* is unknown\n  got: 'polars'\n  allowed: 'arrow', 'pandas', 'python'",
        ),
        ({"on_error": "ignore"}, "on_error of .* is unknown"),
        ({"singleton": True}, "takes single rows, which are dicts"),
        ({"singleton": 1}, "singleton of .* is of the wrong type"),
        ({"tags": [1]}, "tags of .* is not a mapping"),
        ({"owner": 3}, "owner of .* is of the wrong type"),
        ({"sorces": []}, "takes no argument 'sorces'"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_is_wrong(changed, match):
    with pytest.raises(DefinitionError, match=match) as found:
        view(**changed)
    assert "test_definitions.py:" in str(found.value)


def test_everything_at_once():
    with pytest.raises(DefinitionError) as found:
        view(name="", mode="x", function=None)
    assert len(found.value.problems) == 3


def test_a_request_source_has_columns():
    with pytest.raises(DefinitionError, match="request source 'r' has no columns"):
        RequestSource("r", schema=[])
    assert RequestSource("r", schema=[Field("a", Int64)]) != ASKED
    assert repr(ASKED) == "RequestSource('asked', schema=[Field('limit', Int64)])"


def test_a_decorator_takes_name_and_description_of_the_function():
    made = on_demand_feature_view(sources=[WEATHER, ASKED], schema=OUT, owner="me")(plain)
    assert (made.name, made.description, made.owner) == ("plain", "Say what it is for.", "me")
    assert made.function.path.endswith("test_definitions:plain")
    assert made.function.text.startswith('def plain(inputs):\n    """Say')
    assert made.function.call is plain
    assert made.sources == (made.projections[0], ASKED)
    named = on_demand_feature_view(sources=[WEATHER], schema=OUT, name="n", description="")(plain)
    assert (named.name, named.description) == ("n", "")


def test_the_older_spelling():
    with pytest.warns(OlderNameWarning) as found:
        older = OnDemandFeatureView("v", inputs={"w": WEATHER}, features=OUT, udf=plain)
    assert older == view()
    assert len(found) == 3


def test_it_is_read_back_from_its_document():
    made = view(mode="python", singleton=True, tags={"a": "b"}, entities=["airport"])
    assert OnDemandFeatureView.from_document(made.to_document()) == made
    assert made != view()
    changed = made.to_document()
    changed["function"] = {**changed["function"], "text": "def plain(inputs): return 1"}
    assert OnDemandFeatureView.from_document(changed) != made
