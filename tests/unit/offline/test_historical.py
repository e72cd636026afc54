"""Historical retrieval: what is asked for is checked first, and every type survives."""

from __future__ import annotations

import asyncio
import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal as Exact

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from provender import Entity, FeatureService, FeatureView, Field, FileSource
from provender.clock import to_us
from provender.errors import NotFound, RequestError, SourceError
from provender.offline.retrieval_job import HistoricalRequest
from provender.types import (
    Array,
    Bool,
    Bytes,
    Date,
    Decimal,
    Float32,
    Float64,
    Int32,
    Int64,
    Json,
    Map,
    String,
    Struct,
    UnixTimestamp,
    Uuid,
)

DRIVER = Entity(name="driver", join_keys=["driver_id"])
UTC_US = pa.timestamp("us", "UTC")


@pytest.fixture
def store(repository, instants):
    columns = {
        "driver_id": [1, 1, 2],
        "ts": instants(30, 3, 2),
        "written": instants(29, 2, 1),
        "rating": [0.1, 0.5, 0.7],
        "trips": [2**53 + 1, None, 7],
    }
    repository.rows("stats.parquet", columns)
    source = FileSource("stats.parquet", timestamp_field="ts", created_timestamp_column="written")
    fields = [Field("rating", Float64), Field("trips", Int64)]
    found = repository.store()
    found.apply(
        [
            DRIVER,
            FeatureView(
                "stats", source=source, entities=[DRIVER], schema=fields, ttl=timedelta(days=1)
            ),
            FeatureView("twin", source=source, entities=[DRIVER], schema=fields),
        ]
    )
    return found


@pytest.fixture
def spine(instants):
    return pa.table(
        {"event_timestamp": instants(0, 2.5, 0), "driver_id": [2, 1, 9], "label": [1, 0, 1]}
    )


def test_each_row_gets_what_was_true_at_its_instant(store, spine):
    table = store.get_historical_features(spine, ["stats:rating"]).to_arrow()
    assert table.column_names == ["event_timestamp", "driver_id", "label", "rating"]
    assert table["rating"].to_pylist() == [0.7, 0.5, None]
    assert table["label"].to_pylist() == [1, 0, 1]


def test_a_dataframe_comes_back_as_a_dataframe(store, spine):
    frame = spine.to_pandas()
    frame.index = [7, 8, 9]
    result = store.get_historical_features(frame, ["stats:rating", "stats:trips"]).to_df()
    assert list(result.index) == [0, 1, 2]
    assert result["rating"].tolist()[:2] == [0.7, 0.5]


def test_whole_numbers_beyond_2_to_53_survive_beside_nulls(store, instants):
    rows = pa.table({"event_timestamp": instants(28, 0, 0), "driver_id": [1, 1, 2]})
    frame = store.get_historical_features(rows, ["twin:trips"]).to_df()
    assert frame["trips"].tolist() == [2**53 + 1, pd.NA, 7]


def test_naive_instants_mean_utc_and_zones_are_kept_apart(store):
    naive = pd.DataFrame({"event_timestamp": [datetime(2026, 3, 1, 9, 0)], "driver_id": [1]})
    berlin = pd.DataFrame(
        {
            "event_timestamp": pd.to_datetime(["2026-03-01 10:00"]).tz_localize("Europe/Berlin"),
            "driver_id": [1],
        }
    )
    for frame in (naive, berlin):
        result = store.get_historical_features(frame, ["stats:rating"]).to_arrow()
        assert result["rating"].to_pylist() == [0.5]
        assert result["event_timestamp"].to_pylist() == [datetime(2026, 3, 1, 9, tzinfo=UTC)]


def test_entity_rows_may_be_a_file_or_a_query(store, spine, tmp_path):
    pq.write_table(spine, tmp_path / "spine.parquet")
    expected = store.get_historical_features(spine, ["stats:rating"]).to_arrow()
    path = tmp_path / "spine.parquet"
    for rows in (path, str(path), f"SELECT * FROM read_parquet('{path}')"):
        assert store.get_historical_features(rows, ["stats:rating"]).to_arrow().equals(expected)


