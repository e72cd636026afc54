"""Uploads to `provender serve-offline` that break off or stall: nothing is done with them."""

from __future__ import annotations

from contextlib import closing, contextmanager
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.flight as flight
import pyarrow.parquet as pq
import pytest

from provender.definitions import FileSource
from provender.wire.offline import Ask, encode
from servers.feature_server import offline_server

ROWS = pa.table(
    {"id": [1], "ts": pa.array([datetime(2026, 1, 1, tzinfo=UTC)], pa.timestamp("us", "UTC"))}
)


@pytest.fixture
def rows(tmp_path):
    """Return what is stored."""
    (tmp_path / "rows").mkdir()
    pq.write_table(ROWS, tmp_path / "rows" / "a.parquet")
    return lambda: pq.read_table(tmp_path / "rows").num_rows


@pytest.fixture
def url(tmp_path, rows):
    text = "project: p\nserver: {write_deadline: 1s, deadline: 1s}\n"
    (tmp_path / "feature_store.yaml").write_text(text)
    with offline_server(tmp_path) as found:
        yield found


@contextmanager
def uploading(url):
    """Begin to append rows."""
    source = FileSource("rows", timestamp_field="ts").to_document()
    command = encode(Ask("append", source=source, uploads=True))
    with closing(flight.connect(url)) as client:
        writer, reader = client.do_exchange(flight.FlightDescriptor.for_command(command))
        writer.begin(ROWS.schema)
        yield writer, reader


def finish(url):
    with uploading(url) as (writer, reader):
        writer.write_table(ROWS)
        writer.done_writing()
        reader.read_all()
        writer.close()


@pytest.mark.parametrize("batches", [0, 1, 2])
def test_an_upload_that_stands_still_is_ended(url, rows, batches):
    with uploading(url) as (writer, reader):
        for _ in range(batches):
            writer.write_table(ROWS)
        with pytest.raises(flight.FlightError):
            reader.read_all()
        assert rows() == 1
        finish(url)
        assert rows() == 2
        with pytest.raises(flight.FlightError):
            writer.close()


def test_of_an_upload_whose_client_is_gone_nothing_is_done(tmp_path, rows):
    (tmp_path / "feature_store.yaml").write_text("project: p\n")
    many = pa.concat_tables([ROWS] * 100_000).combine_chunks()
    with offline_server(tmp_path) as url:
        with uploading(url) as (writer, reader):
            for _ in range(5):
                writer.write_table(many)
            reader.cancel()
        finish(url)
    assert rows() == 2  # once the server has done everything that it was asked for
