"""The digest of rows, held against the sorted texts of the rows."""

from __future__ import annotations

import math
import uuid
from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.tiers import examples
from provender.datasets.digest import content_of
from provender.errors import RequestError

FLOATS = st.sampled_from([None, 0.0, -0.0, 1.5, math.nan, math.inf])
TEXTS = st.none() | st.sampled_from(["", "a", "ab", "\0", "\1"])
POINT = pa.struct([("x", pa.float64()), ("y", pa.string())])
KINDS = {
    pa.bool_(): st.none() | st.booleans(),
    pa.int64(): st.none() | st.integers(0, 2),
    pa.float64(): FLOATS,
    pa.float32(): FLOATS,
    pa.string(): TEXTS,
    pa.binary(): st.none() | st.sampled_from([b"", b"\0", b"\1"]),
    pa.date32(): st.none() | st.just(date(2026, 1, 1)),
    pa.timestamp("us", "UTC"): st.none() | st.just(datetime(2026, 1, 1, tzinfo=UTC)),
    pa.uuid(): st.none() | st.just(uuid.UUID(int=1).bytes),
    pa.list_(pa.float64()): st.none() | st.lists(FLOATS, max_size=2),
    pa.map_(pa.string(), pa.float64()): st.none()
    | st.dictionaries(st.sampled_from("ab"), FLOATS).map(lambda d: list(d.items())),
    POINT: st.none() | st.fixed_dictionaries({"x": FLOATS, "y": TEXTS}),
    pa.list_(pa.list_(pa.string())): st.none()
    | st.lists(st.none() | st.lists(TEXTS, max_size=2), max_size=2),
}


def said(value, kind):
    """Return a value as text that is equal exactly when the value is."""
    if value is None:
        return "null"
    if pa.types.is_floating(kind):
        return "nan" if math.isnan(value) else repr(value + 0.0)
    if pa.types.is_map(kind):
        return "{" + ",".join(sorted(f"{k!r}:{said(v, kind.item_type)}" for k, v in value)) + "}"
    if pa.types.is_list(kind):
        return "[" + ",".join(said(item, kind.value_type) for item in value) + "]"
    if pa.types.is_struct(kind):
        return "(" + ",".join(said(value[f.name], f.type) for f in kind) + ")"
    return repr(value)


def oracle(rows, kind):
    """Return the sorted texts of rows of one column."""
    return sorted(said(value, kind) for value in rows)


def digest(rows, kind, size=None, name="a"):
    table = pa.table({name: pa.array(rows, kind)})
    return content_of(table.to_reader(size)).digest


@st.composite
def pairs(draw):
    kind = draw(st.sampled_from(list(KINDS)))
    rows = st.lists(KINDS[kind], max_size=4)
    one = draw(rows)
    other = draw(st.permutations(one) | rows)
    return kind, one, list(other), draw(st.integers(1, 3))


@settings(max_examples=examples(25), deadline=None)
@given(pairs())
def test_digests_are_equal_exactly_when_the_rows_are(pair):
    kind, one, other, size = pair
    same = oracle(one, kind) == oracle(other, kind)
    assert (digest(one, kind) == digest(other, kind, size)) is same


def test_names_types_order_of_columns_and_duplicates_count():
    found = {
        digest([1, 1], pa.int64()),
        digest([1], pa.int64()),
        digest([1], pa.int32()),
        digest([1], pa.float64()),
        digest([1], pa.int64(), name="b"),
        digest([], pa.int64()),
        digest(["1"], pa.string()),
    }
    assert len(found) == 7
    table = pa.table({"a": [1], "b": [2]})
    swapped = content_of(table.select(["b", "a"]).to_reader())
    assert swapped.digest != content_of(table.to_reader()).digest


def test_values_do_not_run_into_each_other():
    one, other = ({"a": ["ab"], "b": ["c"]}, {"a": ["a"], "b": ["bc"]})
    assert content_of(pa.table(one).to_reader()) != content_of(pa.table(other).to_reader())


@pytest.mark.parametrize(
    ("plain", "laid_out"),
    [
        (pa.string(), pa.dictionary(pa.int32(), pa.string())),
        (pa.string(), pa.large_string()),
        (pa.string(), pa.string_view()),
    ],
)
def test_the_layout_of_a_column_does_not_matter(plain, laid_out):
    column = pa.array(["a", None, "b", "a"], plain)
    other = content_of(pa.table({"a": column.cast(laid_out)}).to_reader()).digest
    assert other == content_of(pa.table({"a": column}).to_reader()).digest


def test_slices_of_larger_columns():
    rows = [[1.0], None, [2.0, None], [], [3.0]]
    whole = pa.table({"a": pa.array(rows, pa.list_(pa.float64()))})
    assert content_of(whole.slice(1, 3).to_reader()).digest == digest(
        rows[1:4], pa.list_(pa.float64())
    )


def test_the_digest_is_the_same_in_every_version():
    table = pa.table({"a": [1, None], "b": ["x", ""], "c": [[1.5], None]})
    assert content_of(table.to_reader()).digest == (
        "rows1:357595cf33038944f9ed15bc9a665a1069119f2b060285f11f85083bc7819e86"
    )


def test_values_that_cannot_be_compared_are_refused():
    union = pa.UnionArray.from_sparse(pa.array([0], pa.int8()), [pa.array([1])])
    with pytest.raises(RequestError, match="have no digest"):
        content_of(pa.table({"a": union}).to_reader())
