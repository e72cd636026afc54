"""The whole feature store on PostgreSQL: defined, joined, materialized and served there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from provender import Entity, FeatureStore, FeatureView, Field
from provender.datasets import RebuiltAsNow, SavedDatasetTableStorage
from provender.errors import ConfigError, RegistryError, RequestError, SourceError, StoreError
from provender.types import Float64, Int64
from provender_postgres import PostgresSource

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DRIVER = Entity("driver", join_keys=["driver_id"], value_type=Int64)


def view(**source):
    return FeatureView(
        "stats",
        source=PostgresSource(**source),
        entities=[DRIVER],
        schema=[Field("rating", Float64), Field("trips", Int64)],
        ttl=timedelta(days=2),
    )


@pytest.fixture
def repository(tmp_path, port, schema, admin):
    """A repository whose three stores are PostgreSQL, and a table of features there."""
    admin.execute(f'CREATE TABLE {schema}."Stats" (driver_id bigint, "At" timestamptz,'
                  " rating double precision, trips bigint)")  # fmt: skip
    rows = [(1, NOON - timedelta(hours=3), 0.25, 7), (1, NOON - timedelta(hours=1), 0.5, 2**53 + 1)]
    rows.append((2, NOON - timedelta(days=3), 0.75, None))
    with admin.cursor() as cursor:
        cursor.executemany(f'INSERT INTO {schema}."Stats" VALUES (%s, %s, %s, %s)', rows)
    (tmp_path / "feature_store.yaml").write_text(
        f"project: test\nprovider: postgres\npostgres: {{host: 127.0.0.1, port: {port},"
        " user: postgres, database: postgres}\n"
        f"registry: {{schema_name: {schema}}}\nonline_store: {{schema_name: {schema}}}\n"
    )
    with FeatureStore(tmp_path, clock=lambda: NOON) as store:
        yield store


def test_from_the_definition_to_the_served_value(repository, schema):
    store = repository
    store.apply([DRIVER, view(table=f'{schema}."Stats"', timestamp_field="At")])
    spine = pa.table(
        {
            "driver_id": [1, 2, 1, 3],
            "label": [{"any": "type"}, None, {"any": "thing"}, None],
            "event_timestamp": [NOON, NOON, NOON - timedelta(hours=2), NOON],
        }
    )
    joined = store.get_historical_features(spine, ["stats"]).to_arrow()
    assert joined.column("rating").to_pylist() == [0.5, None, 0.25, None]
    assert joined.column("trips").to_pylist() == [2**53 + 1, None, 7, None]
    assert joined.column("label") == spine.column("label"), "any column is carried along"
    (report,) = store.materialize_incremental(NOON)
    assert report.rows == 1
    served = store.get_online_features(["stats"], {"driver_id": [2, 1]}).to_dict()
    assert served == {"driver_id": [2, 1], "rating": [None, 0.5], "trips": [None, 2**53 + 1]}
    assert [commit.version for commit in store.history.commits()] == [1]
    store.teardown()


def test_a_query_is_a_source_too(repository, schema):
    query = f'SELECT driver_id, "At", rating / 2 AS rating, trips FROM {schema}."Stats"'
    repository.apply([DRIVER, view(name="halves", query=query, timestamp_field="At")])
    (report,) = repository.materialize_incremental(NOON)
    assert report.rows == 1
    served = repository.get_online_features(["stats:rating"], {"driver_id": [1]}).to_dict()
    assert served["rating"] == [0.25]


def test_the_join_compares_no_two_instants_by_order(repository, schema, admin):
    """Each join of the plan has an equality: its work grows with the rows, not their product."""
    admin.execute(
        f"INSERT INTO {schema}.\"Stats\" SELECT n % 500, now() - n * interval '1 second', n, n"
        " FROM generate_series(1, 20000) AS n"
    )
    admin.execute(f'ANALYZE {schema}."Stats"')
    repository.apply([DRIVER, view(table=f'{schema}."Stats"', timestamp_field="At")])
    spine = f'SELECT driver_id, "At" AS event_timestamp FROM {schema}."Stats"'
    job = repository.get_historical_features(spine, ["stats"])
    plan = "\n".join(line for (line,) in admin.execute(f"EXPLAIN {job.sql}"))
    assert "Nested Loop" not in plan
    assert "Hash" in plan or "Merge" in plan
    assert job.to_arrow().num_rows == 20_003


@pytest.mark.parametrize(
    ("source", "fact"),
    [
        ({"table": "no_such_table"}, "table or column does not exist"),
        ({"table": "no_schema.t"}, "table or column does not exist"),
        ({"name": "q", "query": "DELETE FROM t"}, "is not a query"),
        ({"name": "q", "query": "SELECT FROM WHERE ("}, "cannot be read"),
    ],
)
def test_a_source_that_cannot_be_read_is_told(repository, source, fact):
    with pytest.raises(Exception, match=fact):
        repository.apply([DRIVER, view(**source, timestamp_field="At")])


@pytest.mark.parametrize("places", [{}, {"table": "a", "query": "SELECT 1"}, {"query": "SELECT 1"}])
def test_a_source_has_one_place_and_a_name(places):
    with pytest.raises(Exception, match=r"either a table or a query|has no name"):
        PostgresSource(**places)


@pytest.mark.parametrize(
    ("change", "error", "fact"),
    [
        ({"port": "1"}, RegistryError, "cannot be reached"),
        ({"user": "nobody_here"}, RegistryError, "cannot be reached|does not accept"),
        ({"port": "'many'"}, ConfigError, "postgres.port is not valid"),
    ],
)
def test_a_server_that_does_not_answer_is_told(tmp_path, port, change, error, fact):
    settings = {"host": "127.0.0.1", "port": port, "user": "postgres", "password": "hunter2"}
    pairs = ", ".join(f"{name}: {value}" for name, value in {**settings, **change}.items())
    file = tmp_path / "feature_store.yaml"
    file.write_text(f"project: test\nprovider: postgres\npostgres: {{{pairs}}}\n")
    with FeatureStore(tmp_path) as store, pytest.raises(error, match=fact) as caught:
        store.list_entities()
    assert "hunter2" not in str(caught.value)


def test_a_missing_permission_is_told(repository, schema, admin, port, tmp_path):
    role = f"r_{schema}"
    admin.execute(f"CREATE ROLE {role} LOGIN")
    try:
        file = tmp_path / "feature_store.yaml"
        file.write_text(file.read_text().replace("user: postgres", f"user: {role}"))
        with FeatureStore(tmp_path) as store, pytest.raises(RegistryError, match="permission"):
            store.list_entities()
    finally:
        admin.execute(f"DROP ROLE {role}")


def test_a_query_that_takes_too_long_is_stopped(repository, tmp_path, schema):
    slow = f'SELECT driver_id, "At", rating, trips FROM {schema}."Stats"'
    slow += ", generate_series(1, 100000000)"
    with FeatureStore(tmp_path, clock=lambda: NOON) as store:
        store.apply([DRIVER, view(name="slow", query=slow, timestamp_field="At")])
    file = tmp_path / "feature_store.yaml"
    file.write_text(file.read_text() + "offline_store: {statement_timeout_seconds: 0.5}\n")
    limited = FeatureStore(tmp_path, clock=lambda: NOON)
    with limited as store, pytest.raises(Exception, match="took too long"):
        store.materialize_incremental(NOON)


def test_timestamps_without_end_are_refused(repository, schema, admin):
    admin.execute(f"INSERT INTO {schema}.\"Stats\" VALUES (9, 'infinity', 1, 1)")
    repository.apply([DRIVER, view(table=f'{schema}."Stats"', timestamp_field="At")])
    spine = "SELECT 9::bigint AS driver_id, 'infinity'::timestamptz AS event_timestamp"
    with pytest.raises(StoreError, match="cannot hold or convert"):
        repository.get_historical_features(spine, ["stats"]).to_arrow()


def test_a_source_of_another_store_is_told(repository, tmp_path):
    from provender import FileSource

    other = FeatureView("v", source=FileSource("x.parquet"), entities=[DRIVER])
    with pytest.raises(Exception, match="cannot read source"):
        repository.apply([DRIVER, other])
    assert issubclass(SourceError, Exception)


def test_a_dataset_is_saved_in_a_table_read_and_removed(repository, schema, admin):
    store = repository
    store.apply([DRIVER, view(table=f'{schema}."Stats"', timestamp_field="At")])
    spine = pa.table(
        {
            "driver_id": [1, 2, 1, 3],
            "Label": pa.array([1, None, -1, 0], pa.int8()),
            "note": pa.array(["a", None, "", "b"]),
            "share": pa.array([0.1, float("nan"), None, -0.0], pa.float32()),
            "event_timestamp": [NOON, NOON, NOON - timedelta(hours=2), None],
        }
    )
    job = store.get_historical_features(spine, ["stats"])
    place = SavedDatasetTableStorage(f"{schema}.training")
    made = store.create_saved_dataset(job, "train", place)
    in_file = store.create_saved_dataset(job, "in_file", "train.parquet")
    assert made.digest == in_file.digest, "the storage is not part of the digest"
    assert made.schema == in_file.schema
    assert made.row_count == made.to_arrow().num_rows == 4
    made.verify()
    with pytest.warns(RebuiltAsNow, match="stats"):
        assert made.compare().equal
    store.delete_saved_dataset("train")
    with pytest.raises(RequestError, match="already exists") as caught:
        store.create_saved_dataset(job, "train", place)
    assert "pass allow_overwrite=True" in str(caught.value)
    assert [one.name for one in store.list_saved_datasets()] == ["in_file"]
    fewer = store.get_historical_features(spine.slice(0, 1), ["stats"])
    made = store.create_saved_dataset(fewer, "train", place, allow_overwrite=True)
    assert made.to_arrow().num_rows == 1
    store.delete_saved_dataset("train", rows=True)
    assert admin.execute(f"SELECT to_regclass('{schema}.training')").fetchone() == (None,)


def test_a_table_that_cannot_be_read_back_is_removed(repository, schema, admin, monkeypatch):
    def refuse(_):
        raise StoreError("the connection was lost")

    repository.apply([DRIVER, view(table=f'{schema}."Stats"', timestamp_field="At")])
    spine = pa.table({"driver_id": [1], "event_timestamp": [NOON]})
    job = repository.get_historical_features(spine, ["stats"])
    monkeypatch.setattr("provender.datasets.table_place.content_of", refuse)
    with pytest.raises(StoreError, match="lost"):
        repository.create_saved_dataset(
            job, "train", SavedDatasetTableStorage(f"{schema}.training")
        )
    assert repository.list_saved_datasets() == []
    assert admin.execute(f"SELECT to_regclass('{schema}.training')").fetchone() == (None,)


@pytest.mark.parametrize("kind", [pa.duration("us"), pa.timestamp("ns"), pa.time64("us")])
def test_columns_that_a_table_would_change_are_refused(repository, schema, kind):
    repository.apply([DRIVER, view(table=f'{schema}."Stats"', timestamp_field="At")])
    more = pa.array([1], kind)
    spine = pa.table({"driver_id": [1], "event_timestamp": [NOON], "more": more})
    job = repository.get_historical_features(spine, ["stats"])
    with pytest.raises(RequestError, match="cannot keep column 'more'"):
        repository.create_saved_dataset(
            job, "train", SavedDatasetTableStorage(f"{schema}.training")
        )


def test_a_table_cannot_have_names_that_are_cut(repository, schema):
    repository.apply([DRIVER, view(table=f'{schema}."Stats"', timestamp_field="At")])
    spine = pa.table({"driver_id": [1], "event_timestamp": [NOON], "é" * 32: [1]})
    job = repository.get_historical_features(spine, ["stats"])
    with pytest.raises(RequestError, match="no columns of such names"):
        job.to_postgres(f"{schema}.training")
