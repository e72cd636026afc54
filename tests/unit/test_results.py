"""Results go out as tables of any library, and as Python's own values."""

from __future__ import annotations

import json
import re
import sys
import uuid
from datetime import UTC, datetime
from decimal import Decimal as Exact
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from provender import Entity, FeatureView, Field, FileSource
from provender.errors import MissingExtra
from provender.types import Bytes, Decimal, Int64, Json, String, Uuid

DRIVER = Entity(name="driver", join_keys=["driver_id"])
FIELDS = [Field("trips", Int64), Field("city", String)]
BIG = 2**53 + 1
PAGE = Path(__file__).parents[2] / "docs" / "tables.md"


@pytest.fixture
def store(repository, instants):
    columns = {"driver_id": [1, 2], "ts": instants(3, 2), "trips": [BIG, None]}
    repository.rows("stats.parquet", {**columns, "city": ["<b>Ulm</b>", "x" * 1000]})
    store = repository.store()
    source = FileSource("stats.parquet", timestamp_field="ts")
    store.apply([DRIVER, FeatureView("stats", source=source, entities=[DRIVER], schema=FIELDS)])
    store.materialize_incremental(repository.clock())
    return store


@pytest.fixture
def results(store, instants):
    rows = pa.table({"driver_id": [1, 2], "event_timestamp": instants(0, 0)})
    return {
        "job": store.get_historical_features(rows, ["stats"]),
        "rows": store.get_view_rows("stats", mode="snapshot"),
        "response": store.get_online_features(["stats"], {"driver_id": [1, 2]}),
    }


@pytest.mark.parametrize("kind", ["job", "rows", "response"])
def test_a_result_is_a_table_of_any_library(results, kind):
    result = results[kind]
    wanted = [BIG, None]
    assert pa.table(result)["trips"].to_pylist() == wanted
    assert pl.DataFrame(result)["trips"].to_list() == wanted
    assert result.to_polars()["trips"].to_list() == wanted
    assert result.to_dict()["trips"] == wanted
    assert duckdb.from_arrow(result).project("trips").fetchall() == [(BIG,), (None,)]


def test_the_page_shows_what_runs(results):
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    found = {"job": results["job"]}
    exec(code.replace("rating", "trips"), found)  # noqa: S102 - it is our own page
    assert found["frame"].equals(results["job"].to_polars())


def test_a_result_is_entity_rows_and_pushed_rows(store, results):
    joined = results["job"].to_polars().select("driver_id", "event_timestamp")
    assert store.get_historical_features(joined, ["stats:trips"]).to_dict()["trips"] == [BIG, None]
    response = store.get_online_features(["stats:city"], results["job"].to_polars()[["driver_id"]])
    assert response.to_dict()["city"][0] == "<b>Ulm</b>"


def test_a_stream_is_read_batch_by_batch(store, instants, monkeypatch):
    rows = pa.table({"driver_id": [1], "event_timestamp": instants(0)})
    job = store.get_historical_features(rows, ["stats:trips"])
    made = []

    def batches():
        for number in range(3):
            made.append(number)
            yield pa.record_batch({"n": [number]})

    schema = pa.schema([("n", pa.int64())])
    reader = pa.RecordBatchReader.from_batches(schema, batches())
    monkeypatch.setattr(type(job), "_run", lambda self: reader)
    stream = pa.RecordBatchReader.from_stream(job)
    assert (made, stream.read_next_batch().to_pydict()) == ([0], {"n": [0]})
    stream.close()


@pytest.mark.parametrize("kind", ["job", "rows", "response"])
def test_without_polars_the_way_out_is_named(results, kind, monkeypatch):
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(MissingExtra, match="polars is not installed") as caught:
        results[kind].to_polars()
    assert "pip install polars" in str(caught.value)


def test_a_notebook_shows_a_short_table_and_runs_nothing(results, monkeypatch):
    html = results["response"]._repr_html_()
    assert "&lt;b&gt;Ulm" in html
    assert "<b>" not in html
    assert len(html) < 1000
    monkeypatch.setattr(type(results["job"]), "_run", lambda self: pytest.fail("it was run"))
    monkeypatch.setattr(type(results["rows"]), "_run", lambda self: pytest.fail("it was run"))
    for kind in ("job", "rows"):
        assert "not read yet" in results[kind]._repr_html_()
        assert results[kind]._repr_html_().startswith("<pre>&lt;")


def test_a_notebook_shows_the_first_rows_and_columns_of_many(store):
    many = {f"c{number}": list(range(500)) for number in range(99)}
    html = store.get_online_features(["stats"], {"driver_id": [1] * 500, **many})._repr_html_()
    assert html.endswith("<p>500 rows, 102 columns</p>")
    assert (html.count("<tr>"), html.count("<th>")) == (11, 20)


def test_values_given_back_are_pythons_own(store):
    rows = {
        "driver_id": [np.int64(1), np.int32(2), pd.NA],
        "flag": [np.bool_(True), None, np.float64(0.5)],
        "at": [pd.Timestamp("2026-03-01", tz="UTC"), pd.NaT, np.datetime64("2026-03-01T00:00")],
        "list": [np.array([1, 2]), np.str_("x"), pa.scalar(3)],
    }
    for given in (rows, pd.DataFrame(rows).to_dict("records")):
        found = store.get_online_features(["stats"], given).to_dict(include_statuses=True)
        assert [type(value) for value in found["driver_id"]] == [int, int, type(None)]
        assert found["flag"][:2] == [True, None]
        assert [type(value) for value in found["flag"]] == [bool, type(None), float]
        assert found["list"] == [[1, 2], "x", 3]
        assert found["at"] == [datetime(2026, 3, 1, tzinfo=UTC), None, datetime(2026, 3, 1)]
        json.dumps({name: values for name, values in found.items() if name != "at"})


def test_only_what_json_has_no_form_for_stays(repository, instants):
    fields = [Field("d", Decimal(5, 1)), Field("b", Bytes), Field("u", Uuid), Field("j", Json)]
    columns = {
        "d": pa.array([Exact("1.5")], pa.decimal128(5, 1)),
        "b": pa.array([b"x"]),
        "u": pa.array([uuid.UUID(int=7).bytes], pa.uuid()),
        "j": pa.array(['{"a": 1}'], pa.json_(pa.string())),
    }
    repository.rows("t.parquet", {"driver_id": [1], "ts": instants(3), **columns})
    store = repository.store()
    source = FileSource("t.parquet", timestamp_field="ts")
    store.apply([DRIVER, FeatureView("v", source=source, entities=[DRIVER], schema=fields)])
    store.materialize_incremental(repository.clock())
    response = store.get_online_features(["v"], [{"driver_id": 1}])
    found = response.to_dict()
    assert [found[n][0] for n in "dbuj"] == [Exact("1.5"), b"x", uuid.UUID(int=7), '{"a": 1}']
    frame = response.to_polars()
    assert (frame["j"].to_list(), frame["j"].dtype) == (['{"a": 1}'], pl.String)
    assert frame["u"].to_list() == [uuid.UUID(int=7).bytes]
