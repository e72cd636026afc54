"""A dialect says how keys are compared: it is asked for the entity rows as for the sources."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlglot import exp

from provender.definitions import FileSource
from provender.plugin import (
    Column,
    HistoricalPlan,
    ParquetSpine,
    PluginContext,
    SourceRead,
    SqlSpine,
    TableSpine,
    ViewJoin,
)
from provender.types import Int64, String
from provender_local.configuration import DuckDBConfig
from provender_local.duckdb_store import DuckDBStore

PAD = "."


class Padding(DuckDBStore):
    """Keeps text at its full width, as warehouses with CHAR columns do."""

    def to_key(self, value, stored, wanted):
        text = super().to_key(value, stored, wanted)
        return exp.Anonymous(
            this="rpad", expressions=[text, exp.Literal.number(9), exp.Literal.string(PAD)]
        )


@pytest.fixture(params=[True, False], ids=["with ASOF JOIN", "without"])
def store(request, tmp_path):
    found = Padding(DuckDBConfig(), PluginContext("test", tmp_path))
    found.has_as_of_join = request.param
    yield found
    found.close()


@pytest.mark.parametrize("known_at", [None, "q"])
@pytest.mark.parametrize("form", ["table", "path", "query"])
@pytest.mark.parametrize(("asked", "stored"), [("ab", "ab" + PAD * 7), ("ab" + PAD * 7, "ab")])
def test_both_sides_of_a_join_are_encoded(store, tmp_path, instants, form, known_at, asked, stored):
    rows = pa.table({"id": [stored, "other"], "ts": instants(2, 2), "v": [1, 2]})
    pq.write_table(rows, tmp_path / "rows.parquet")
    entities = pa.table({"id": [asked, None], "q": instants(1, 1)})
    path = str(tmp_path / "entities.parquet")
    pq.write_table(entities, path)
    spine = {
        "table": TableSpine(entities),
        "path": ParquetSpine(path),
        "query": SqlSpine(f"SELECT * FROM '{path}'"),
    }[form]
    columns = (Column("id", "id", String),), (Column("v", "v", Int64),)
    read = SourceRead(FileSource("rows.parquet"), *columns, "ts")
    joins = (ViewJoin("view", read, ("id",), ("v",)),)
    plan = HistoricalPlan("q", ("id", "q"), joins, known_at, {"id": String})
    found = store.historical(plan, spine).read_all().to_pydict()
    assert dict(zip(found["id"], found["v"], strict=True)) == {asked: 1, None: None}
