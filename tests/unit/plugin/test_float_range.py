"""A number beyond the range of 32-bit floats is refused wherever a Float32 is made."""

from __future__ import annotations

import math

import pyarrow as pa
import pytest

from provender.errors import SourceError
from provender.plugin.kit.arrow_cast import cast_column
from provender.tabular.python_values import array_of
from provender.types import Array, Float32, Map, String, Struct
from provender_aws.redshift_values import from_json

NESTED = [(Array(Float32), [1e39]), (Struct({"a": Float32}), {"a": 1e39})]
NESTED += [(Map(String, Float32), [("a", 1e39)])]
WIDE = {
    "Float32": pa.float64(),
    "Array(Float32)": pa.list_(pa.float64()),
    "Struct(a: Float32)": pa.struct([("a", pa.float64())]),
    "Map(String, Float32)": pa.map_(pa.string(), pa.float64()),
}


@pytest.mark.parametrize(("kind", "value"), [(Float32, 1e39), *NESTED], ids=str)
def test_a_column_of_64_bits(kind, value):
    with pytest.raises(SourceError, match="beyond the range"):
        cast_column(pa.array([value], WIDE[str(kind)]), pa.field("x", kind.arrow()))


@pytest.mark.parametrize(("kind", "value"), NESTED, ids=str)
def test_python_values_that_are_pushed(kind, value):
    with pytest.raises(SourceError, match="beyond the range"):
        array_of([value], kind)


@pytest.mark.parametrize(("kind", "text"), [(Float32, "1e39"), (Array(Float32), "[1e39]")], ids=str)
def test_json_of_a_warehouse(kind, text):
    with pytest.raises(SourceError, match="does not fit"):
        from_json([text], kind)


def test_what_is_infinite_itself_stays_so():
    given = pa.array([math.inf, -math.inf, None, 3e38])
    made = cast_column(given, pa.field("x", pa.float32()))
    assert made.to_pylist()[:3] == [math.inf, -math.inf, None]
