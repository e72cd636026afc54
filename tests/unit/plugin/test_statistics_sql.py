"""The queries of statistics: their text in four dialects, and what they never do."""

from pathlib import Path

import pyarrow as pa
import pytest
import sqlglot
from sqlglot import exp

from call_counts import calls, expect_linear
from provender import types
from provender.definitions import FileSource
from provender.plugin import Column, SourceRead, Window
from provender.plugin.sql.names import query_text
from provender.plugin.sql.rows import SourceRows, comparable
from provender.plugin.sql.statistics import COLUMNS_PER_QUERY, Statistics
from provender.types import from_arrow
from provender_aws.redshift_rows import RedshiftRows
from provender_gcp.bigquery_rows import BigQueryRows
from snapshots import expect_snapshot

FOLDER = Path(__file__).with_name("statistics_sql")
INSTANT = pa.timestamp("us", "UTC")
STORED = pa.schema(
    [
        ("id", pa.int64()),
        ('Va`l"ue', pa.float64()),
        ("drop table", pa.float64()),
        ("label", pa.string()),
        ("amount", pa.decimal128(18, 2)),
        ("list", pa.list_(pa.int64())),
        ("at", INSTANT),
    ]
)
KINDS = {"drop table": types.Float32}
ROWS = {"duckdb": SourceRows, "postgres": SourceRows}
ROWS |= {"redshift": RedshiftRows, "bigquery": BigQueryRows}
NAMES = ["spread", "bars", "commonest"]
every = pytest.mark.parametrize("dialect", ROWS)


def unchanged(value, stored):
    return value


def queries(dialect, stored=STORED):
    """Return the queries that are asked for the statistics of a table."""
    asked = []

    def answer(query, schema):
        asked.append(query_text(query, dialect, pretty=True))
        if "__place" in schema.names:
            return []
        counts = {pa.int64(): 3}
        row = [
            pa.scalar(counts.get(kind, place), kind).as_py()
            for place, kind in enumerate(schema.types)
        ]
        return [tuple(row)]

    columns = [
        Column(field.name, field.name, KINDS.get(field.name) or from_arrow(field.type))
        for field in stored
        if field.name != "at"
    ]
    source = FileSource("trips", timestamp_field="at")
    read = SourceRead(source, tuple(columns[:1]), tuple(columns[1:]), "at")
    rows = ROWS[dialect](read, exp.to_table("trips"), stored, unchanged, comparable)
    Statistics(rows, Window(None, 1), answer).figures("view")
    return asked


@every
@pytest.mark.parametrize("name", NAMES)
def test_sql_is_as_it_was(name, dialect):
    text = queries(dialect)[NAMES.index(name)] + "\n"
    expect_snapshot(text, FOLDER / f"{name}.{dialect}.sql")


@every
def test_only_what_every_dialect_knows(dialect):
    for text in queries(dialect):
        for word in ("PERCENTILE", "QUANTILE", "APPROX", "FILTER", "QUALIFY", "ISNAN", "IS_NAN"):
            assert word not in text.upper()
        read = sqlglot.parse_one(text, read=dialect)
        assert sqlglot.parse_one(read.sql(dialect), read=dialect) == read


@every
def test_names_of_users_are_only_where_the_rows_are_read(dialect):
    own = set(STORED.names)
    for text in queries(dialect):
        query = sqlglot.parse_one(text, read=dialect)
        (rows,) = query.find_all(exp.CTE)
        inside = {found.name for found in rows.this.find_all(exp.Column)}
        assert inside <= own
        outside = {f.name for f in query.find_all(exp.Column) if not f.find_ancestor(exp.CTE)}
        assert outside
        assert all(name.startswith("__") for name in outside)
        assert [found.name for found in query.find_all(exp.Table)].count("trips") == 1


@every
def test_wide_views_are_cut_and_the_work_grows_with_their_columns(dialect):
    def wide(columns):
        return pa.schema([*((f"f{n}", pa.int64()) for n in range(columns)), ("at", INSTANT)])

    whole = COLUMNS_PER_QUERY
    assert len(queries(dialect, wide(whole))) == 2
    assert len(queries(dialect, wide(whole + 1))) == 4
    expect_linear(lambda columns: calls(lambda: queries(dialect, wide(columns))))
