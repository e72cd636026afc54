"""The test server of the Redshift Data API does what it says, and refuses what it does not know."""

import io
import re
import uuid

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from servers.redshift import aws_client, redshift_settings
from waiting import until

pytest.importorskip("boto3", reason="boto3 is not installed: pip install 'provender[aws]'")
ROLE = "IAM_ROLE 'arn:aws:iam::123456789012:role/r' FORMAT AS PARQUET"


@pytest.fixture(scope="module")
def settings():
    with redshift_settings() as found:
        if "s3_endpoint" not in found:
            pytest.skip("a real account is configured: there is no test server to look at")
        yield found


@pytest.fixture
def bucket(settings):
    return settings["s3_staging_location"].split("/")[2]


@pytest.fixture
def client(settings):
    found = aws_client("redshift-data", settings)
    yield found
    found.close()


@pytest.fixture
def s3(settings):
    found = aws_client("s3", settings)
    yield found
    found.close()


WHERE = {"ClusterIdentifier": "c", "Database": "postgres", "DbUser": "me"}


def ended(client, begun):
    def told():
        found = client.describe_statement(Id=begun["Id"])
        return found if found["Status"] in ("FINISHED", "FAILED", "ABORTED") else None

    return until(told, "the end of a statement")


def run(client, *texts):
    return ended(client, client.batch_execute_statement(Sqls=list(texts), **WHERE))


def test_result_has_types_and_pages(client):
    text = "SELECT g::bigint AS n, 'x' || g AS t FROM generate_series(1, 1200) AS g ORDER BY 1"
    told = ended(client, client.execute_statement(Sql=text, **WHERE))
    assert (told["Status"], told["HasResultSet"], told["ResultRows"]) == ("FINISHED", True, 1200)
    pages = client.get_paginator("get_statement_result").paginate(Id=told["Id"])
    pages = list(pages)
    assert [len(page["Records"]) for page in pages] == [500, 500, 200]
    assert pages[0]["Records"][0] == [{"longValue": 1}, {"stringValue": "x1"}]
    assert [c["typeName"] for c in pages[0]["ColumnMetadata"]] == ["int8", "varchar"]


def test_batch_is_one_transaction(client):
    name = f"t_{uuid.uuid4().hex}"
    told = run(client, f"CREATE TABLE {name} (x BIGINT)", "SELECT 1/0")
    assert told["Status"] == "FAILED"
    assert "division by zero" in told["Error"]
    assert [part["Status"] for part in told["SubStatements"]] == ["FINISHED", "FAILED"]
    assert run(client, f"SELECT * FROM {name}")["Status"] == "FAILED"


def test_client_token_runs_a_statement_once(client):
    name = f"t_{uuid.uuid4().hex}"
    assert run(client, f"CREATE TABLE {name} (x BIGINT)")["Status"] == "FINISHED"
    again = {"Sql": f"INSERT INTO {name} VALUES (1)", "ClientToken": name, **WHERE}
    ids = {client.execute_statement(**again)["Id"] for _ in range(3)}
    assert len(ids) == 1
    ended(client, {"Id": ids.pop()})
    told = run(client, f"SELECT COUNT(*) FROM {name}")
    rows = client.get_statement_result(Id=told["SubStatements"][0]["Id"])["Records"]
    assert rows == [[{"longValue": 1}]]


def test_statement_is_cancelled(client):
    begun = client.execute_statement(Sql="SELECT pg_sleep(600)", **WHERE)
    status = lambda: client.describe_statement(Id=begun["Id"])["Status"]  # noqa: E731
    until(lambda: status() != "SUBMITTED", "the beginning of a statement")
    assert client.cancel_statement(Id=begun["Id"])["Status"]
    assert ended(client, begun)["Status"] == "ABORTED"
    with pytest.raises(client.exceptions.ValidationException, match="already in ABORTED"):
        client.cancel_statement(Id=begun["Id"])


def test_copy_and_unload_move_parquet(client, s3, bucket):
    name = f"t_{uuid.uuid4().hex}"
    table = pa.table({"n": [1, 2, None], "t": ["a", "it's", ""], "b": [b"\x00", None, b""]})
    file = io.BytesIO()
    pq.write_table(table, file)
    s3.put_object(Bucket=bucket, Key=f"{name}/in.parquet", Body=file.getvalue())
    told = run(
        client,
        f"CREATE TABLE {name} (n BIGINT, t VARCHAR(65535), b VARBYTE(100))",
        f"COPY {name} FROM 's3://{bucket}/{name}/in' {ROLE}",
        f"UNLOAD ($$SELECT * FROM {name} WHERE t <> 'zz' ORDER BY n$$) "
        f"TO 's3://{bucket}/{name}/out_' {ROLE} MANIFEST VERBOSE PARALLEL OFF",
    )
    assert told["Status"] == "FINISHED", told
    body = s3.get_object(Bucket=bucket, Key=f"{name}/out_000.parquet")["Body"].read()
    assert pq.read_table(io.BytesIO(body)).equals(table)
    again = f"UNLOAD ('SELECT 1 AS x') TO 's3://{bucket}/{name}/out_' {ROLE}"
    assert "not empty" in run(client, again)["Error"]