def test_known_at_leaves_out_what_was_written_later(store, instants):
    rows = pa.table({"event_timestamp": instants(0), "driver_id": [2]})
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    known = {
        hours: store.get_historical_features(
            rows, ["stats:rating"], known_at=noon - timedelta(hours=hours)
        )
        .to_arrow()["rating"][0]
        .as_py()
        for hours in (1, 1.5)
    }
    assert known == {1: 0.7, 1.5: None}


@pytest.mark.parametrize("form", ["table", "parquet", "sql"])
def test_known_at_of_each_row(store, instants, tmp_path, form):
    spine = {"event_timestamp": instants(0, 0, 0), "driver_id": [2, 2, 2]}
    rows = pa.table({**spine, "labelled": instants(1, 1.5, 0).cast(pa.timestamp("ms"))})
    given = tmp_path / "rows.parquet"
    pq.write_table(rows, given)
    sql = f"SELECT * FROM '{given}'"
    asked = {"table": rows, "parquet": given, "sql": sql}[form]
    job = store.get_historical_features(asked, ["stats:rating"], known_at="labelled")
    assert job.to_arrow()["rating"].to_pylist() == [0.7, None, 0.7]
    assert "labelled" in job.to_arrow().column_names


def test_known_at_is_an_instant_or_a_column_of_instants(store, instants, monkeypatch):
    rows = pa.table({"event_timestamp": instants(0), "driver_id": [2], "label": [1]})
    with pytest.raises(RequestError, match="neither a timestamp nor a column") as error:
        store.get_historical_features(rows, ["stats:rating"], known_at="event_timestam")
    assert "did you mean 'event_timestamp'" in str(error.value).replace('"', "'")
    with pytest.raises(RequestError, match="column 'label' of the entity rows is not a timestamp"):
        store.get_historical_features(rows, ["stats:rating"], known_at="label")
    with pytest.raises(RequestError, match="neither a timestamp nor a column"):
        store.get_historical_features(rows, ["stats:rating"], known_at=5)
    monkeypatch.setattr(type(store.stores.offline), "known_at_columns", False)
    with pytest.raises(RequestError, match="takes one timestamp for known_at"):
        store.get_historical_features(rows, ["stats:rating"], known_at="event_timestamp")


def test_known_at_needs_to_know_when_rows_were_created(store, instants, repository):
    rows = {"driver_id": [2], "ts": instants(2), "x": [1]}
    source = FileSource(repository.rows("plain.parquet", rows), timestamp_field="ts")
    store.apply(FeatureView("plain", source=source, entities=[DRIVER]))
    spine = pa.table({"event_timestamp": instants(0), "driver_id": [2]})
    with pytest.raises(RequestError, match="view 'plain' has no created timestamp"):
        store.get_historical_features(spine, ["plain:x", "stats:rating"], known_at="2026-03-01")


def test_float_keys_from_pandas_are_taken_as_meant(store, instants):
    frame = pd.DataFrame(
        {"event_timestamp": instants(0, 0, 0).to_pandas(), "driver_id": [2.0, None, 1.0]}
    )
    result = store.get_historical_features(frame, ["stats:rating"]).to_arrow()
    assert result["rating"].to_pylist() == [0.7, None, 0.5]
    with pytest.raises(RequestError, match="driver_id"):
        store.get_historical_features(frame.assign(driver_id=[1.5, 2.0, 3.0]), ["stats:rating"])


def test_batches_and_files_hold_the_same_rows(store, spine, tmp_path):
    job = store.get_historical_features(spine, ["stats:rating"])
    whole = job.to_arrow()
    assert pa.Table.from_batches(job.to_batches()).equals(whole)
    assert job.to_parquet(tmp_path / "deep" / "result.parquet") == 3
    assert pq.read_table(tmp_path / "deep" / "result.parquet").equals(whole)
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["result.parquet"]


def test_a_job_that_fails_leaves_the_old_file(store, spine, tmp_path, repository):
    target = tmp_path / "result.parquet"
    job = store.get_historical_features(spine, ["stats:rating"])
    job.to_parquet(target)
    before = target.read_bytes()
    (repository.path / "stats.parquet").unlink()
    with pytest.raises(SourceError, match="no Parquet file"):
        job.to_parquet(target)
    assert target.read_bytes() == before


