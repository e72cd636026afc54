"""Jobs of BigQuery: where results may go, what they may cost, how long queries are cut."""

from datetime import UTC, datetime
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from provender.errors import ProvenderError, RequestError, SourceError, StoreError
from provender.offline.retrieval_job import RetrievalJob
from provender.plugin import (
    HistoricalPlan,
    ParquetSpine,
    SqlSpine,
    TableSpine,
    ViewJoin,
    Window,
)
from provender.testing.oracle.rows import rows_of
from provender.testing.suites.offline.join_case import JoinCase
from provender.testing.suites.offline.tables import (
    HOUR,
    NOON,
    case_of,
    rows_table,
    spine_of,
    view_of,
)
from provender.testing.suites.store_opener import StoreOpener
from provender.types import Int64
from provender_gcp import BigQuerySource
from servers.bigquery import bigquery_settings
from servers.bigquery_tables import BigQueryHarness

ROWS = [(1, 10, -5, 0), (1, 11, -1, 0), (2, 20, -3, 0), (3, 30, 4, 0)]
SPINE = [(3, 0), (1, 0), (2, 5), (1, -2), (None, 0)]


@pytest.fixture(scope="module")
def bigquery():
    with bigquery_settings() as settings:
        yield settings


@pytest.fixture
def opened(bigquery, tmp_path):
    found = []

    def open_one(**settings):
        opener = StoreOpener("offline", "gcp", None, tmp_path, {**bigquery, **settings})
        found.append(BigQueryHarness(opener))
        return found[-1]

    yield open_one
    for harness in found:
        harness.store.close()
        harness.client.close()


def loaded_a_day_later(harness, *, filtered=False):
    """Return a source partitioned by the day of the load, with one row of the evening before."""
    from google.cloud import bigquery

    name = f"{harness.dataset}.rows_{uuid4().hex}"
    fields = [
        bigquery.SchemaField("id", "INTEGER"),
        bigquery.SchemaField("value", "INTEGER"),
        bigquery.SchemaField("event", "TIMESTAMP"),
        bigquery.SchemaField("created", "TIMESTAMP"),
        bigquery.SchemaField("load_date", "DATE"),
    ]
    table = bigquery.Table(name, fields)
    table.time_partitioning = bigquery.TimePartitioning(field="load_date")
    table.require_partition_filter = filtered
    harness.client.create_table(table)
    harness.client.query(
        f"INSERT INTO `{name}` VALUES "
        "(1, 7, TIMESTAMP '2024-01-01 23:00:00+00', TIMESTAMP '2024-01-02 03:00:00+00', "
        "DATE '2024-01-02')"
    ).result()
    return BigQuerySource(table=name, timestamp_field="event", created_timestamp_column="created")


@pytest.mark.parametrize("filtered", [False, True], ids=["open", "filtered"])
def test_partitions_by_the_day_of_the_load_hide_no_row(opened, filtered):
    harness = opened()
    source = loaded_a_day_later(harness, filtered=filtered)
    read = view_of(rows_table()).read(source)
    columns = ("id", "q")
    half_past = NOON + 11 * HOUR + HOUR // 2
    spine = spine_of((1, half_past - NOON))
    join = ViewJoin("view", read, ("id",), ("view__value",), HOUR)
    plan = HistoricalPlan("q", columns, (join,), None, {"id": Int64})
    (row,) = rows_of(harness.store.historical(plan, TableSpine(spine)))
    assert row["view__value"] == 7
    day = Window(NOON - 12 * HOUR, NOON + 12 * HOUR)
    assert len(rows_of(harness.store.latest(read, day))) == 1
    assert len(rows_of(harness.store.rows(read, day))) == 1
    assert rows_of(harness.store.rows(read, Window(NOON + 12 * HOUR, NOON + 36 * HOUR))) == []
    harness.client.delete_table(source.table)


def job_of(harness, spine=None, rows=ROWS):
    problem = case_of(SPINE, rows)
    plan = problem.stored(harness)
    return RetrievalJob(harness.store, plan, spine or TableSpine(problem.spine))


def by_row(rows):
    return sorted(([row[c] for c in ("id", "q", "view__value")] for row in rows), key=repr)


def test_a_result_stays_in_bigquery(opened):
    harness = opened()
    job = job_of(harness)
    target = f"{harness.dataset}.rows_of_training"
    assert job.to_bigquery(target) == len(SPINE)
    got = [dict(row) for row in harness.client.query(f"SELECT * FROM `{target}`").result()]
    assert by_row(got) == by_row(rows_of(job.to_arrow()))
    with pytest.raises(RequestError, match="replace=True") as caught:
        job.to_bigquery(target)
    assert "provender-" in str(caught.value), "the job is named"
    assert job.persist(target, replace=True) == len(SPINE)
    assert harness.client.get_table(target).num_rows == len(SPINE)
    assert harness.leftovers() == []
    harness.client.delete_table(target)


def test_names_that_bigquery_cannot_have_are_refused_before_anything_runs(opened):
    harness = opened()
    problem = case_of(SPINE, ROWS)
    spine = problem.spine.rename_columns(["id", "when?"])
    other = JoinCase(spine, problem.views, timestamp="when?")
    job = RetrievalJob(harness.store, other.stored(harness), TableSpine(spine))
    with pytest.raises(RequestError, match=r"'when\?'"):
        job.to_bigquery(f"{harness.dataset}.rows_x")
    with pytest.raises(RequestError, match=r"gs://bucket/prefix"):
        job_of(harness).to_gcs("bucket/prefix")
    with pytest.raises(RequestError, match=r"dataset\.table"):
        job_of(harness).to_bigquery("nowhere")
    assert harness.leftovers() == []


