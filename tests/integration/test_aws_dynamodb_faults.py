"""DynamoDB throttles, leaves things undone and loses answers: nothing is lost, all is told."""

from __future__ import annotations

import json
import threading

import pyarrow as pa
import pytest

pytest.importorskip("boto3", reason="boto3 is not installed: pip install 'provender[aws]'")

from provender import Entity, FeatureView, Field, FileSource
from provender.errors import MaterializeError, StoreError
from provender.plugin import OnlineTable, PluginContext
from provender.types import Float64, Int64
from provender_aws.dynamodb_configuration import DynamoDBConfig
from provender_aws.dynamodb_store import DynamoDBStore
from servers import http_faults as requests
from servers.dynamodb import dynamodb_settings

TABLE, OTHER = OnlineTable("shop", "orders"), OnlineTable("shop", "visits")
ROWS = [(b"key-%d" % n, n, 0, b"value-%d" % n) for n in range(30)]
KEYS = [row[0] for row in ROWS]
PASSING = [
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "RequestLimitExceeded",
    "InternalServerError",
]


@pytest.fixture(scope="module")
def server():
    with dynamodb_settings("ministack") as settings:
        if "endpoint" not in settings:
            pytest.skip("a real account cannot be told to fail")
        with requests.http_faults(settings["endpoint"]) as faults:
            yield settings, faults


@pytest.fixture
def faults(server):
    server[1].reset()
    yield server[1]
    server[1].reset()


@pytest.fixture
def open_store(server, tmp_path):
    opened = []

    def open_one(endpoint=None, client=None, **more):
        settings = {**server[0], "retry_seconds": 20.0, **more}
        config = DynamoDBConfig(**{**settings, "endpoint": endpoint or settings["endpoint"]})
        opened.append(DynamoDBStore(config, PluginContext("shop", tmp_path), client))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()


@pytest.fixture
def direct(open_store):
    """A store that nothing happens to, whose tables are empty."""
    store = open_store()
    store.drop([TABLE, OTHER])
    store.prepare([TABLE, OTHER])
    return store


@pytest.fixture
def faulty(open_store, faults, direct):
    return open_store(faults.endpoint)


def answered(told, status=200):
    return requests.Answer(status, json.dumps(told).encode(), {"content-type": "x"})


def refuse(kind, status=400):
    told = {"__type": f"com.amazonaws.dynamodb.v20120810#{kind}", "message": "no"}
    return lambda call: answered(told, status)


def lose(kind, status=400):
    def fault(call):
        call()
        return refuse(kind, status)(call)

    return fault


def half_read(call):
    """Answer half of what was asked, and name the rest as unprocessed."""
    answer = call()
    told = json.loads(answer.body)
    left = {}
    for table, items in told["Responses"].items():
        keep = len(items) // 2
        left[table] = {"Keys": [{"k": item["k"]} for item in items[keep:]]}
        told["Responses"][table] = items[:keep]
    told["UnprocessedKeys"] = {table: part for table, part in left.items() if part["Keys"]}
    return answered(told)


@pytest.mark.parametrize("kind", PASSING)
@pytest.mark.parametrize("fault", [refuse, lose], ids=["refused", "answer lost"])
def test_a_write_outlasts_what_passes(faulty, faults, direct, kind, fault):
    faults.spoil("POST", "PutItem", fault(kind), times=6)
    faulty.write(TABLE, ROWS)
    assert direct.read(TABLE, KEYS) == ROWS


def test_a_connection_that_breaks_is_opened_again(faulty, faults, direct):
    faults.spoil("POST", "PutItem", lambda call: call() and requests.Answer(0), times=3)
    faults.spoil("POST", "BatchGetItem", lambda call: requests.Answer(0), times=3)
    faulty.write(TABLE, ROWS)
    assert faulty.read(TABLE, KEYS) == ROWS


@pytest.mark.parametrize("kind", PASSING)
def test_a_read_outlasts_what_passes(faulty, faults, direct, kind):
    direct.write(TABLE, ROWS)
    faults.spoil("POST", "BatchGetItem", refuse(kind), times=3)
    assert faulty.read(TABLE, KEYS) == ROWS


