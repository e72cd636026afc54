"""Many processes change one registry at once: nothing is lost, and history tells it all."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from uuid import uuid4

import pytest

from harness.tiers import examples
from integration.registry_crowd import DRIVER, NOON, view
from provender.errors import Conflict
from provender.testing import processes
from servers.google_cloud import registry_settings
from servers.postgres import shared_database
from servers.redshift import s3_bucket

MANY = examples(16, short=5)
pytestmark = pytest.mark.values(2)
CROWD = Path(__file__).with_name("registry_crowd.py")


@pytest.fixture(scope="module")
def postgres():
    """The address of a PostgreSQL server."""
    pytest.importorskip("psycopg", reason="PostgreSQL's driver psycopg is not installed")
    with shared_database() as (server, name):
        yield server.url(database=name)


@pytest.fixture(scope="module")
def postgres_contrib(postgres):
    """The same server, through the distribution of its own."""
    pytest.importorskip("provender_postgres", reason="contrib/provender-postgres is not installed")
    return {"type": "postgres", "url": postgres.replace("+psycopg", "")}


@pytest.fixture(scope="module")
def gcs():
    """A bucket."""
    pytest.importorskip("google.cloud.storage", reason="the extra [gcp] is not installed")
    with registry_settings() as settings:
        yield {"type": "gcp", **settings}


@pytest.fixture(scope="module")
def s3():
    """A bucket of S3."""
    pytest.importorskip("boto3", reason="the extra [aws] is not installed")
    with s3_bucket() as (settings, bucket):
        yield {"type": "aws", "path": f"s3://{bucket}/many", **settings}


@pytest.fixture(params=["file", "sqlite", "postgres", "postgres_contrib", "gcs", "s3"])
def crowded(request, repository, instants):
    """A repository of the given kind of registry, with the rows that all views read."""
    registry = {"file": "registry.db", "sqlite": "sqlite:///sql.db"}.get(request.param)
    # tests share the server, so each has a project of its own
    project = f"test_{uuid4().hex[:12]}"
    registry = registry or request.getfixturevalue(request.param)
    repository.configure(registry=registry, project=project)
    hours = list(range(8))
    columns = {"driver_id": hours, "ts": instants(*hours), "rating": [0.5] * len(hours)}
    repository.rows("stats.parquet", columns)
    return repository


def run(repository, tasks):
    """Let processes do tasks, beginning together; return what each answered."""
    done = processes.run(
        [sys.executable, CROWD],
        stdin=json.dumps([str(repository.path), tasks]) + "\n",
        seconds=300,
        code=None,
    )
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert not [answer["error"] for answer in found if "error" in answer], done.stderr
    assert len(found) == len(tasks), done.stderr
    return [answer["answer"] for answer in found]


def changed(commit):
    return sorted((change.action, change.kind, change.name) for change in commit.changes)


@pytest.mark.values(6)
def test_no_process_loses_what_another_registered(crowded):
    store = crowded.store()
    store.apply([DRIVER])
    run(crowded, [["apply", number, 2] for number in range(MANY)])
    names = sorted(f"own_{number}_{time}" for number in range(MANY) for time in range(2))
    catalog = store.refresh()
    assert catalog.view_names == names
    assert catalog.version == 1 + len(names), "one version for each view"
    commits = list(store.history.commits())
    added = [changed(commit) for commit in commits[:-1]]
    views = [c for commit in added for c in commit if c[1] == "feature view"]
    assert sorted(name for _, _, name in views) == names
    assert Counter(commit.author for commit in commits[:-1]) == Counter(
        {f"member {number}": 2 for number in range(MANY)}
    )
    assert [commit.version for commit in commits] == list(range(len(commits), 0, -1))


def test_all_can_begin_with_an_empty_registry(crowded):
    run(crowded, [["apply with entity", number, 1] for number in range(MANY)])
    store = crowded.store()
    catalog = store.refresh()
    assert catalog.view_names == sorted(f"own_{number}_0" for number in range(MANY))
    assert [entity.name for entity in store.list_entities()] == ["driver"]
    assert catalog.version == MANY
    kinds = Counter(c[1] for commit in store.history.commits() for c in changed(commit))
    assert kinds == {"entity": 1, "data source": 1, "feature view": MANY}


def test_changes_of_one_view_follow_each_other_beside_those_of_others(crowded):
    store = crowded.store()
    store.apply([DRIVER, *(view(f"moved_{number}") for number in range(MANY))])
    run(crowded, [["change", number, 3] for number in range(MANY)])
    catalog = store.refresh()
    assert catalog.version == 1 + 3 * MANY
    ttls = {catalog.view(name).view.ttl for name in catalog.view_names}
    assert {ttl.total_seconds() / 3600 for ttl in ttls} == {3}


def test_of_different_changes_of_one_view_the_late_ones_conflict(crowded):
    store = crowded.store()
    store.apply([DRIVER, view("shared")])
    plans = [crowded.store() for _ in range(2)]
    first, second = (s.plan([view("shared", description=str(n))]) for n, s in enumerate(plans))
    plans[0].apply(first, author="anna")
    with pytest.raises(Conflict) as caught:
        plans[1].apply(second)
    told = str(caught.value)
    assert "'shared'" in told
    assert "version 2" in told
    assert "anna" in told
    assert store.refresh().view("shared").view.description == "0"


def test_in_a_crowd_one_wins_and_whoever_conflicts_changed_nothing(crowded):
    store = crowded.store()
    store.apply([DRIVER, view("shared")])
    told = run(crowded, [["contend", number, 1] for number in range(MANY)])
    (winner,) = [number for number, answer in enumerate(told) if not answer]
    assert all("feature view 'shared' was changed by somebody else" in t for t in told if t)
    newest, _ = store.history.commits()
    assert newest.author == str(winner)
    assert store.refresh().view("shared").view.description == f"of {winner}"


def test_apply_and_materialize_leave_catalog_and_ledgers_whole(crowded):
    half, hours = MANY // 2, 4
    store = crowded.store()
    loaded = [f"loaded_{number}" for number in range(half // 2)]
    store.apply([DRIVER, *map(view, loaded)])
    appliers = [["apply", number, 3] for number in range(half)]
    run(crowded, appliers + [["materialize", number, hours] for number in range(half)])
    catalog = store.refresh()
    assert len(catalog.view_names) == len(loaded) + half * 3
    assert catalog.version == 1 + half * 3
    for name in loaded:
        answer = store.get_online_features([f"{name}:rating"], {"driver_id": [0, 3, 7]})
        assert answer.to_dict()["rating"] == [0.5] * 3, name
        (report,) = store.materialize_incremental(NOON, [name])
        assert report.start == NOON, "the ledger knows that all before was loaded"
