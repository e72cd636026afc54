"""Parquet files in S3 are read just as those on a disk: moto's S3, through pyarrow."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import fs

from provender import Entity, FeatureView, Field
from provender.definitions import FileSource
from provender.errors import RequestError, SourceError
from provender.plugin import Column, ParquetSpine, PluginContext, SourceRead, Window, parquet_rows
from provender.types import Int64, String
from provender_local.configuration import DuckDBConfig
from provender_local.duckdb_store import DuckDBStore
from servers.redshift import s3_bucket

pytestmark = pytest.mark.integration
KINDS = {"id": Int64, "x": Int64, "X": Int64, "zip": String, "new": String}


@pytest.fixture(scope="module")
def bucket():
    """Return a function that turns a path into its URL, and a filesystem to write through."""
    with s3_bucket() as (settings, name):
        address = settings["s3_endpoint"].removeprefix("http://")
        options = f"?endpoint_override={address}&scheme=http&region=us-east-1"
        filesystem = fs.S3FileSystem(
            access_key="test",
            secret_key="test",  # noqa: S106 - moto asks for none
            endpoint_override=address,
            scheme="http",
            region="us-east-1",
        )
        yield (lambda path: f"s3://test:test@{name}/{path}{options}"), (filesystem, name)


@pytest.fixture
def written(bucket, tmp_path):
    """Write the same files into the bucket and onto the disk; return the ways to name them."""
    url, filesystem = bucket
    both = [filesystem, (fs.LocalFileSystem(), str(tmp_path))]
    tables = {
        "t/zip=00123/a.parquet": {"id": pa.array([1], pa.int32()), "x": [1], "X": [10]},
        "t/zip=10115/a.parquet": {"id": [2], "X": [20], "x": [2]},
        "t/zip=__HIVE_DEFAULT_PARTITION__/b.parquet": {"id": [3], "new": ["n"], "zip": ["own"]},
    }
    for there, top in both:
        for number, (name, columns) in enumerate(tables.items()):
            path = f"{top}/{name}"
            there.create_dir(path.rsplit("/", 1)[0])
            ts = pa.array([datetime(2025, 1, 1, number, tzinfo=UTC)])
            pq.write_table(pa.table({**columns, "ts": ts}), path, filesystem=there)
        with there.open_output_stream(f"{top}/t/README.md") as file:
            file.write(b"what these are")
    return url


def test_a_bucket_is_read_like_a_disk(written, tmp_path):
    store = DuckDBStore(DuckDBConfig(), PluginContext("test", tmp_path))
    features = tuple(Column(name, name, kind) for name, kind in KINDS.items())

    def rows(path):
        asked = SourceRead(FileSource(path), (), features, "ts")
        return store.rows(asked, Window()).read_all().sort_by("id").to_pydict()

    wanted = rows("t")
    assert wanted["zip"] == ["00123", "10115", "own"]
    assert rows(written("t")) == wanted
    assert rows(written("t/**/*.parquet")) == wanted
    assert store.schema(FileSource(written("t"))) == store.schema(FileSource("t"))
    assert parquet_rows(ParquetSpine(written("t"))) == parquet_rows(ParquetSpine(f"{tmp_path}/t"))
    with pytest.raises(SourceError, match="no Parquet file at the path"):
        store.schema(FileSource(written("nothing")))
    store.close()


def test_a_saved_dataset_at_a_url(bucket, repository, instants):
    url, (filesystem, top) = bucket
    repository.rows("stats.parquet", {"driver": [1], "ts": instants(3), "level": [7]})
    driver = Entity("driver", join_keys=["driver"], value_type=Int64)
    view = FeatureView(
        "stats",
        entities=[driver],
        source=FileSource("stats.parquet", timestamp_field="ts"),
        schema=[Field("level", Int64)],
    )
    spine = pa.table({"event_timestamp": instants(0, 0), "driver": [1, 2]})
    place = url("sets/train.parquet")
    with repository.store() as store:
        store.apply([driver, view])
        job = store.get_historical_features(spine, ["stats"])
        made = store.create_saved_dataset(job, "train", place)
        assert made.to_arrow() == job.to_arrow()
        made.verify()
        store.delete_saved_dataset("train")
        with pytest.raises(RequestError, match="there is a file at the place"):
            store.create_saved_dataset(job, "train", place)
        store.create_saved_dataset(job, "train", place, allow_overwrite=True)
        store.delete_saved_dataset("train", rows=True)
    found = filesystem.get_file_info(f"{top}/sets/train.parquet")
    assert found.type == fs.FileType.NotFound