def test_the_query_can_be_read(store, spine):
    assert "ASOF" in store.get_historical_features(spine, ["stats:rating"]).sql


def test_two_columns_of_one_name_are_refused_with_the_way_out(store, spine):
    with pytest.raises(RequestError) as caught:
        store.get_historical_features(spine, ["stats:rating", "twin:rating"])
    assert "stats:rating, twin:rating" in str(caught.value)
    assert "full_feature_names=True" in str(caught.value)
    full = store.get_historical_features(
        spine, ["stats:rating", "twin:rating"], full_feature_names=True
    )
    assert full.to_arrow().column_names[-2:] == ["stats__rating", "twin__rating"]
    clashing = spine.rename_columns(["event_timestamp", "driver_id", "rating"])
    with pytest.raises(RequestError, match=r"stats:rating.*entity rows are both 'rating'"):
        store.get_historical_features(clashing, ["stats:rating"])


def test_what_does_not_fit_is_told_at_once(store, instants):
    rows = pa.table({"event_timestam": instants(0), "driverid": [2]})
    with pytest.raises(RequestError) as caught:
        store.get_historical_features(rows, ["stats:rating"])
    text = str(caught.value)
    assert "name it 'event_timestamp' instead of 'event_timestam'" in text
    assert "lack the join key 'driver_id' of stats" in text
    rows = pa.table({"event_timestamp": ["2026-01-01"], "driver_id": ["2"]})
    with pytest.raises(RequestError) as caught:
        store.get_historical_features(rows, ["stats:rating"])
    text = str(caught.value)
    assert "'event_timestamp' of the entity rows is not a timestamp" in text
    assert "join key 'driver_id'" in text


def test_unknown_references_are_all_named(store, spine):
    with pytest.raises(NotFound) as caught:
        store.get_historical_features(spine, ["stat:rating", "stats:ratin"])
    text = str(caught.value)
    assert "did you mean 'stats'?" in text
    assert "did you mean 'rating'?" in text


@pytest.mark.parametrize(
    ("features", "got"),
    [
        (None, "None, or no argument"),
        ("", "'', a name without letters"),
        (" ", "' ', a name without letters"),
        ([], "[], which names no features"),
        ({}, "{}, which names no features"),
        (iter(()), "an iterator without any"),
        (["stats:rating", ""], "'' at features[1]"),
    ],
)
def test_a_request_for_no_features_is_answered_alike_offline_and_online(
    store, spine, features, got
):
    for read in (
        lambda: store.get_historical_features(spine, features),
        lambda: store.get_online_features(features, [{"driver_id": 1}]),
        lambda: asyncio.run(store.get_online_features_async(features, [{"driver_id": 1}])),
        lambda: store.prepare(features),
    ):
        with pytest.raises(RequestError) as caught:
            read()
        (problem,) = caught.value.problems
        assert (problem.fact, problem.got) == ("no features are requested", got)
        assert problem.allowed.startswith("a list of references such as ['driver_stats:conv_rate'")
        assert problem.allowed.endswith("or the name of a feature service")


def test_entity_rows_of_an_unknown_kind_are_refused(store, tmp_path):
    with pytest.raises(RequestError, match="unsupported type"):
        store.get_historical_features([1, 2], ["stats:rating"])
    with pytest.raises(RequestError, match="no Parquet file"):
        store.get_historical_features(tmp_path / "none.parquet", ["stats:rating"])
    with pytest.raises(RequestError, match="SQL of the entity rows"):
        store.get_historical_features("DROP TABLE x", ["stats:rating"])


def test_a_column_that_went_away_is_named(store, spine, repository, instants):
    repository.rows("stats.parquet", {"driver_id": [1], "ts": instants(3), "written": instants(3)})
    with pytest.raises(SourceError, match="no column 'rating'"):
        store.get_historical_features(spine, ["stats:rating"]).to_arrow()


def test_the_older_argument_gives_full_names_and_warns(store, spine):
    with pytest.warns(DeprecationWarning, match="feature_refs= is the older name") as caught:
        job = store.get_historical_features(spine, feature_refs=["stats:rating"])
    assert [one.filename for one in caught] == [__file__]
    assert job.to_arrow().column_names[-1] == "stats__rating"