def test_what_every_second_read_leaves_out_is_read_again(faulty, faults, direct):
    direct.write(TABLE, ROWS)
    direct.write(OTHER, ROWS[:3])
    faults.spoil("POST", "BatchGetItem", half_read, lambda call: call(), times=20)
    got = faulty.read_many([(TABLE, [*KEYS, b"none"]), (OTHER, KEYS[:4])])
    assert got == [[*ROWS, None], [*ROWS[:3], None]]
    assert len(faults.requests) >= 2


def test_keys_that_are_left_out_for_ever_are_an_error(open_store, faults, direct):
    def nothing(call):
        told = {"Responses": {}, "UnprocessedKeys": {TABLE.name: {"Keys": [{"k": {"B": "a2s="}}]}}}
        return answered(told)

    faults.spoil("POST", "BatchGetItem", nothing, times=1000)
    store = open_store(faults.endpoint, retry_seconds=0.5)
    with pytest.raises(StoreError, match="repeatedly left items") as caught:
        store.read(TABLE, KEYS)
    assert "on-demand" in caught.value.problems[0].fix


def test_deletions_that_are_left_out_are_done_again(open_store, faults):
    store = open_store(faults.endpoint, table="everything.shared")
    store.prepare([TABLE])
    store.write(TABLE, ROWS)
    store.write(OTHER, ROWS)

    def half(call):
        answer = call()
        left = {"everything.shared": [{"DeleteRequest": {"Key": {"k": {"B": "a2s="}}}}]}
        told = {**json.loads(answer.body), "UnprocessedItems": left}
        return answered(told)

    faults.spoil("POST", "BatchWriteItem", half, lambda call: call(), times=3)
    store.drop([TABLE])
    assert store.read(TABLE, KEYS) == [None] * len(KEYS)
    assert store.read(OTHER, KEYS) == ROWS


@pytest.mark.parametrize("left", [3, 25])
def test_deletes_that_are_left_out_are_done_again(faulty, faults, direct, left):
    """DynamoDB does a part of a batch, or none of it, and returns the rest."""
    rows = [(b"%d" % n, 1, 0, b"v") for n in range(25)]
    direct.write(TABLE, rows)

    def some(call):
        asked = json.loads(faults.body)["RequestItems"]
        ((table, deletes),) = asked.items()
        if left < len(deletes):
            call()
        told = {"UnprocessedItems": {table: deletes[:left]}}
        return answered(told)

    faults.spoil("POST", "BatchWriteItem", some)
    faulty.delete(TABLE, [row[0] for row in rows])
    assert direct.read(TABLE, [row[0] for row in rows]) == [None] * 25


def test_deletes_that_are_left_out_for_ever_are_an_error(open_store, faults, direct):
    def nothing(call):
        told = {"UnprocessedItems": json.loads(faults.body)["RequestItems"]}
        return answered(told)

    direct.write(TABLE, ROWS)
    faults.spoil("POST", "BatchWriteItem", nothing, times=1000)
    store = open_store(faults.endpoint, retry_seconds=0.5)
    with pytest.raises(StoreError, match="repeatedly left items"):
        store.delete(TABLE, KEYS)
    assert direct.read(TABLE, KEYS) == ROWS


def test_a_scan_outlasts_what_passes_and_tells_what_it_used(faulty, faults, direct):
    direct.write(TABLE, ROWS)
    faults.spoil("POST", "Scan", refuse("ThrottlingException"))
    assert sorted(key for page in faulty.keys(TABLE) for key in page) == sorted(KEYS)
    assert faulty.usage()["read units"] > 0
    faults.spoil("POST", "Scan", refuse("AccessDeniedException"))
    with pytest.raises(StoreError, match="denies permission"):
        list(faulty.keys(TABLE))


def test_a_long_key_of_an_earlier_version_cannot_be_listed(direct):
    direct.write(TABLE, [(b"x" * 2_000, 1, 0, b"v")])
    client, (name,) = direct._client(), {direct._places.table(TABLE)}
    (found,) = client.scan(TableName=name)["Items"]
    del found["l"]
    client.put_item(TableName=name, Item=found)
    with pytest.raises(StoreError, match="without its long key") as caught:
        list(direct.keys(TABLE))
    assert "materialize" in caught.value.problems[0].fix
    direct.delete(TABLE, [b"x" * 2_000])
    assert list(direct.keys(TABLE)) == [[]]


