"""Results of BigQuery as Parquet files in Cloud Storage, between two emulators."""

import pyarrow as pa
import pyarrow.parquet as pq

from provender.offline.retrieval_job import RetrievalJob
from provender.plugin import TableSpine
from provender.testing.suites.offline.tables import case_of
from provender.testing.suites.store_opener import StoreOpener
from servers.bigquery import bigquery_server, dataset_of
from servers.bigquery_tables import BigQueryHarness
from servers.gcs import gcs_server
from servers.google_cloud import bucket_client


def test_results_are_written_to_cloud_storage(tmp_path):
    with (
        gcs_server(tmp_path) as storage,
        bigquery_server(tmp_path / "bigquery", STORAGE_EMULATOR_HOST=storage) as server,
        dataset_of(server) as dataset,
        bucket_client(storage) as files,
    ):
        files.create_bucket("results")
        settings = {**server.settings(), "dataset": dataset}
        harness = BigQueryHarness(StoreOpener("offline", "gcp", None, tmp_path, settings))
        problem = case_of([(1, 0), (2, 0), (None, 1)], [(1, 7, -1, 0)])
        plan = problem.stored(harness)
        job = RetrievalJob(harness.store, plan, TableSpine(problem.spine))
        assert job.to_gcs("gs://results/training") == 3
        written = [blob.download_as_bytes() for blob in files.list_blobs("results")]
        tables = [pq.read_table(pa.BufferReader(content)) for content in written]
        got = pa.concat_tables(tables)
        assert got.column_names == ["id", "q", "view__value"]
        assert sorted(got.column("view__value").to_pylist(), key=str) == [7, None, None]
        assert harness.leftovers() == []
        harness.store.close()
        harness.client.close()
