"""The SQL for Redshift: as reviewed, read back by sqlglot, and without what Redshift lacks."""

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
import sqlglot
from sqlglot import exp

from call_counts import calls, expect_linear
from provender.plugin import Column, HistoricalPlan, SourceRead, ViewJoin, Window
from provender.plugin.sql import SpineFacts, UnionJoin
from provender.plugin.sql.latest import latest_query, rows_query
from provender.plugin.sql.names import ORDER
from provender.plugin.sql.user_text import parsed_query
from provender.types import Array, Float64, Int64, String, UnixTimestamp, Uuid
from provender_aws import RedshiftSource
from provender_aws.redshift_rows import RedshiftRows, comparable
from provender_aws.redshift_sql import instant, table_of, unload, unloadable
from snapshots import expect_snapshot

FOLDER = Path(__file__).parent / "redshift_sql"
UTC = pa.timestamp("us", "UTC")
STORED = pa.schema(
    [
        ("driver", pa.int32()),
        ("car", pa.string()),
        ("rate", pa.float64()),
        ("seen", pa.timestamp("us")),
        ("vector", pa.null()),
        ("event", UTC),
        ("created", pa.timestamp("us")),
    ]
)
SOURCE = RedshiftSource(table="stats", schema="rides", timestamp_field="event")
FEATURES = (
    Column("rate", "rate", Float64),
    Column("seen", "seen", UnixTimestamp),
    Column("vector", "vector", Array(Float64)),
)
TEXTS = (Column("car", "note", String),)
NAMES = ["join_of_a_table", "join_of_a_query", "latest", "rows", "latest_of_a_text_key"]


def rows(source, keys, features=FEATURES, created="created"):
    if source.table:
        relation = table_of(source)
    else:
        relation = parsed_query(source.query, "redshift", "", ValueError).subquery("source")
    read = SourceRead(source, keys, features, "event", created)
    return RedshiftRows(read, relation, STORED, instant, comparable)


def join_of(*, own):
    one = rows(SOURCE, (Column("driver", "driver", Int64),))
    query = RedshiftSource(query="SELECT * FROM rides.cars WHERE rate > 0", name="cars")
    two = rows(query, (Column("car", "car", Uuid),), FEATURES[:1], None)
    joins = (
        ViewJoin("stats", one.read, ("driver",), ("rate", "seen", "vector"), 86_400_000_000),
        ViewJoin("cars", two.read, ("car",), ("cars__rate",)),
    )
    columns = ("driver", "car", "q")
    types = {"driver": Int64, "car": Uuid}
    plan = HistoricalPlan("q", columns, joins, 1_704_110_400_000_000, types)
    schema = pa.schema([("driver", pa.int64()), ("car", pa.string()), ("q", UTC)])
    staged = exp.to_table("provender_1")
    names = {name: name for name in columns}
    facts = SpineFacts(schema, names, 100, 1_704_000_000_000_000, 1_704_110_400_000_000, ORDER)
    return UnionJoin(plan, staged, facts, [one, two], instant, comparable, own=own, ordered=not own)


def text_of(join):
    return unloadable(join.query(), join.result().schema)


def texts():
    inner, outer = join_of(own=False), join_of(own=True)
    one = rows(SOURCE, (Column("driver", "driver", Int64),))
    kinds = [UTC, UTC, pa.int64(), pa.float64(), UTC, String.arrow()]
    result = pa.schema([(f"c{n}", kind) for n, kind in enumerate(kinds)])
    window = Window(1_704_000_000_000_000, 1_704_110_400_000_000, 1_704_100_000_000_000)
    two = rows(SOURCE, (Column("car", "car", String),), TEXTS)
    kinds = [UTC, UTC, pa.string(), pa.string()]
    result_of_text = pa.schema([(f"c{n}", kind) for n, kind in enumerate(kinds)])
    return {
        "join_of_a_table": text_of(inner),
        "join_of_a_query": text_of(outer),
        "latest": unloadable(latest_query(one, window), result),
        "rows": unloadable(rows_query(one, window), result),
        "latest_of_a_text_key": unloadable(latest_query(two, window), result_of_text),
    }


@pytest.mark.parametrize("name", NAMES)
def test_sql_is_as_reviewed_and_can_be_read_back(name):
    text = texts()[name]
    parsed = sqlglot.parse_one(text, read="redshift")
    assert parsed.sql("redshift") == text
    expect_snapshot(parsed.sql("redshift", pretty=True) + "\n", FOLDER / f"{name}.sql")


@pytest.mark.parametrize("name", NAMES)
def test_sql_has_only_what_redshift_has(name):
    parsed = sqlglot.parse_one(texts()[name], read="redshift")
    assert all(spec.args["kind"] == "ROWS" for spec in parsed.find_all(exp.WindowSpec))
    for join in parsed.find_all(exp.Join):
        assert not join.method
        assert not list(join.args["on"].find_all(exp.GT, exp.GTE, exp.LT, exp.LTE))
    assert not list(parsed.find_all(exp.TryCast, exp.IgnoreNulls))


def test_each_source_is_read_once():
    tables = list(
        sqlglot.parse_one(texts()["join_of_a_table"], read="redshift").find_all(exp.Table)
    )
    assert [table.name for table in tables].count("stats") == 1


def test_unload_quotes_a_query_that_has_dollars():
    text = unload("SELECT 'it''s $$'", "s3://b/k", None, options="MANIFEST")
    assert text == (
        r"UNLOAD ('SELECT \'it\'\'s $$\'') TO 's3://b/k' IAM_ROLE default "
        "FORMAT AS PARQUET MANIFEST"
    )


def test_the_work_of_a_text_grows_with_the_views_and_not_with_their_square():
    def work(views):
        sources = [rows(SOURCE, (Column("driver", "driver", Int64),)) for _ in range(views)]
        made = join_of(own=True)
        joins = tuple(
            ViewJoin(f"stats_{n}", source.read, ("driver",), (f"r{n}", f"s{n}", f"v{n}"))
            for n, source in enumerate(sources)
        )
        join = replace(made, plan=replace(made.plan, joins=joins), sources=sources)
        return calls(lambda: text_of(join))

    expect_linear(work)
