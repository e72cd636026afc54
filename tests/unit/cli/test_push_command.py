"""``provender push``: rows from files and from stdin."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

FEATURES = """
from provender import Entity, FeatureView, Field, FileSource, PushSource
from provender.types import Array, Bool, Bytes, Date, Decimal, Float64, Int64, Json, String

thing = Entity("id", value_type=String)
source = PushSource("events", FileSource("stats", name="stats", timestamp_field="ts"))
views = [
    FeatureView(
        "all",
        entities=[thing],
        source=source,
        schema=[
            Field("count", Int64),
            Field("ratio", Float64),
            Field("good", Bool),
            Field("day", Date),
            Field("raw", Bytes),
            Field("price", Decimal(9, 2)),
            Field("doc", Json),
            Field("tags", Array(String)),
        ],
    )
]
"""
ROW = {
    "id": "7",
    "ts": "2026-03-01T10:00:00",
    "count": 2**60 + 1,
    "ratio": 0.5,
    "good": True,
    "day": "2026-02-28",
    "raw": "AQI=",
    "price": "12.50",
    "doc": {"a": 1},
    "tags": ["x", "y"],
}
SERVED = {
    "count": 2**60 + 1,
    "ratio": 0.5,
    "good": True,
    "day": date(2026, 2, 28),
    "raw": b"\x01\x02",
    "price": Decimal("12.50"),
    "doc": '{"a":1}',
    "tags": ["x", "y"],
}
CSV = """id,count,ratio,good,day,raw,price,doc,tags,ts
7,1152921504606846977,0.5,true,2026-02-28,AQI=,12.50,"{""a"":1}","[""x"", ""y""]",2026-03-01T10:00
,,,,,,,,,
"""


@pytest.fixture
def run(repository, provender):
    schema = pa.schema(
        [
            ("id", pa.string()),
            ("ts", pa.timestamp("us", "UTC")),
            ("count", pa.int64()),
            ("ratio", pa.float64()),
            ("good", pa.bool_()),
            ("day", pa.date32()),
            ("raw", pa.binary()),
            ("price", pa.decimal128(9, 2)),
            ("doc", pa.string()),
            ("tags", pa.list_(pa.string())),
            ("extra", pa.int32()),
        ]
    )
    (repository.path / "stats").mkdir()
    pq.write_table(pa.Table.from_pylist([], schema), repository.path / "stats" / "a.parquet")
    (repository.path / "features.py").write_text(FEATURES)
    provender("apply", cwd=repository.path)
    return lambda *arguments, **more: provender(*arguments, cwd=repository.path, **more)


@pytest.fixture
def served(repository):
    def read(key="7"):
        names = [f"all:{name}" for name in SERVED]
        response = repository.store().get_online_features(names, {"id": [key]}).to_dict()
        return {name: response[name][0] for name in SERVED}

    return read


def files(path):
    """The same row in each kind of file."""
    (path / "rows.jsonl").write_text(json.dumps(ROW) + "\n\n")
    (path / "rows.ndjson").write_text(json.dumps(ROW) + "\n")
    (path / "rows.csv").write_text(CSV.removesuffix(",,,,,,,,,\n"))
    row = {"id": "7", "ts": datetime(2026, 3, 1, 10, tzinfo=UTC), **SERVED}
    pq.write_table(pa.Table.from_pylist([row]), path / "rows.parquet")


@pytest.mark.parametrize("kind", ["jsonl", "ndjson", "csv", "parquet"])
def test_every_kind_of_file(run, repository, served, kind):
    files(repository.path)
    told = run("push", "events", f"rows.{kind}", "--to", "both").stdout
    assert told == "Pushed 1 row to source stats offline and view all online.\n"
    assert served() == SERVED
    (row,) = pq.read_table(repository.path / "stats").to_pylist()
    assert row == {"id": "7", "ts": datetime(2026, 3, 1, 10, tzinfo=UTC), **SERVED, "extra": None}


def test_rows_from_stdin_go_online(run, repository, served):
    rows = "".join(json.dumps(ROW | {"id": key, "extra": 5}) + "\n" for key in "78")
    told = run("push", "events", "-", "--output", "json", stdin=rows).stdout
    assert json.loads(told) == {"rows": 2, "offline": [], "online": ["all"]}
    assert served("8") == SERVED
    assert pq.read_table(repository.path / "stats").num_rows == 0
    told = run("push", "events", "-", "--to", "offline", "--output", "json", stdin=rows).stdout
    assert json.loads(told) == {"rows": 2, "offline": ["stats"], "online": []}
    assert run("push", "events", "-", stdin="").stdout == "There are no rows to push.\n"


def test_what_does_not_fit_is_told_with_its_rows(run, served):
    bad = ROW | {"count": "many", "day": "yesterday", "ts": None}
    rows = json.dumps(ROW) + "\n\n" + json.dumps(bad)
    done = run("push", "events", "-", "--to", "both", "--output", "json", code=1, stdin=rows)
    problems = json.loads(done.stdout)["error"]["problems"]
    assert {problem["fact"] for problem in problems} == {
        "the event timestamp 'ts' is null in line 3",
        "column 'count' is of the wrong type in line 3",
        "column 'day' is of the wrong type in line 3",
    }
    assert {problem["place"] for problem in problems} == {"stdin:3"}
    assert set(served().values()) == {None}


def test_a_key_that_a_row_gives_twice_is_refused(run, served):
    rows = json.dumps(ROW) + "\n" + json.dumps(ROW).replace('"good"', '"id"')
    told = run("push", "events", "-", code=1, stdin=rows).stderr
    assert told == "stdin:2: error: the key 'id' is given twice in one object\n"
    assert set(served().values()) == {None}


def test_a_wrong_value_inside_a_value_is_shown_by_its_path(run, repository):
    bad = ROW | {"tags": ["x"] * 50 + [{"long": "y" * 500}]}
    (repository.path / "rows.jsonl").write_text(json.dumps(ROW) + "\n" + json.dumps(bad))
    told = run("push", "events", "rows.jsonl", code=1).stderr
    assert "rows.jsonl:2: error: column 'tags' is of the wrong type in line 2" in told
    assert "(dict) at tags[50]" in told
    assert "yyyyy … (" in told
    assert len(told) < 300


def test_lines_of_a_csv_file_are_those_of_the_text(run, repository):
    text = CSV.removesuffix(",,,,,,,,,\n").replace('{""a"":1}', '{""a"":\n\n1}')
    wrong = "8,x" + ",," * 4 + "2026-03-01T10:00\n"
    (repository.path / "rows.csv").write_text(text + "\n" + wrong)
    told = run("push", "events", "rows.csv", code=1).stderr
    assert "rows.csv:6: error: column 'count' is of the wrong type in line 6" in told


def test_a_row_of_a_parquet_file_is_shown_by_its_position(run, repository):
    row = {"id": "7", "ts": None, **SERVED}
    pq.write_table(pa.Table.from_pylist([row]), repository.path / "rows.parquet")
    told = run("push", "events", "rows.parquet", code=1).stderr
    assert "rows.parquet: error: the event timestamp 'ts' is null in row 0" in told


def test_an_empty_cell_is_null_and_a_quoted_one_is_text(run, repository):
    (repository.path / "rows.csv").write_text(CSV.replace("\n7,", '\n"",'))
    done = run("push", "events", "rows.csv", code=1)
    assert "'id' is null in line 3" in done.stderr
    assert "'ts' is null in line 3" in done.stderr


@pytest.mark.parametrize(
    ("name", "file", "text", "fact"),
    [
        ("events", "none.csv", None, "the file of rows does not exist"),
        ("events", "rows.txt", "x", "rows cannot be read from a file of this kind"),
        ("events", "rows.parquet", "x", "the file of rows cannot be read"),
        ("events", "rows.csv", "", "the file of rows cannot be read"),
        ("events", "rows.jsonl", "{}\n{x\n", "the line is not JSON"),
        ("events", "rows.jsonl", "{}\n[1]\n", "the line is not a JSON object"),
        ("evens", "rows.jsonl", "{}", "no push source with a feature view 'evens'"),
    ],
)
def test_what_cannot_be_pushed(run, repository, name, file, text, fact):
    if text is not None:
        (repository.path / file).write_text(text)
    done = run("push", name, file, code=1)
    assert fact in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    if "line" in fact:
        assert "rows.jsonl:2" in done.stderr
