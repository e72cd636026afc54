"""A push source to which nothing was pushed yet: it has the columns that its views declare."""

from __future__ import annotations

import json
from datetime import timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from provender import Entity, FeatureView, Field, FileSource, PushSource
from provender.config import load_config
from provender.doctor import examine
from provender.errors import DefinitionError, NoDataYet, RequestError, SourceError
from provender.types import Array, Float64, Int32, Int64, Json, String, Uuid

DRIVER = Entity("driver", join_keys=["driver_id"], value_type=Int64)
TIMED = {"timestamp_field": "ts", "created_timestamp_column": "made"}
FEATURES = [Field("rating", Float64), Field("tags", Array(String)), Field("id", Uuid)]


def pushed_to(path, **more):
    return PushSource("ratings", FileSource(path, name="batch", **(TIMED | more)))


def view(source, name="ratings", **more):
    return FeatureView(name, **{"entities": [DRIVER], "schema": FEATURES, "source": source} | more)


def row(clock, key=1, **more):
    at = clock() - timedelta(hours=1)
    return {"driver_id": key, "rating": 4.5, "tags": ["a"], "id": None, "ts": at, "made": at} | more


def joined(store, clock, *keys):
    spine = pa.table({"driver_id": keys, "event_timestamp": [clock()] * len(keys)})
    names = ["ratings:rating", "ratings:tags"]
    return store.get_historical_features(spine, names).to_arrow().to_pydict()


@pytest.fixture(params=["missing", "empty"])
def store(request, repository):
    """A store whose push source is over a folder without files."""
    if request.param == "empty":
        (repository.path / "rows").mkdir()
    found = repository.store()
    found.apply([DRIVER, view(pushed_to("rows"))])
    return found


def test_there_are_no_rows_before_the_first_push(store, clock):
    assert joined(store, clock, 1, 2)["rating"] == [None, None]
    store.materialize_incremental(clock())
    for mode in ("events", "snapshot", "ranges"):
        assert store.get_view_rows("ratings", mode=mode).to_arrow().num_rows == 0
    assert store.get_view_statistics("ratings").rows == 0
    answer = store.get_online_features(["ratings:rating"], {"driver_id": [1]})
    assert answer.to_dict()["rating"] == [None]


@pytest.mark.parametrize("to", ["offline", "both"])
def test_the_first_push_makes_the_file(store, repository, clock, to):
    store.materialize_incremental(clock())
    store.push("ratings", [row(clock)], to=to)
    assert joined(store, clock, 1, 2)["rating"] == [4.5, None]
    assert joined(store, clock, 1, 2)["tags"] == [["a"], None]
    (file,) = (repository.path / "rows").iterdir()
    assert pq.read_schema(file).field("rating").type == pa.float64()
    store.materialize_incremental(clock())
    answer = store.get_online_features(["ratings:rating"], {"driver_id": [1]})
    assert answer.to_dict()["rating"] == [4.5]
    store.push("ratings", [row(clock, 2)], to=to)
    assert joined(store, clock, 1, 2)["rating"] == [4.5, 4.5]


def test_a_first_push_with_a_wrong_column_writes_nothing(store, repository, clock):
    with pytest.raises(RequestError, match="no column 'ratng'"):
        store.push("ratings", [row(clock, ratng=1.0)], to="both")
    assert not list(repository.path.glob("rows/*"))


def test_a_join_of_views_with_and_without_rows(store, repository, clock, instants):
    repository.rows("ages.parquet", {"driver_id": [1], "age": [7], "ts": instants(2)})
    ages = FileSource("ages.parquet", timestamp_field="ts")
    store.apply(view(ages, "ages", schema=[Field("age", Int64)]))
    spine = pa.table({"driver_id": [1], "event_timestamp": [clock()]})
    names = ["ratings:rating", "ages:age", "ratings:id"]
    found = store.get_historical_features(spine, names).to_arrow()
    assert found.select(["rating", "age", "id"]).to_pylist() == [
        {"rating": None, "age": 7, "id": None}
    ]


