"""The tutorial of the older Feast releases, line by line, with ``feast`` read as ``provender``."""

from __future__ import annotations

import json
import re
import sqlite3
import sys
import warnings

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from provender import FeatureStore
from provender.testing.processes import run

OLDER = """
from provender import Duration, Entity, Feature, FeatureView, FileSource, ValueType

project_details = FileSource(path=r"{path}", event_timestamp_column="created_on")
project = Entity(name="id", value_type=ValueType.INT64, description="project id")
project_details_view = FeatureView(
    name="project_details",
    entities=["id"],
    ttl=Duration(seconds=86400 * 36500),
    features=[
        Feature(name="text", dtype=ValueType.STRING),
        Feature(name="tag", dtype=ValueType.STRING),
    ],
    online=True,
    input=project_details,
    tags={{}},
)
"""
CURRENT = """
from datetime import timedelta

from provender import Entity, FeatureView, Field, FileSource
from provender.types import Int64, String

project_details = FileSource(path=r"{path}", timestamp_field="created_on")
project = Entity(name="id", value_type=Int64, description="project id")
project_details_view = FeatureView(
    name="project_details",
    entities=[project],
    ttl=timedelta(days=36500),
    schema=[Field(name="text", dtype=String), Field(name="tag", dtype=String)],
    online=True,
    source=project_details,
)
"""


def rows(ids, days, texts, tags):
    instants = [pd.Timestamp(f"2020-02-{day:02}", tz="UTC") for day in days]
    return pa.table(
        {
            "id": pa.array(ids, pa.int64()),
            "created_on": pa.array(instants, pa.timestamp("us", "UTC")),
            "text": texts,
            "tag": tags,
        }
    )


@pytest.fixture(params=["older", "current"])
def repository(request, provender, tmp_path):
    provender("init", "--minimal", "--template", "local", "feature_project")
    found = tmp_path / "feature_project" / "feature_repo"
    (found / "rows").mkdir()
    table = rows([6, 7, 6], [20, 21, 25], ["first", "seven", "sixth"], ["cv", "nlp", "mlops"])
    pq.write_table(table, found / "rows" / "features.parquet")
    text = OLDER if request.param == "older" else CURRENT
    (found / "features.py").write_text(text.format(path=found / "rows"))
    return found


def test_init_makes_the_files_of_the_tutorial(provender, tmp_path):
    provender("init", "--minimal", "--template", "local", "feature_project")
    project = tmp_path / "feature_project"
    made = {path.relative_to(project).as_posix() for path in project.rglob("*")}
    assert made == {
        "feature_repo",
        "feature_repo/feature_store.yaml",
        "feature_repo/features.py",
        "store",
    }
    assert yaml.safe_load((project / "feature_repo" / "feature_store.yaml").read_text()) == {
        "project": "feature_project",
        "registry": "../store/registry.db",
        "provider": "local",
        "online_store": {"path": "../store/online_store.db"},
    }
    provender("init", "feature_project", code=1)


def test_the_tutorial_line_by_line(repository, provender):
    applied = provender("apply", cwd=repository)
    for line in (
        "Registered entity id",
        "Registered feature view project_details",
        "Deploying infrastructure for project_details",
    ):
        assert line in applied.stdout.splitlines()
    assert (repository.parent / "store" / "registry.db").exists()
    assert "Traceback" not in applied.stderr
    if "input=" in (repository / "features.py").read_text():
        for old in ("event_timestamp_column", "ValueType", "features=", "input=", "Duration"):
            warned = [line for line in applied.stderr.splitlines() if old in line]
            assert len(warned) >= 1, old
            assert all("features.py:" in line for line in warned)
    else:
        assert applied.stderr == ""

    store = FeatureStore(repo_path=repository)
    entity_df = pd.DataFrame(
        {
            "event_timestamp": pd.to_datetime(["2020-02-22", "2020-02-22", "2020-02-19"], utc=True),
            "id": [6, 7, 6],
        }
    )
    references = ["project_details:text", "project_details:tag"]
    with pytest.warns(DeprecationWarning, match="feature_refs"):
        training = store.get_historical_features(
            entity_df=entity_df, feature_refs=references
        ).to_df()
    assert list(training.columns) == [
        "event_timestamp",
        "id",
        "project_details__text",
        "project_details__tag",
    ]
    assert training["project_details__text"].tolist()[:2] == ["first", "seven"]
    assert training["project_details__text"].isna().tolist() == [False, False, True]
    short = store.get_historical_features(entity_df, features=references).to_df()
    assert list(short.columns) == ["event_timestamp", "id", "text", "tag"]

    now = pd.Timestamp.now("UTC").strftime("%Y-%m-%dT%H:%M:%S")
    moved = provender("materialize-incremental", now, cwd=repository).stdout
    assert re.search(
        r"Materializing 1 feature view to \S+ \S+ into the sqlite online store\.", moved
    )
    assert re.search(r"project_details from \S+ \S+ to \S+ \S+:", moved)
    assert re.search(r"\b2 rows", moved)
    with pytest.warns(DeprecationWarning, match="feature_refs"):
        online = store.get_online_features(feature_refs=references, entity_rows=[{"id": 6}])
    assert online.to_dict() == {
        "id": [6],
        "project_details__tag": ["mlops"],
        "project_details__text": ["sixth"],
    }

    again = provender("materialize-incremental", now, cwd=repository).stdout
    assert re.search(r"\b0 rows", again), "a second run loads only what is new"
    shown = provender(
        "--output",
        "json",
        "get-online",
        "--entity",
        "id=7",
        "--features",
        "project_details:tag",
        cwd=repository,
    )
    assert json.loads(shown.stdout)
    assert "nlp" in shown.stdout
    store.close()


INTERRUPTED = """
import signal
from provender.cli import main
from provender_local.sqlite_store import SqliteStore

write, batches = SqliteStore.write, []

def write_and_interrupt(store, table, rows):
    write(store, table, rows)
    batches.append(len(rows))
    if len(batches) == 3:
        signal.raise_signal(signal.SIGINT)

SqliteStore.write = write_and_interrupt
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever started this may ignore it
main()
"""


def test_an_interrupted_materialization_is_completed_by_a_rerun(repository, provender):
    many = 2_000
    table = rows(range(many), [20] * many, ["text"] * many, ["tag"] * many)
    pq.write_table(table, repository / "rows" / "many.parquet")
    with (repository / "feature_store.yaml").open("a") as config:
        config.write("materialization: {batch_rows: 100}\n")
    provender("apply", cwd=repository)
    online = repository.parent / "store" / "online_store.db"
    command = [sys.executable, "-c", INTERRUPTED, "materialize-incremental", "2100-01-01"]
    done = run(command, cwd=repository, code=130)
    assert "Traceback" not in done.stderr
    assert 0 < _count(online) < many, "it was stopped in the middle"
    provender("materialize-incremental", "2100-01-01", cwd=repository)
    assert _count(online) == many


def _count(path):
    connection = sqlite3.connect(path, timeout=30)
    try:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return sum(
            connection.execute(f'SELECT count(*) FROM "{n}"').fetchone()[0] for (n,) in names
        )
    finally:
        connection.close()


def test_the_names_of_the_older_tutorial_can_be_imported():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        from provender import Duration, Feature, ValueType

    assert Duration(seconds=1).seconds == 1
    assert ValueType.INT64.name == "INT64"
    assert callable(Feature)
