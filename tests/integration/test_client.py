"""`provender.client`, and a feature store elsewhere, against servers in processes of their own."""

from __future__ import annotations

import asyncio
import uuid
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import yaml

from provender import FeatureStore
from provender.client import AsyncClient, Client, calls
from provender.errors import DataLoss, NotFound, RegistryError, RequestError, StoreError
from provender.online.response import Status
from servers.feature_server import feature_server, offline_server
from servers.http_faults import Answer, http_faults, lose, refuse
from servers.served_project import ALL_TYPES, NOW, make_project
from waiting import until

ALL, WRITE, READ = ("a" * 20, "w" * 20, "r" * 20)
TOKENS = {
    "PROVENDER_SERVER_TOKEN": ALL,
    "PROVENDER_SERVER_WRITE_TOKEN": WRITE,
    "PROVENDER_SERVER_READ_TOKEN": READ,
}
UNCACHED = {"path": "registry.db", "write_cache_ttl_seconds": 0}
RATING = ["driver_stats:rating"]


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    path = tmp_path_factory.mktemp("served")
    with (
        make_project(path, registry=UNCACHED, server={"stores": True}) as store,
        feature_server(path, env=TOKENS) as server,
        offline_server(path, **TOKENS) as flight,
    ):
        yield store, server.url, flight


@pytest.fixture
def client(served):
    with Client(served[1], token=ALL) as found:
        yield found


def test_features_with_their_statuses(client):
    found = client.get_online_features([*RATING, "typed:big"], {"driver_id": [1, 9]})
    assert found["rating"] == [4.5, None]
    assert found["big"] == [2**53 + 1, None]
    assert found.statuses("rating") == ["PRESENT", "NOT_FOUND"]
    assert found.event_timestamps("rating")[0] == NOW
    assert list(found.to_dict()) == ["driver_id", "rating", "big"]
    with pytest.raises(NotFound, match="ratng"):
        found.statuses("ratng")


def test_a_service_and_full_names(client):
    found = client.get_online_features("scoring", {"driver_id": [1]}, full_feature_names=True)
    assert found["driver_stats__rating"] == [4.5]


def test_tables_of_exact_types(client):
    entities = pa.table({"driver_id": [1, 2]})
    found = client.get_online_table(["typed:instant", "typed:exact"], entities, metadata=True)
    assert found.column("instant").to_pylist() == [NOW, None]
    assert str(found.schema.field("exact").type) == "decimal128(12, 3)"
    assert found.column("exact__status").to_pylist() == ["PRESENT", "NULL_VALUE"]


def test_a_column_with_the_name_of_a_feature_is_refused(client):
    with pytest.raises(RequestError, match="are both 'rating'"):
        client.get_online_features(RATING, {"driver_id": [1], "rating": [7]})
    with pytest.raises(RequestError, match="are both 'rating'"):
        client.get_online_table(RATING, pa.table({"driver_id": [1], "rating": [7]}))


@pytest.mark.parametrize("form", ["table", "frame", "columns", "rows"])
def test_what_is_pushed_is_read(client, form):
    driver = {"table": 11, "frame": 12, "columns": 13, "rows": 14}[form]
    row = {"driver_id": driver, "event_timestamp": NOW, "rating": 1.5, "trips": 2}
    rows = {
        "table": pa.Table.from_pylist([row]),
        "frame": pa.Table.from_pylist([row]).to_pandas(),
        "columns": {name: [value] for name, value in row.items()},
        "rows": [row],
    }[form]
    assert client.push("driver_pushes", rows).rows == 1
    assert client.get_online_features(RATING, {"driver_id": [driver]})["rating"] == [1.5]
    assert client.write_to_online_store("driver_stats", rows).rows == 1


def row_of_every_type(driver):
    values = {name: value for name, (_, _, value) in ALL_TYPES.items()}
    return {"driver_id": driver, "event_timestamp": NOW, **values}