@pytest.mark.parametrize("limit", [{"views_per_query": 1}, {"query_characters": 1000}], ids=str)
def test_a_join_of_many_views_is_cut_and_says_the_same(opened, limit):
    harness = opened(**limit)
    views = tuple(
        view_of(rows_table((1, n, -n, 0), (2, -n, n, 0)), ttl=2 + n % 2, name=f"view_{n}")
        for n in range(4)
    )
    problem = JoinCase(spine_of((1, 0), (2, 0), (1, 3), (None, 1)), views)
    problem.check(harness, "several queries say what one would")
    assert harness.leftovers() == []


def test_entity_rows_as_a_query_are_evaluated_once(opened):
    harness = opened()
    text = harness.spine_query(case_of(SPINE, ROWS).spine)
    before = {job.job_id for job in harness.client.list_jobs()}
    job = job_of(harness, SqlSpine(text))
    got = rows_of(job.to_arrow())
    assert by_row(got) == by_row(rows_of(job_of(harness).to_arrow()))
    jobs = [job for job in harness.client.list_jobs() if job.job_id not in before]
    table = text.partition("`")[2].rstrip("`").rpartition(".")[2]
    asked = [job for job in jobs if job.job_type == "query" and table in job.query]
    assert len([job for job in asked if not job.dry_run]) == 1
    assert harness.leftovers() == []


def test_entity_rows_in_a_parquet_file(opened, tmp_path):
    harness = opened()
    problem = case_of(SPINE, ROWS)
    for part in range(2):
        pq.write_table(problem.spine.slice(part * 3, 3), tmp_path / f"part-{part}.parquet")
    problem.check(harness, "a glob of files", ParquetSpine(str(tmp_path / "part-*.parquet")))
    with pytest.raises(RequestError, match="cannot be read"):
        harness.store.spine_schema(ParquetSpine(str(tmp_path / "none.parquet")))


def test_every_job_has_labels_and_the_priority(opened):
    harness = opened(labels={"team": "fraud"}, priority="BATCH")
    before = {job.job_id for job in harness.client.list_jobs()}
    job_of(harness).to_arrow()
    jobs = [job for job in harness.client.list_jobs() if job.job_id not in before]
    ours = [job for job in jobs if job.job_id.startswith("provender-")]
    assert {job.job_type for job in ours} == {"load", "query"}
    for job in ours:
        found = harness.client.get_job(job.job_id)
        assert found.labels == {"provender_project": "conformance", "team": "fraud"}
        if job.job_type == "query":
            assert found.priority == "BATCH"


def test_an_estimate_and_the_query_s_text_run_nothing(opened):
    harness = opened(price_per_tib=5.0, currency="EUR")
    job = job_of(harness)
    before = {job.job_id for job in harness.client.list_jobs()}
    found = job.estimate()
    assert (found.bytes is not None, found.currency) == (True, "EUR")
    assert found.price == pytest.approx(found.bytes / 2**40 * 5.0)
    assert "LAST_VALUE" in job.sql
    after = [job for job in harness.client.list_jobs() if job.job_id not in before]
    assert [job for job in after if job.job_type != "query" or not job.dry_run] == []
    assert harness.leftovers() == []


def test_a_table_that_is_not_there_is_a_source_error_that_names_it(opened):
    harness = opened()
    source = BigQuerySource(table=f"{harness.dataset}.nowhere", timestamp_field="event")
    with pytest.raises(SourceError, match="nowhere"):
        harness.store.schema(source)
    query = BigQuerySource(name="q", query="SELEC 1", timestamp_field="event")
    with pytest.raises(SourceError, match="query of source 'q'"):
        harness.store.schema(query)
    wrong = BigQuerySource(name="q", query="SELECT nothing FROM UNNEST([1])", timestamp_field="e")
    with pytest.raises(SourceError, match="nothing"):
        harness.store.schema(wrong)
    with pytest.raises(RequestError, match="SQL of the entity rows is not a query"):
        harness.store.spine_schema(SqlSpine("DELETE FROM x WHERE true"))
    with pytest.raises(SourceError, match="BigQuerySource with a table"):
        harness.store.append(query, rows_table())


def test_a_missing_dataset_is_told_with_the_command_that_makes_it(opened):
    harness = opened()
    job = job_of(harness)
    other = opened(dataset="not_there").store
    with pytest.raises(SourceError, match=r"bq mk .*--dataset .*:not_there"):
        RetrievalJob(other, job._plan, job._spine).to_arrow()
    nowhere = opened().store
    nowhere._place.dataset = None
    with pytest.raises(ProvenderError, match="needs a dataset for temporary tables"):
        RetrievalJob(nowhere, job._plan, job._spine).to_arrow()


def test_a_query_that_fails_names_its_job(opened):
    harness = opened()
    bad = "SELECT 1 AS id, TIMESTAMP '2024-01-01' AS q, 1 / (id0 - 1) AS x FROM UNNEST([1]) AS id0"
    with pytest.raises(StoreError, match=r"\(job provender-"):
        job_of(harness, SqlSpine(bad)).to_arrow()
    assert harness.leftovers() == []


def test_a_view_of_many_rows_is_materialized_in_batches(opened):
    harness = opened()
    count = 150_000
    noon = pa.repeat(pa.scalar(datetime(2024, 1, 1, tzinfo=UTC), pa.timestamp("us", "UTC")), count)
    table = pa.table({"id": pa.array(range(count)), "value": range(count), "event": noon})
    view = view_of(table, created=False)
    read = view.read(view.source(harness))
    from provender.plugin import Window

    batches = list(harness.store.latest(read, Window()))
    assert len(batches) > 1
    assert max(batch.num_rows for batch in batches) <= 65_536
    assert sum(batch.num_rows for batch in batches) == count
