"""The columns of entity rows in Parquet files are known without reading the rows."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from provender.errors import RequestError
from provender.plugin import ParquetSpine, parquet_rows, parquet_schema

ONE = pa.table(
    {"id": pa.array([1, 2], pa.int32()), "q": pa.array([5, 6], pa.timestamp("us", "UTC"))}
)
OTHER = pa.table({"id": pa.array([3], pa.int64()), "x": pa.array([["a"]], pa.list_(pa.string()))})


def write(folder, name, table):
    target = folder / name
    target.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, target)


@pytest.mark.parametrize(
    "files",
    [
        {"a.parquet": ONE},
        {"a.parquet": ONE, "b.parquet": OTHER},
        {"zip=00123/a.parquet": ONE, "zip=7/b.parquet": OTHER},
    ],
    ids=["one", "different", "partitioned"],
)
def test_they_are_those_of_the_rows(tmp_path, files):
    for name, table in files.items():
        write(tmp_path / "rows", name, table)
    spine = ParquetSpine(str(tmp_path / "rows"))
    assert parquet_schema(spine).equals(parquet_rows(spine).schema)


def test_no_row_is_read(tmp_path):
    """The pages of the file are spoilt; only what is written about them at its end is right."""
    write(tmp_path, "a.parquet", pa.table({"id": pa.array(range(5_000), pa.int64())}))
    file = tmp_path / "a.parquet"
    whole = file.read_bytes()
    file.write_bytes(whole[:4] + b"\xff" * 1_000 + whole[1_004:])
    spine = ParquetSpine(str(file))
    assert parquet_schema(spine).names == ["id"]
    with pytest.raises(RequestError, match="entity rows cannot be read"):
        parquet_rows(spine)


def test_a_file_that_is_none_is_refused(tmp_path):
    (tmp_path / "a.parquet").write_text("no Parquet")
    with pytest.raises(RequestError, match="entity rows cannot be read"):
        parquet_schema(ParquetSpine(str(tmp_path / "a.parquet")))
