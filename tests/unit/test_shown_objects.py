"""What a notebook shows of the objects that people hold: short, and what they are about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from provender import Entity, FeatureService, FeatureView, Field, FileSource, PushSource
from provender.clock import duration_text, seconds_text
from provender.errors import bytes_text
from provender.materialize import ViewReport
from provender.plugin.statistics import ViewFigures
from provender.types import Float64, Int64

DRIVER = Entity(name="driver", join_keys=["driver_id"])
SOURCE = FileSource("stats.parquet", timestamp_field="ts")
FIELDS = [Field("rating", Float64), Field("trips", Int64)]
STATS = FeatureView(
    "stats", source=SOURCE, entities=[DRIVER], schema=FIELDS, ttl=timedelta(hours=26)
)
SERVICE = FeatureService("model", [STATS[["rating"]]])


@pytest.fixture
def store(repository, instants):
    columns = {"driver_id": [1, 2], "ts": instants(3, 2), "rating": [0.5, None], "trips": [3, 4]}
    repository.rows("stats.parquet", columns)
    return repository.store()


@pytest.fixture
def applied(store):
    store.apply([DRIVER, STATS, SERVICE], author="ann", message="First")
    return store


def test_a_plan_counts_its_changes_and_names_what_is_lost(store):
    plan = store.plan([DRIVER, STATS])
    assert repr(plan) == (
        "<Plan of project 'test' at version 0: 3 to add, 0 to change, 0 to remove>"
    )
    store.apply(plan)
    store.materialize_incremental("2026-03-01T12:00:00")
    removal = repr(store.plan([], partial=False))
    assert "3 to remove; online rows of 'stats' would be lost>" in removal


def test_reads_name_their_columns(applied):
    applied.materialize_incremental("2026-03-01T12:00:00")
    response = applied.get_online_features(["stats"], [{"driver_id": 1}])
    assert repr(response) == "<OnlineResponse: 1 row; driver_id, rating, trips>"
    assert repr(response.views[0]) == "<ViewResult of 'stats': 1 row; rating, trips>"
    reader = applied.prepare(["stats"])
    assert repr(reader) == "<OnlineReader of stats:rating, stats:trips by driver_id>"
    rows = applied.get_view_rows("stats", start="2026-01-01", end="2026-02-01")
    assert repr(rows) == (
        "<ViewRows of 'stats', events from 2026-01-01T00:00:00+00:00 to 2026-02-01T00:00:00+00:00: "
        "driver_id, rating, trips; not read yet>"
    )
    spine = pa.table({"driver_id": [1], "event_timestamp": [datetime(2026, 3, 1)]})
    job = applied.get_historical_features(spine, ["stats:trips"])
    assert repr(job) == (
        "<RetrievalJob: entity rows (driver_id, event_timestamp) with trips; not read yet>"
    )


def test_what_is_registered(applied):
    assert repr(applied).startswith("<FeatureStore of project 'test', local, ")
    assert repr(applied.config).startswith("<Config of project 'test', local, ")
    assert repr(applied.catalog) == (
        "<Catalog of project 'test' at version 1; entities: 1, sources: 1, views: 1, services: 1>"
    )
    assert repr(applied.catalog.view("stats")) == (
        "<CatalogView 'stats' by driver_id: Int64; features rating: Float64, trips: Int64>"
    )
    assert repr(applied.catalog.service("model")) == (
        "<CatalogService 'model', given stats:rating>"
    )
    assert repr(applied.history) == "<CatalogHistory of project 'test'>"
    (commit,) = applied.history.commits()
    assert repr(commit).startswith("<Commit of version 1 by ann at 20")
    assert repr(commit).endswith(", 4 changes: First>")


def test_changes_figures_and_reports(applied):
    changed = FeatureView("stats", source=SOURCE, entities=[DRIVER], schema=FIELDS, ttl=None)
    (change,) = applied.plan([DRIVER, changed]).changes
    assert repr(change) == "<ObjectChange change feature view 'stats': ttl (needs backfill)>"
    assert repr(change.fields[0]) == "<FieldChange ttl: - 1 day, 2 hours>"
    figures = applied.get_view_statistics("stats")
    assert repr(figures).startswith("<ViewFigures of 'stats': 2 rows from 2026-")
    assert repr(figures).endswith("; driver_id, rating, trips>")
    assert "rating: Float64, 1 null, 1 different>" in repr(figures.columns[1])
    (report,) = applied.materialize_incremental("2026-03-01T12:00:00")
    assert repr(report).endswith("to 2026-03-01T12:00:00+00:00: 2 rows read: 2 written>")


def test_definitions_show_what_was_said_of_them():
    assert repr(DRIVER) == "Entity('driver', join_keys=['driver_id'])"
    assert repr(FIELDS[1]) == "Field('trips', Int64)"
    assert str(FIELDS[1]) == "trips: Int64"
    assert repr(SOURCE) == "FileSource('stats.parquet', timestamp_field='ts', path='stats.parquet')"
    pushed = PushSource("rides", batch_source=SOURCE)
    assert repr(pushed) == f"PushSource('rides', timestamp_field='ts', batch_source={SOURCE!r})"
    assert repr(STATS).startswith(f"FeatureView('stats', source={SOURCE!r}, schema=[Field('rat")
    assert "description" not in repr(STATS)
    wide = FeatureView("w", source=SOURCE, schema=[Field(f"f{i}", Int64) for i in range(500)])
    assert len(repr(wide)) < 500
    assert repr(SERVICE).startswith("FeatureService('model', features=[Projection(view='stats'")


def test_a_client_shows_its_server_without_its_secrets():
    from provender.client import Client

    client = Client("http://ann:secret@127.0.0.1:1", token="hidden")  # noqa: S106
    with client:
        assert "127.0.0.1" in repr(client)
        assert "secret" not in repr(client)
        assert "hidden" not in repr(client)


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(days=1, hours=2), "1 day, 2 hours"),
        (timedelta(days=4000), "4,000 days"),
        (timedelta(minutes=1, seconds=1), "1 minute, 1 second"),
        (timedelta(milliseconds=1500), "1.5 seconds"),
        (timedelta(microseconds=1), "0.000001 seconds"),
        (timedelta(0), "0 seconds"),
    ],
)
def test_lengths_of_time_in_words(span, text):
    assert duration_text(span // timedelta(microseconds=1)) == text


def test_one_is_singular():
    now = datetime(2026, 3, 1, tzinfo=UTC)
    assert "1 row read: 1 written>" in repr(ViewReport("v", None, now, 1, read=1))
    assert ": 1 row;" in repr(ViewFigures("v", 1, None, None, ()))
    assert "2,000 rows" in repr(ViewFigures("v", 2000, None, None, ()))


@pytest.mark.parametrize(
    ("size", "text"),
    [
        *((0, "0 bytes"), (1, "1 byte"), (1_500, "1,500 bytes"), (1024, "1 KiB")),
        *((16 * 1024**2, "16 MiB"), (3 * 1024**3, "3 GiB")),
    ],
)
def test_sizes_in_words(size, text):
    assert bytes_text(size) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.05, "0.05 seconds"), (1, "1 second"), (90.0, "1 minute, 30 seconds"), (3600, "1 hour")],
)
def test_seconds_in_words(seconds, text):
    assert seconds_text(seconds) == text
