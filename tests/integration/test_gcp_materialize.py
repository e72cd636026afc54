"""From apply to serving with Firestore and a registry in Cloud Storage, also when they fail."""

from __future__ import annotations

import pyarrow as pa
import pytest

grpc = pytest.importorskip("grpc", reason="grpcio is not installed: pip install 'provender[gcp]'")

from provender import Entity, FeatureView, Field, FileSource  # noqa: E402
from provender.errors import MaterializeError  # noqa: E402
from provender.types import Float64, Int64  # noqa: E402
from servers.grpc_faults import lose, refuse  # noqa: E402
from servers.http_faults import lose as http_lose  # noqa: E402
from servers.http_faults import refuse as http_refuse  # noqa: E402

pytest_plugins = ["servers.spoiled_google"]

# when Google's client tries a download again, it drops the answer that it has not read
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

Code = grpc.StatusCode
DRIVERS = list(range(40))
DRIVER = Entity(name="driver", join_keys=["driver_id"], value_type=Int64)
STATS = FeatureView(
    "stats",
    source=FileSource("stats.parquet", timestamp_field="ts"),
    entities=[DRIVER],
    schema=[Field("rating", Float64)],
)


@pytest.fixture
def store(repository, instants, firestore, gcs, tmp_path):
    """A feature store whose only view has a row for each driver."""
    repository.rows(
        "stats.parquet",
        {
            "driver_id": pa.array(DRIVERS, pa.int64()),
            "ts": instants(*[1.0] * len(DRIVERS)),
            "rating": [driver / 100 for driver in DRIVERS],
        },
    )
    online = {
        "type": "gcp.firestore",
        "project_id": "shop",
        "collection": tmp_path.name,
        "endpoint": firestore.endpoint,
        "writes_per_second": None,
        "timeout_seconds": 20,
        "parallel": 1,
        "batch_rows": 5,
    }
    registry = {"type": "gcp.gcs", "path": f"gs://features/{tmp_path.name}"}
    repository.configure(
        online_store=online,
        registry={**registry, "endpoint": gcs.endpoint},
        materialization={"batch_rows": 10},
    )
    return repository.store()


def served(store):
    found = store.get_online_features(["stats:rating"], {"driver_id": DRIVERS})
    return found.to_dict()["rating"]


ALL = [driver / 100 for driver in DRIVERS]


def test_features_are_applied_materialized_served_and_dropped(store, repository, firestore):
    store.apply([DRIVER, STATS])
    (report,) = store.materialize_incremental(repository.clock())
    assert report.rows == len(DRIVERS)
    assert served(store) == ALL
    assert served(repository.store()) == ALL
    store.teardown()
    firestore.reset()
    again = repository.store()
    again.apply([DRIVER, STATS])
    assert served(again) == [None] * len(DRIVERS)


@pytest.mark.parametrize("done", [0, 1, 5], ids=["at first", "after one", "after five"])
def test_what_firestore_did_not_acknowledge_is_loaded_by_the_next_run(
    store, repository, firestore, done
):
    store.apply([DRIVER, STATS])
    passing = [lambda call, request, context: call(request)] * done
    firestore.spoil("BatchWrite", *passing, refuse(Code.PERMISSION_DENIED))
    with pytest.raises(MaterializeError, match="denies permission"):
        store.materialize_incremental(repository.clock())
    (report,) = store.materialize_incremental(repository.clock())
    assert report.rows >= len(DRIVERS) - 5 * done
    assert served(store) == ALL
    (report,) = store.materialize_incremental(repository.clock())
    assert report.rows == 0


def test_a_run_outlasts_everything_that_passes(store, repository, firestore):
    store.apply([DRIVER, STATS])
    for method in ("BatchWrite", "BatchGetDocuments"):
        passing = [lambda call, request, context: call(request)]
        faults = [refuse(Code.UNAVAILABLE), lose(Code.ABORTED), refuse(Code.RESOURCE_EXHAUSTED)]
        firestore.spoil(method, *faults, *passing * 2, lose(Code.UNAVAILABLE))
    (report,) = store.materialize_incremental(repository.clock())
    assert report.rows == len(DRIVERS)
    assert served(store) == ALL


@pytest.mark.parametrize("fault", [http_refuse, http_lose], ids=["refused", "answer lost"])
def test_an_apply_outlasts_what_passes(store, repository, gcs, fault):
    gcs.spoil("POST", "/upload/", *[fault(status) for status in (503, 429)])
    gcs.spoil("GET", "", http_refuse(503))
    store.apply([DRIVER, STATS])
    store.materialize_incremental(repository.clock())
    assert served(repository.store()) == ALL