def test_a_swap_whose_answer_is_lost_is_not_taken_for_another_s(faulty, faults, direct):
    """The SDK sends it again, and finds the row that it has just written."""
    direct.write(TABLE, [(b"n", 1, 0, b"1")])
    faults.spoil("POST", "PutItem", lose("InternalServerError", 500))
    with pytest.raises(StoreError, match="may or may not have been swapped"):
        faulty.swap(TABLE, b"n", (b"n", 1, 0, b"1"), (b"n", 1, 0, b"2"))
    assert direct.read(TABLE, [b"n"]) == [(b"n", 1, 0, b"2")]
    assert faulty.swap(TABLE, b"n", (b"n", 1, 0, b"1"), (b"n", 1, 0, b"3")) is False


def test_what_does_not_pass_is_told(open_store, faults, direct):
    store = open_store(faults.endpoint, retry_seconds=0.5)
    faults.spoil("POST", "PutItem", refuse("ThrottlingException"), times=1000)
    with pytest.raises(StoreError, match="takes no more requests"):
        store.write(TABLE, ROWS[:1])
    faults.reset()
    faults.spoil("POST", "PutItem", refuse("ExpiredTokenException"), times=100)
    with pytest.raises(StoreError, match="they have expired"):
        store.write(TABLE, ROWS)
    faults.reset()
    store.write(TABLE, ROWS)
    assert direct.read(TABLE, KEYS) == ROWS


def test_who_writes_between_is_not_overwritten_by_an_older_row(faulty, faults, direct):
    newer = (b"k", 6, 0, b"newer")

    def between(call):
        direct.write(TABLE, [newer])
        return call()

    faults.spoil("POST", "PutItem", between)
    faulty.write(TABLE, [(b"k", 5, 0, b"mine")])
    assert direct.read(TABLE, [b"k"]) == [newer]


def test_a_lost_answer_followed_by_somebody_newer_puts_nothing_older_back(faulty, faults, direct):
    newer = (b"k", 6, 0, b"newer")

    def lost(call):
        call()
        direct.write(TABLE, [newer])
        return refuse("InternalServerError", 500)(call)

    faults.spoil("POST", "PutItem", lost)
    faulty.write(TABLE, [(b"k", 5, 0, b"mine")])
    assert direct.read(TABLE, [b"k"]) == [newer]


def test_a_row_that_is_too_large_is_refused_by_name_before_anything_is_written(direct, faults):
    rows = [*ROWS, (b"large", 1, 1, bytes(400 * 1024))]
    with pytest.raises(StoreError, match=r"1 of 31 rows of feature view 'orders' are too large"):
        direct.write(TABLE, rows)
    assert direct.read(TABLE, KEYS) == [None] * len(KEYS)
    fits = (b"large", 1, 1, bytes(400 * 1024 - 100))
    direct.write(TABLE, [fits])
    assert direct.read(TABLE, [b"large"]) == [fits]


def test_keys_longer_than_dynamodb_takes(direct):
    rows = [(bytes([n]) * 5000, n, 0, b"v") for n in range(3)]
    direct.write(TABLE, rows)
    assert direct.read(TABLE, [row[0] for row in rows]) == rows


def test_more_than_a_request_takes_are_asked_for_in_several(faulty, faults, direct):
    rows = [(b"%d" % n, n, 0, bytes(300)) for n in range(230)]
    direct.write(TABLE, rows)
    faults.requests.clear()
    keys = [row[0] for row in rows]
    assert faulty.read(TABLE, [*keys, *keys]) == [*rows, *rows]  # asked for once each
    assert len([1 for _, path in faults.requests if "BatchGetItem" in path]) == 3


def test_units_are_counted_and_priced(open_store):
    store = open_store(consistent_reads=True, write_price=1.0, read_price=2.0)
    store.prepare([TABLE])
    rows = [(b"a", 1, 0, bytes(100)), (b"b", 1, 0, bytes(1000)), (b"c", 1, 0, bytes(5000))]
    costs = store.estimate(TABLE, rows)
    assert costs.write_units == 1 + 2 + 5
    assert costs.read_units == 1 + 1 + 2
    assert (costs.write_price, costs.read_price) == (8 / 1e6, 8 / 1e6)
    lazy = open_store(consistent_reads=False)
    assert lazy.estimate(TABLE, rows).read_units == 2.0
    before = store.usage().get("write units", 0)
    store.write(TABLE, rows)
    assert store.usage()["write units"] - before >= 3