OTHER_VALUES = [
    {},
    {"nan": float("-inf"), "infinite": [float("nan"), float("inf")], "by_name": {"b": 2}},
    {"nan": np.float32("nan"), "big": np.int64(2**53 + 1), "text": float("nan"), "day": pd.NaT},
    {"nan": np.float64("inf"), "flag": np.bool_(True), "by_id": {2: float("nan"), 3: 0.5}},
    {"instant": pd.Timestamp(NOW), "big": float("nan"), "infinite": np.array([1.0, np.nan])},
    {"ident": uuid.UUID(int=9), "record": {"x": 2**60, "y": float("inf")}, "raw": None},
]


@pytest.mark.parametrize("changed", OTHER_VALUES, ids=range(len(OTHER_VALUES)))
@pytest.mark.parametrize("form", ["columns", "rows"])
def test_python_values_arrive_as_a_local_write_has_them(served, client, changed, form):
    store, wanted = served[0], [f"typed:{name}" for name in ALL_TYPES]

    def written(driver, write):
        row = row_of_every_type(driver) | changed
        rows = [row, {**row_of_every_type(driver + 1), "nan": None}]
        columns = {name: [one[name] for one in rows] for name in row}
        write("typed", columns if form == "columns" else rows)
        found = client.get_online_table(wanted, {"driver_id": [driver, driver + 1]})
        return found.drop_columns(["driver_id"])

    sent = written(501, client.write_to_online_store)
    local = written(601, store.write_to_online_store)
    assert repr(sent.to_pylist()) == repr(local.to_pylist())
    assert sent.schema == local.schema


@pytest.mark.parametrize(
    "value",
    [{1, 2}, object(), timedelta(1), 2**70, Status.PRESENT, [{1}], {"a": object()}],
    ids=lambda value: type(value).__name__,
)
def test_what_no_server_can_be_sent_is_refused(client, value):
    row = {"driver_id": 701, "event_timestamp": NOW, "rating": value}
    with pytest.raises(RequestError, match="'rating' has a value in row 0 that cannot be sent"):
        client.push("driver_pushes", [row])


def test_a_materialization_runs_behind_the_answer(client):
    begun = client.materialize_incremental(datetime.now(UTC).isoformat(), ["typed"])

    def ended():
        run = client.run(begun.id)
        return None if run.state in ("queued", "running") else run

    assert until(ended, "the end of a run").state == "succeeded"
    start = (NOW - timedelta(days=1)).isoformat()
    assert client.materialize(start, datetime.now(UTC).isoformat()).kind == "materialize"


def test_a_rebuild_runs_behind_the_answer(client):
    def ended():
        run = client.run(begun.id)
        return None if run.state in ("queued", "running") else run

    row = {"driver_id": 31, "event_timestamp": NOW, "rating": 1.5, "trips": 2}
    client.push("driver_pushes", [row])
    begun = client.rebuild(["driver_stats"])
    assert until(ended, "the end of a run").state == "failed", "there is no consent"
    begun = client.rebuild(["driver_stats"], keep_pushed=True)
    assert until(ended, "the end of a run").state == "succeeded"
    assert client.get_online_features(RATING, {"driver_id": [31]})["rating"] == [1.5]
    now = datetime.now(UTC).isoformat()
    begun = client.rebuild(["driver_stats"], now, allow_data_loss="driver_stats")
    (view,) = until(ended, "the end of a run").views
    assert view.dropped > 0
    assert client.get_online_features(RATING, {"driver_id": [31]})["rating"] == [None]


def test_errors_are_those_of_the_server(client, served):
    with pytest.raises(NotFound, match="rating") as caught:
        client.get_online_features(["driver_stats:ratng"], {"driver_id": [1]})
    assert "rating" in str(caught.value)
    with Client(served[1], token=READ) as reader:
        assert reader.get_online_features(RATING, {"driver_id": [1]})["rating"] == [4.5]
        with pytest.raises(RequestError, match="does not allow"):
            reader.push("driver_pushes", [{"driver_id": 1}])
    with Client(served[1], token="x" * 20) as stranger, pytest.raises(RequestError, match="token"):
        stranger.get_online_features(RATING, {"driver_id": [1]})