def test_the_views_of_a_source_share_its_columns(repository, clock):
    source = pushed_to("rows", field_mapping={"n": "note"})
    shared = [Field("rating", Int64), Field("note", Json)]
    store = repository.store()
    store.apply([DRIVER, view(source, schema=[Field("rating", Int32)])])
    store.apply(view(source, "others", schema=shared))
    pushed = row(clock, rating=3, n="{}")
    names = ("driver_id", "rating", "n", "ts", "made")
    store.push("ratings", [{name: pushed[name] for name in names}], "both")
    answer = store.get_online_features(["ratings:rating", "others:note"], {"driver_id": [1]})
    assert answer.to_dict()["rating"] == [3]
    assert answer.to_dict()["note"] == ["{}"]
    assert store.get_view_rows("others").to_arrow().column("note").to_pylist() == ["{}"]


def test_types_that_no_column_can_have(repository, clock):
    store = repository.store()
    source = pushed_to("rows")
    number, text = [Field("x", Float64)], [Field("x", String)]
    store.apply([DRIVER, view(source, schema=number), view(source, "b", schema=text)])
    with pytest.raises(RequestError, match=r"(?s)column 'x'.*Float64, String"):
        store.push("ratings", [row(clock)], to="offline")


@pytest.mark.parametrize(
    ("more", "missing"),
    [
        ({"source": pushed_to("rows", timestamp_field=None)}, "timestamp_field="),
        ({"schema": []}, "schema="),
        ({"entities": [Entity("rider", join_keys=["rider_id"])]}, "join key 'rider_id'"),
    ],
)
def test_what_is_left_open_cannot_be_found(repository, more, missing):
    rider = Entity("rider", join_keys=["rider_id"])
    with pytest.raises(DefinitionError, match="nothing was pushed to 'ratings' yet") as caught:
        repository.store().apply([DRIVER, rider, view(**{"source": pushed_to("rows"), **more})])
    (problem,) = caught.value.problems
    assert missing in problem.got


@pytest.mark.parametrize(
    "source",
    [
        FileSource("rows", **TIMED),
        PushSource("ratings", FileSource("rows.parquet", **TIMED)),
        PushSource("ratings", FileSource("rows/*.parquet", **TIMED)),
    ],
    ids=["no push source", "a single file", "a glob"],
)
def test_a_path_that_no_push_makes_is_refused(repository, source):
    with pytest.raises(DefinitionError, match="no Parquet file at the path"):
        repository.store().apply([DRIVER, view(source)])


def test_a_plain_source_whose_folder_went_away_fails(repository, clock, instants):
    columns = {"driver_id": [1], "rating": [1.0], "ts": instants(2)}
    file = repository.rows("rows/a.parquet", columns)
    store = repository.store()
    plain = FileSource("rows", timestamp_field="ts")
    store.apply([DRIVER, view(plain, schema=[Field("rating", Float64)])])
    (repository.path / file).unlink()
    with pytest.raises(NoDataYet):
        store.get_view_rows("ratings").to_arrow()
    with pytest.raises(SourceError, match="no Parquet file"):
        store.write_to_offline_store("ratings", [{k: row(clock)[k] for k in columns}])


def test_a_path_of_the_home_directory(repository, clock, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    store = repository.store()
    store.apply([DRIVER, view(pushed_to("~/rows"))])
    store.push("ratings", [row(clock)], to="offline")
    assert joined(store, clock, 1)["rating"] == [4.5]
    assert list((tmp_path / "home" / "rows").iterdir())


def test_rows_of_the_command_line(store, repository, clock, provender):
    given = row(clock) | {"ts": clock().isoformat(), "made": clock().isoformat()}
    file = repository.path / "rows.jsonl"
    file.write_text(json.dumps(given))
    told = provender("push", "ratings", str(file), "--to", "both", cwd=repository.path).stdout
    assert told == "Pushed 1 row to source batch offline and view ratings online.\n"


def test_the_doctor_is_content(store, repository, clock):
    def config():
        return load_config(repository.path)

    def found(*definitions):
        names = {one.subject: one for one in examine(config, lambda _: definitions, clock)}
        return {n: (f.ok, f.detail) for n, f in names.items() if n.startswith("data source")}

    told = (True, "no data yet: the first push writes it")
    assert found() == {"data source ratings": told}
    plain = view(FileSource("elsewhere", name="plain", **TIMED), "plain")
    assert found(plain)["data source plain"][0] is False