def test_another_client_with_the_same_methods_can_be_given(open_store, direct):
    import boto3

    given = boto3.client("dynamodb", endpoint_url=direct._config.endpoint, region_name="us-east-1")
    store = open_store(client=given)
    store.write(TABLE, ROWS)
    store.close()
    assert given.list_tables()["TableNames"]  # it belongs to who made it
    given.close()


def test_tables_are_made_as_configured(open_store):
    store = open_store(
        table="made.so",
        billing="provisioned",
        read_capacity=7,
        write_capacity=3,
        point_in_time_recovery=True,
        tags={"team": "fraud"},
    )
    store.prepare([TABLE])
    client = store._client()
    made = client.describe_table(TableName="made.so")["Table"]
    assert made["ProvisionedThroughput"]["ReadCapacityUnits"] == 7
    assert made["ProvisionedThroughput"]["WriteCapacityUnits"] == 3
    tags = client.list_tags_of_resource(ResourceArn=made["TableArn"])["Tags"]
    assert tags == [{"Key": "team", "Value": "fraud"}]
    expiry = client.describe_time_to_live(TableName="made.so")["TimeToLiveDescription"]
    assert (expiry["TimeToLiveStatus"], expiry["AttributeName"]) == ("ENABLED", "x")
    backups = client.describe_continuous_backups(TableName="made.so")
    status = backups["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    assert status["PointInTimeRecoveryStatus"] == "ENABLED"


def test_rows_say_when_they_may_be_removed(open_store):
    store = open_store()
    table = OnlineTable("shop", "expiring", ttl=1_500_000)
    store.prepare([table])
    store.write(table, [(b"k", 10_000_000, 0, b"v")])
    name = store._places.table(table)
    (found,) = store._client().scan(TableName=name)["Items"]
    assert found["x"] == {"N": "12"}  # 11.5 s, never too early
    store.drop([table])


DRIVERS = list(range(40))
DRIVER = Entity(name="driver", join_keys=["driver_id"], value_type=Int64)
STATS = FeatureView(
    "stats",
    source=FileSource("stats.parquet", timestamp_field="ts"),
    entities=[DRIVER],
    schema=[Field("rating", Float64)],
)


@pytest.fixture
def features(repository, instants, server, faults, tmp_path):
    """A feature store whose only view has a row for each driver."""
    columns = {"ts": instants(*[1.0] * len(DRIVERS)), "rating": [d / 100 for d in DRIVERS]}
    drivers = pa.array(DRIVERS, pa.int64())
    repository.rows("stats.parquet", {"driver_id": drivers, **columns})
    prefix = tmp_path.name[:20].replace("_", "-")
    online = {"type": "aws.dynamodb", "region": "us-east-1", "table_prefix": prefix}
    online |= {"endpoint": faults.endpoint, "retry_seconds": 0.5, "parallel": 1}
    repository.configure(online_store=online, materialization={"batch_rows": 10})
    store = repository.store()
    store.apply([DRIVER, STATS])
    return store


def served(store):
    found = store.get_online_features(["stats:rating"], {"driver_id": DRIVERS})
    return found.to_dict()["rating"]


def test_a_materialization_that_fails_goes_on_where_it_was(features, faults, clock):
    passing = threading.Semaphore(25)

    def fail(call):
        if passing.acquire(blocking=False):
            return call()
        return refuse("AccessDeniedException")(call)

    faults.spoil("POST", "PutItem", fail, times=1000)
    with pytest.raises(MaterializeError, match="denies permission"):
        features.materialize_incremental(clock())
    faults.reset()
    (report,) = features.materialize_incremental(clock())
    assert report.rows == len(DRIVERS)
    assert served(features) == [driver / 100 for driver in DRIVERS]
    assert features.stores.online.usage()["write units"] >= len(DRIVERS)
