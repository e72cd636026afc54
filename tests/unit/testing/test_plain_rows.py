"""Rows travel between Arrow and plain Python without loss."""

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.tiers import examples
from provender.testing.oracle import explain_difference, rows_of, table_of
from provender.testing.strategies import feature_types, values_of
from provender.types import from_arrow


@settings(max_examples=examples(150), deadline=None, derandomize=True)
@given(data=st.data(), kind=feature_types())
def test_values_of_every_type_come_back_exactly(data, kind):
    values = data.draw(st.lists(values_of(kind, signed_zeros=True), max_size=4))
    rows = [{"v": value} for value in values]
    table = table_of(rows, pa.schema([("v", kind.arrow())]))
    assert from_arrow(table.schema.field("v").type) == kind
    assert explain_difference(rows, rows_of(table)) is None


def test_rows_of_reads_a_reader_and_a_table_without_columns():
    table = pa.table({"a": [1, 2]})
    assert rows_of(table.to_reader()) == [{"a": 1}, {"a": 2}]
    assert rows_of(table.select([])) == [{}, {}]


def test_columns_of_the_same_name_are_refused():
    table = pa.table([[1], [2]], names=["a", "a"])
    with pytest.raises(ValueError, match="same name"):
        rows_of(table)