EXACT = {
    "bool": (Bool, [True, None]),
    "int32": (Int32, [-(2**31), None]),
    "int64": (Int64, [2**63 - 1, None]),
    "float32": (Float32, [0.1, None]),
    "float64": (Float64, [float("inf"), None]),
    "string": (String, ["häß 🐎'\";--", None]),
    "bytes": (Bytes, [b"\x00\xff", None]),
    "instant": (UnixTimestamp, [datetime(1833, 1, 1, 0, 0, 0, 1, tzinfo=UTC), None]),
    "date": (Date, [date(1901, 12, 31), None]),
    "uuid": (Uuid, [uuid.UUID(int=2**127 + 5), None]),
    "json": (Json, ['{"a": [1, null]}', None]),
    "decimal": (Decimal(38, 10), [Exact("12345678901234567890.0123456789"), None]),
    "array": (Array(Int64), [[2**60, None], None]),
    "empty": (Array(String), [[], None]),
    "instants": (Array(UnixTimestamp), [[datetime(2026, 1, 1, tzinfo=UTC)], None]),
    "map": (Map(String, Float64), [[("a", 1.5), ("b", None)], None]),
    "struct": (
        Struct({"lat": Float64, "tags": Array(String)}),
        [{"lat": 1.5, "tags": ["x", None]}, None],
    ),
}


@pytest.mark.parametrize("name", EXACT)
def test_every_type_survives_offline_and_online(name, repository, instants):
    kind, values = EXACT[name]
    typed = pa.array(values, kind.arrow())
    repository.rows("t.parquet", {"driver_id": [1, 2], "ts": instants(3, 2), "x": typed})
    store = repository.store()
    source = FileSource("t.parquet", timestamp_field="ts")
    store.apply(
        [DRIVER, FeatureView("v", source=source, entities=[DRIVER], schema=[Field("x", kind)])]
    )
    rows = pa.table({"event_timestamp": instants(0, 0), "driver_id": [1, 2]})
    offline = store.get_historical_features(rows, ["v:x"]).to_arrow()["x"]
    assert offline.type == kind.arrow()
    assert offline.to_pylist() == typed.to_pylist()
    store.materialize_incremental(repository.clock())
    response = store.get_online_features(["v:x"], {"driver_id": [1, 2]})
    assert response.to_dict()["x"] == typed.to_pylist()
    assert response.to_arrow()["x"].to_pylist() == typed.to_pylist()
    assert response.to_arrow()["x"].type == kind.arrow()


def test_nan_is_not_null(repository, instants):
    columns = {"driver_id": [1, 2], "ts": instants(3, 2)}
    repository.rows("t.parquet", columns | {"x": pa.array([float("nan"), None], from_pandas=False)})
    store = repository.store()
    source = FileSource("t.parquet", timestamp_field="ts")
    store.apply([DRIVER, FeatureView("v", source=source, entities=[DRIVER])])
    rows = pa.table({"event_timestamp": instants(0, 0), "driver_id": [1, 2]})
    offline = store.get_historical_features(rows, ["v:x"]).to_arrow()["x"]
    assert offline.is_null().to_pylist() == [False, True]
    store.materialize_incremental(repository.clock())
    response = store.get_online_features(["v:x"], {"driver_id": [1, 2]})
    statuses = response.to_dict(include_statuses=True)["x__status"]
    assert statuses == ["PRESENT", "NULL_VALUE"]


def test_a_job_knows_the_request_it_was_made_of(store, spine):
    version = store.catalog.version
    job = store.get_historical_features(spine, iter(["stats:rating", "stats:trips"]))
    assert job.entity_columns == ("event_timestamp", "driver_id", "label")
    assert job.request == HistoricalRequest(
        version, ("stats:rating", "stats:trips"), False, "event_timestamp"
    )
    service = FeatureService("ratings", features=[store.get_feature_view("stats")[["rating"]]])
    store.apply(service)
    job = store.get_historical_features(
        spine, service, full_feature_names=True, known_at="2026-03-01T12:00:00"
    )
    noon = to_us(datetime(2026, 3, 1, 12, tzinfo=UTC))
    assert job.request == HistoricalRequest(version + 1, "ratings", True, "event_timestamp", noon)
    assert job.views_without_created == ()
