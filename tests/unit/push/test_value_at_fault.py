"""The part of a nested value that does not fit: by its path, and shortened."""

from __future__ import annotations

import pytest

from provender.tabular.typed_column import DoesNotFit, typed
from provender.types import Array, Float64, Int64, Map, String, Struct

POINT = Struct({"lat": Float64, "tags": Array(String)})


@pytest.mark.parametrize(
    ("kind", "value", "path", "got"),
    [
        (Int64, "x", "", "'x' (str)"),
        (Array(Int64), [1, None, 2, "x"], "[3]", "'x' (str)"),
        (Array(Int64), "x", "", "'x' (str)"),
        (Array(Array(Int64)), [[], [1, 2.5]], "[1][1]", "2.5 (float)"),
        (Map(String, Int64), {"a": 1, "b": "x"}, "['b']", "'x' (str)"),
        (Map(Int64, Int64), [(1, 1), ("b", 2)], "['b'] (the key)", "'b' (str)"),
        (POINT, {"lat": 1.0, "tags": ["a", 5]}, ".tags[1]", "5 (int)"),
        (POINT, {"lat": "x"}, ".lat", "'x' (str)"),
        (POINT, {"lon": 1.0}, "", "{'lon': 1.0} (dict)"),
    ],
)
def test_the_smallest_part_is_shown_with_its_path(kind, value, path, got):
    with pytest.raises(DoesNotFit) as caught:
        typed([None, value, value], kind)
    assert (caught.value.rows, caught.value.path, caught.value.got) == ([1, 2], path, got)


def test_a_long_value_is_shortened():
    with pytest.raises(DoesNotFit) as caught:
        typed([["x" * 10_000, 5]] * 3, String)
    assert len(caught.value.got) < 130
    assert "characters" in caught.value.got
