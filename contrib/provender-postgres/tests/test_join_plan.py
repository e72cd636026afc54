"""How PostgreSQL carries out the point-in-time join: never row against row, whatever it guesses."""

from __future__ import annotations

import json
import random
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pyarrow as pa
import pytest
from psycopg import sql

from provender.plugin import (
    Column,
    HistoricalPlan,
    SourceRead,
    SqlSpine,
    TableSpine,
    ViewJoin,
    Window,
)
from provender.testing.suites.store_opener import StoreOpener
from provender.types import Int64
from provender_postgres import PostgresSource

MANY = 20_000
START = datetime(2026, 3, 1, tzinfo=UTC)
INSTANT = pa.timestamp("us", "UTC")
TOLD = re.compile(r"plan:\n((?:\t.*\n)+)")
SETTINGS = {
    "session_preload_libraries": "'auto_explain'",
    "auto_explain.log_min_duration": "0",
    "auto_explain.log_format": "'json'",
    "auto_explain.log_analyze": "on",
    "auto_explain.log_timing": "off",
}


@pytest.fixture(scope="module")
def database(admin):
    """A database whose server writes down how each query was carried out."""
    admin.execute("CREATE DATABASE told")
    for name, value in SETTINGS.items():
        admin.execute(f"ALTER DATABASE told SET {name} = {value}")
    yield "told"
    admin.execute("DROP DATABASE told WITH (FORCE)")


@pytest.fixture
def told(url, database):
    return f"{url.removesuffix('/postgres')}/{database}"


@pytest.fixture
def connection(told):
    with psycopg.connect(told, autocommit=True) as opened:
        yield opened


@pytest.fixture
def store(told, tmp_path):
    opened = StoreOpener("offline", "postgres", None, tmp_path, {"url": told}).open()
    yield opened
    opened.close()


@pytest.fixture
def stored(connection):
    """Store (id, value, second) rows as a table of some name, of which nobody took statistics."""
    names = []

    def make(name, rows):
        place = sql.Identifier(name)
        names.append(place)
        columns = "(id bigint, value bigint, event timestamptz) WITH (autovacuum_enabled = off)"
        connection.execute(sql.SQL("CREATE TABLE {} " + columns).format(place))
        with connection.cursor() as cursor:
            copying = sql.SQL("COPY {} (id, value, event) FROM STDIN").format(place)
            with cursor.copy(copying) as copy:
                for key, value, second in rows:
                    copy.write_row((key, value, START + timedelta(seconds=second)))
        return PostgresSource(table=place.as_string(), timestamp_field="event")

    yield make
    for place in names:
        connection.execute(sql.SQL("DROP TABLE {}").format(place))


@pytest.fixture
def plans(admin):
    """The plans of the joins that were carried out since the test began."""
    (folder,) = admin.execute("SHOW data_directory").fetchone()
    log = Path(folder).with_name("postgres.log")
    begun = log.stat().st_size

    def found():
        entries = TOLD.findall(log.read_bytes()[begun:].decode())
        read = [json.loads(entry.replace("\t", "")) for entry in entries]
        return [entry["Plan"] for entry in read if "__view_0" in entry["Query Text"]]

    return found


def steps(plan):
    yield plan
    for part in plan.get("Plans", ()):
        yield from steps(part)


def table_spine(rows):
    keys, seconds = zip(*rows, strict=True)
    asked = [START + timedelta(seconds=second) for second in seconds]
    return TableSpine(pa.table({"id": pa.array(keys, pa.int64()), "q": pa.array(asked, INSTANT)}))


def plan_of(*sources, ttl=None):
    features = [(Column("value", f"v{n}", Int64),) for n in range(len(sources))]
    keys = (Column("id", "id", Int64),)
    reads = [SourceRead(s, keys, f, "event") for s, f in zip(sources, features, strict=True)]
    joins = [ViewJoin(f"v{n}", r, ("id",), (f"v{n}",), ttl) for n, r in enumerate(reads)]
    return HistoricalPlan("q", ("id", "q"), tuple(joins), None, {"id": Int64})


@pytest.mark.parametrize("keys", [1, 500, MANY])
@pytest.mark.parametrize("spine", ["table", "query"])
def test_the_work_grows_with_the_rows_and_not_with_their_product(store, stored, plans, spine, keys):
    chance = random.Random(keys)  # noqa: S311 - any numbers do
    rows = [(chance.randrange(keys), n, chance.randrange(MANY)) for n in range(MANY)]
    asked = [(chance.randrange(keys), chance.randrange(MANY)) for _ in range(MANY)]
    source = stored("features", rows)
    if spine == "table":
        given = table_spine(asked)
    else:
        place = stored("asked", [(key, None, second) for key, second in asked])
        given = SqlSpine(f"SELECT id, event AS q FROM {place.table}")
    joined = store.historical(plan_of(source), given).read_all()
    assert joined.num_rows == MANY
    (plan,) = plans()
    names = [step["Node Type"] for step in steps(plan)]
    assert "Nested Loop" not in names
    assert {"Hash Join", "Merge Join"} & set(names)
    for step in steps(plan):
        conditions = [step.get(f"{kind} Cond", "") for kind in ("Hash", "Merge")]
        assert not [part for part in conditions if "<" in part or ">" in part], conditions
        handled = (step["Actual Rows"] + step.get("Rows Removed by Filter", 0)) * step[
            "Actual Loops"
        ]
        assert handled <= 2 * MANY, step["Node Type"]
    reads = [step["Relation Name"] for step in steps(plan) if "Relation Name" in step]
    assert reads.count("features") == 1


@pytest.mark.parametrize(
    "name", ["spine", "view_0", "rows", "asked", "newest", "stored", "x.y", 'a"b', "Ä" * 31]
)
def test_a_table_may_have_any_name(store, stored, name):
    source = stored(name, [(1, 10, 0), (1, 11, 60)])
    other = stored("other", [(1, 20, 30)])
    joined = store.historical(plan_of(source, other), table_spine([(1, 45), (2, 45)])).read_all()
    assert joined.column("v0").to_pylist() == [10, None]
    assert joined.column("v1").to_pylist() == [20, None]
    read = plan_of(source).joins[0].read
    assert store.latest(read, Window()).read_all().column("v0").to_pylist() == [11]


@pytest.mark.parametrize("years", [50, 300, 1_000, 8_000, 9_990])
def test_a_ttl_may_be_as_long_as_time(store, stored, years):
    source = stored("features", [(1, 10, 0)])
    ttl = years * 365 * 86_400_000_000
    joined = store.historical(plan_of(source, ttl=ttl), table_spine([(1, 45)])).read_all()
    assert joined.column("v0").to_pylist() == [10]


def test_names_longer_than_postgresql_allows_come_out_whole(store, stored):
    source = stored("features", [(1, 10, 0)])
    names = [f"{'feature' * 12}_{n}" for n in range(2)]
    keys = (Column("id", "id", Int64),)
    read = SourceRead(source, keys, tuple(Column("value", n, Int64) for n in names), "event")
    join = ViewJoin("view", read, ("id",), tuple(names), None)
    plan = HistoricalPlan("q", ("id", "q"), (join,), None, {"id": Int64})
    joined = store.historical(plan, table_spine([(1, 45)])).read_all()
    assert joined.column_names == ["id", "q", *names]
    assert [joined.column(name).to_pylist() for name in names] == [[10], [10]]
