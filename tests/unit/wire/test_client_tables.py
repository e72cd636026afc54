"""The client sends the same rows, whatever kind of table they are given in."""

from __future__ import annotations

import json

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from provender.client import calls
from provender.wire.arrow_stream import read_stream

ROWS = {"driver_id": [2**53 + 1, 2], "city": ["Ulm", None]}
KINDS = {
    "columns": ROWS,
    "dicts": pa.table(ROWS).to_pylist(),
    "arrow": pa.table(ROWS),
    "batches": pa.table(ROWS).to_batches(1),
    "polars": pl.DataFrame(ROWS),
    "lazy": pl.LazyFrame(ROWS),
    "pandas": pd.DataFrame(ROWS),
    "objects": pd.DataFrame(ROWS, dtype=object),
}


@pytest.mark.parametrize("kind", KINDS)
def test_entity_rows_are_sent_as_columns(kind):
    body = calls.online(["stats"], KINDS[kind], full=False).body
    assert json.loads(body)["entities"] == ROWS
    table = calls.online_table(["stats"], KINDS[kind], full=False, metadata=False).body
    assert read_stream(table).to_pydict() == ROWS


@pytest.mark.parametrize("kind", KINDS)
def test_pushed_rows_are_sent_in_exact_types(kind):
    call = calls.push("events", KINDS[kind], "online")
    if kind in ("columns", "dicts", "objects"):
        assert json.loads(call.body)["df"] == ROWS
    else:
        assert read_stream(call.body).to_pydict() == ROWS


def test_floats_that_json_does_not_have_are_marked():
    columns = {"driver_id": [1, 2], "rating": [float("nan"), 1.5], "label": ["a", float("-inf")]}
    for body in (
        calls.push("events", columns, "online").body,
        calls.online(["stats"], columns, full=False).body,
    ):
        sent = json.loads(body)
        assert sent["not_finite"] == {"NaN": [["rating", 0]], "-Infinity": [["label", 1]]}
        rows = sent.get("df") or sent["entities"]
        assert rows == {"driver_id": [1, 2], "rating": [None, 1.5], "label": ["a", None]}