def test_unload_of_no_rows_writes_nothing(client, s3, bucket):
    name = f"t_{uuid.uuid4().hex}"
    unload = f"UNLOAD ('SELECT 1 AS x WHERE %s') TO 's3://{bucket}/{name}/%s_' {ROLE} MANIFEST"
    told = run(client, unload % ("1 = 0", "none"), "SELECT pg_last_unload_count()")
    assert told["Status"] == "FINISHED", told
    assert records(client, told) == [[{"longValue": 0}]]
    assert s3.list_objects_v2(Bucket=bucket, Prefix=f"{name}/")["KeyCount"] == 0
    told = run(client, unload % ("1 = 1", "one"), "SELECT pg_last_unload_count()")
    assert records(client, told) == [[{"longValue": 1}]]


def records(client, told):
    """Return the rows of the last statement of a batch."""
    return client.get_statement_result(Id=told["SubStatements"][-1]["Id"])["Records"]


def test_trailing_blanks_of_texts_do_not_count(client):
    name = f"t_{uuid.uuid4().hex}"
    told = run(
        client,
        f"CREATE TABLE {name} (t VARCHAR(10), n BIGINT)",
        f"INSERT INTO {name} VALUES ('a', 1), ('a ', 1), (' a', 1)",
        f"SELECT (SELECT COUNT(*) FROM {name} WHERE t = 'a  '), "
        f"(SELECT COUNT(*) FROM (SELECT DISTINCT t, n FROM {name}) AS d), "
        f"(SELECT MAX(r) FROM (SELECT ROW_NUMBER() OVER (PARTITION BY t) AS r FROM {name}) AS w), "
        f"(SELECT COUNT(*) FROM {name} AS a INNER JOIN {name} AS b ON a.t = b.t AND a.n = b.n), "
        f"(SELECT SUM(LEN(t)) FROM {name})",
    )
    assert told["Status"] == "FINISHED", told
    assert [next(iter(v.values())) for v in records(client, told)[0]] == [2, 2, 2, 5, 5]


def test_super_is_written_as_text_up_to_the_limit_and_as_bytes_beyond_it(client):
    name = f"t_{uuid.uuid4().hex}"
    made = f"CREATE TABLE {name} AS SELECT JSON_PARSE('[' || REPEAT('1,', 40000) || '1]') AS s"
    text = f"SELECT LEN(JSON_SERIALIZE(s)) FROM {name}"
    assert "VARCHAR limit" in run(client, made, text)["Error"]
    long = f"SELECT OCTET_LENGTH(JSON_SERIALIZE_TO_VARBYTE(s)) > 65535 FROM {name}"
    assert records(client, run(client, made, long)) == [[{"booleanValue": True}]]
    null = run(client, "SELECT JSON_SERIALIZE(CAST(NULL AS SUPER))")
    assert records(client, null) == [[{"stringValue": "null"}]]


REFUSED = [
    ("SELECT * FROM a ASOF JOIN b MATCH_CONDITION (a.x >= b.x)", "syntax error|does not know|ASOF"),
    ("SELECT CURRENT_DATE - INTERVAL '86400000000 MICROSECOND'", "microsecond"),
    ("SELECT CURRENT_DATE - INTERVAL '3000000000 SECOND'", "out of range"),
    ("VACUUM FULL everything", "does not know|syntax"),
    ("UNLOAD ('SELECT 1 AS x') TO 's3://b/c' FORMAT PARQUET", "IAM_ROLE"),
    ("UNLOAD ('SELECT 1 AS x') TO 's3://b/c' IAM_ROLE default FORMAT PARQUET SPEEDY", "SPEEDY"),
    ("COPY t FROM 's3://b/c' IAM_ROLE default CSV", "CSV"),
]


@pytest.mark.parametrize(("text", "why"), REFUSED)
def test_what_it_does_not_know_is_refused(client, text, why):
    told = run(client, text)
    assert told["Status"] == "FAILED"
    assert re.search(why, told["Error"])


@pytest.mark.parametrize(
    "request_",
    [
        {"Sql": "SELECT 1", "Database": "postgres"},
        {"Sql": "SELECT 1", **WHERE, "WorkgroupName": "work"},
        {"Sql": "x" * 103_000, **WHERE},
        {"Sql": "SELECT :a", "Parameters": [{"name": "a", "value": "1"}], **WHERE},
        {"Sql": "SELECT 1", "SessionKeepAliveSeconds": 60, **WHERE},
    ],
)
def test_bad_requests_are_refused(client, request_):
    with pytest.raises(client.exceptions.ValidationException):
        client.execute_statement(**request_)


def test_unknown_operations_and_statements_are_refused(client):
    with pytest.raises(client.exceptions.ClientError, match="UnknownOperation"):
        client.list_schemas(Database="postgres", ClusterIdentifier="c")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.describe_statement(Id=str(uuid.uuid4()))


def test_statements_are_listed(client):
    told = run(client, "SELECT 1")
    assert told["Id"] in {one["Id"] for one in client.list_statements()["Statements"]}