def test_the_token_of_the_environment(served, monkeypatch):
    monkeypatch.setenv("PROVENDER_TOKEN", READ)
    with Client(served[1]) as reader:
        assert reader.get_online_features(RATING, {"driver_id": [1]})["rating"] == [4.5]


@pytest.mark.parametrize("fault", [refuse(503), lose(502), refuse(429), lambda call: Answer(0)])
def test_what_passes_is_tried_again(served, fault):
    with http_faults(served[1]) as faults, Client(faults.endpoint, token=ALL) as client:
        faults.spoil("POST", "/", fault, times=2)
        assert client.get_online_features(RATING, {"driver_id": [1]})["rating"] == [4.5]
        faults.spoil("POST", "/push", fault, times=2)
        row = {"driver_id": 1, "event_timestamp": NOW, "rating": 4.5, "trips": 7}
        assert client.push("driver_pushes", [row]).rows == 1


def test_a_server_that_is_not_there_is_told():
    with Client("http://127.0.0.1:9", retries=0) as client:
        assert not client.is_ready()
        with pytest.raises(StoreError, match="cannot be reached") as caught:
            client.get_online_features(RATING, {"driver_id": [1]})
        assert "provender serve" in caught.value.problems[0].fix


def test_the_asynchronous_client_does_the_same(served):
    async def work():
        async with AsyncClient(served[1], token=ALL) as client:
            assert await client.is_ready()
            asked = [client.get_online_features(RATING, {"driver_id": [n]}) for n in range(1, 50)]
            found = await asyncio.gather(*asked)
            row = {"driver_id": 77, "event_timestamp": NOW, "rating": 0.5, "trips": 1}
            await client.push("driver_pushes", [row])
            table = await client.get_online_table(RATING, pa.table({"driver_id": [77]}))
            with pytest.raises(NotFound):
                await client.get_online_features(["nothing:at_all"], {"driver_id": [1]})
            return found[0]["rating"], table.column("rating").to_pylist()

    assert asyncio.run(work()) == ([4.5], [0.5])


@pytest.mark.parametrize("fault", [refuse(503), lambda call: Answer(0)])
def test_the_asynchronous_client_streams_answers(served, fault):
    call = calls.online(RATING, {"driver_id": [1]}, full=False)

    async def work(url):
        async with AsyncClient(url, token=ALL) as client:
            return call.read(b"".join([piece async for piece in client.stream(call)]))

    with http_faults(served[1]) as faults:
        faults.spoil("POST", "/", fault, times=2)
        assert asyncio.run(work(faults.endpoint))["rating"] == [4.5]
    with pytest.raises(StoreError, match="cannot be reached"):
        asyncio.run(work("http://127.0.0.1:9"))


@pytest.fixture
def elsewhere(served, tmp_path, monkeypatch):
    """A feature store that knows nothing but two addresses."""
    config = {
        "project": "served",
        "provider": "remote",
        "registry": {"write_cache_ttl_seconds": 0},
        "remote": {"url": served[1], "flight_url": served[2]},
    }
    (tmp_path / "feature_store.yaml").write_text(yaml.safe_dump(config))
    monkeypatch.setenv("PROVENDER_TOKEN", ALL)
    with FeatureStore(tmp_path) as store:
        yield store


def same(got, wanted):
    """Compare as text, in which a NaN is like another."""
    assert got.schema == wanted.schema
    assert str(got.to_pylist()) == str(wanted.to_pylist())


def test_a_feature_store_elsewhere_reads_as_the_one_here(served, elsewhere):
    here = served[0]
    asked = (["typed", *RATING], {"driver_id": [1, 2, 3]})
    online = elsewhere.get_online_features(*asked).to_arrow()
    same(online, here.get_online_features(*asked).to_arrow())
    now = datetime.now(UTC)
    spine = pa.table({"driver_id": [1, 2], "event_timestamp": [now, now], "label": ["a", "b"]})
    there = elsewhere.get_historical_features(spine, ["typed"])
    same(there.to_arrow(), here.get_historical_features(spine, ["typed"]).to_arrow())
    assert "SELECT" in there.sql
    sql = "SELECT 1 AS driver_id, TIMESTAMPTZ '2100-01-01 00:00:00+00' AS event_timestamp"
    assert elsewhere.get_historical_features(sql, ["typed:text"]).to_arrow().num_rows == 1


