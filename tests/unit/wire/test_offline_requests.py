"""What an offline server reads of a request is what was asked for."""

from __future__ import annotations

from dataclasses import replace

from provender import FileSource
from provender.plugin import Column, SourceRead
from provender.server.flight.requests import read_of
from provender.types import Int64
from provender.wire.offline import read_document


def test_a_read_of_a_source():
    source = FileSource("rows")
    keys, features = (Column("id", "key", Int64),), (Column("a", "b", Int64),)
    read = SourceRead(source, keys, features, "ts", "made")
    for asked in (read, replace(read, pushed=True, created=None)):
        assert read_of(read_document(asked), lambda document: source) == asked