def test_a_feature_store_elsewhere_materializes_and_pushes(elsewhere):
    (report,) = elsewhere.materialize_incremental(datetime.now(UTC), ["typed"])
    assert report.error is None
    row = {"driver_id": 21, "event_timestamp": NOW, "rating": 2.5, "trips": 1}
    elsewhere.push("driver_pushes", [row], to="both")
    found = elsewhere.get_online_features(RATING, {"driver_id": [21]}).to_dict()
    assert found["rating"] == [2.5]
    later = pa.table({"driver_id": [21], "event_timestamp": [NOW + timedelta(seconds=1)]})
    joined = elsewhere.get_historical_features(later, RATING).to_arrow()
    assert joined.column("rating").to_pylist() == [2.5]


def test_a_feature_store_elsewhere_rebuilds(elsewhere):
    row = {"driver_id": 41, "event_timestamp": NOW, "rating": 2.5, "trips": 1}
    elsewhere.push("driver_pushes", [row])
    before = elsewhere.refresh().view("driver_stats").generation
    with pytest.raises(DataLoss, match=r"such as that of \{'driver_id': "):
        elsewhere.rebuild(["driver_stats"])
    (report,) = elsewhere.rebuild(["driver_stats"], keep_pushed=True)
    assert report.kept > 0
    assert report.generation > before
    read = elsewhere.prepare(RATING)
    assert read.read({"driver_id": [1, 41]}).to_dict()["rating"] == [4.5, 2.5]
    (report,) = asyncio.run(elsewhere.rebuild_async(["driver_stats"], allow_data_loss=True))
    assert report.dropped > 0
    assert read.read({"driver_id": [1, 41]}).to_dict()["rating"] == [4.5, None]


def test_a_reader_may_only_read(elsewhere, served, tmp_path, monkeypatch):
    monkeypatch.setenv("PROVENDER_TOKEN", READ)
    with FeatureStore(tmp_path) as reader:
        found = reader.get_online_features(RATING, {"driver_id": [1]}).to_dict()
        assert found["rating"] == [4.5]
        row = {"driver_id": 1, "event_timestamp": NOW, "rating": 1.0, "trips": 1}
        with pytest.raises(Exception, match="does not allow"):
            reader.push("driver_pushes", [row], to="offline")
    monkeypatch.setenv("PROVENDER_TOKEN", "x" * 20)
    with FeatureStore(tmp_path) as stranger, pytest.raises(RequestError, match="token"):
        stranger.stores.offline.schema(served[0].catalog.view("typed").view.source)


def test_a_server_that_does_not_let_others_work_through_it(tmp_path):
    (tmp_path / "here").mkdir()
    with make_project(tmp_path / "here" / "p"), feature_server(tmp_path / "here" / "p") as server:
        config = {"project": "served", "provider": "remote", "remote": {"url": server.url}}
        (tmp_path / "feature_store.yaml").write_text(yaml.safe_dump(config))
        with FeatureStore(tmp_path) as store, pytest.raises((RegistryError, RequestError)) as told:
            _ = store.catalog
        assert "no such path" in str(told.value)


def test_an_offline_server_that_is_gone_is_told(tmp_path):
    config = {
        "project": "p",
        "provider": "remote",
        "registry": {"type": "local.file", "path": "registry.db"},
        "remote": {"flight_url": "grpc://127.0.0.1:9"},
    }
    (tmp_path / "feature_store.yaml").write_text(yaml.safe_dump(config))
    with FeatureStore(tmp_path) as store, pytest.raises(StoreError, match="cannot be reached"):
        _ = store.stores.offline.destinations
