"""Redshift while it fails: nothing is lost, nothing is left, every failure is typed."""

import io
import time
from types import SimpleNamespace

import pyarrow.parquet as pq
import pytest

from provender.errors import RequestError, SourceError, StoreError
from provender.plugin import Destination, SqlSpine, TableSpine, Window
from provender.testing.oracle.rows import rows_of
from provender.testing.suites.offline.join_case import JoinCase
from provender.testing.suites.offline.tables import case_of, rows_table, spine_of, view_of
from provender.testing.suites.store_opener import StoreOpener
from provender.types import Array, Float64, String
from provender_aws import RedshiftSource
from servers import http_faults as requests
from servers.redshift import redshift_settings
from servers.redshift_data import ApiError, DataFaults

pytest.importorskip("boto3", reason="boto3 is not installed: pip install 'provender[aws]'")
ROWS = [(1, 10, -5, 0), (2, 20, -3, 0)]
SPINE = [(1, 0), (2, 5), (3, 0)]


@pytest.fixture(scope="module")
def faults():
    return DataFaults()


@pytest.fixture(scope="module")
def server(faults):
    with redshift_settings(faults) as settings:
        if "s3_endpoint" not in settings:
            pytest.skip("a real account cannot be told to fail")
        with requests.http_faults(settings["s3_endpoint"]) as s3:
            yield {"poll_seconds": 0.005, **settings}, s3


@pytest.fixture(scope="module")
def shared():
    from servers.redshift_tables import shared_clients

    with shared_clients() as found:
        yield found


@pytest.fixture
def harness(server, faults, shared, tmp_path):
    from servers.redshift_tables import RedshiftHarness

    yield RedshiftHarness(StoreOpener("offline", "aws", None, tmp_path, server[0]), shared)
    faults.reset()


@pytest.fixture
def spoilt(server, harness, tmp_path):
    """A harness whose store reaches S3 through the faults."""
    settings, s3 = server
    opened = []

    def open_one(**more):
        between = {**settings, "s3_endpoint": s3.endpoint, "retry_seconds": 20.0, **more}
        harness.store = StoreOpener("offline", "aws", None, tmp_path, between).open()
        opened.append(harness.store)
        return harness

    yield open_one
    s3.reset()
    for store in opened:
        store.close()


def refuse(kind, message="on purpose"):
    def fault(call, request):
        raise ApiError(kind, message)

    return fault


def lose(call, request):
    call()
    raise ApiError("InternalServerException", "the answer is lost")


def missing(call):
    body = b"<Error><Code>NoSuchKey</Code><Message>it has vanished</Message></Error>"
    return requests.Answer(404, body, {"content-type": "application/xml"})


@pytest.mark.parametrize(
    ("operation", "fault"),
    [
        ("BatchExecuteStatement", refuse("ThrottlingException")),
        ("BatchExecuteStatement", refuse("ActiveStatementsExceededException")),
        ("BatchExecuteStatement", lose),
        ("DescribeStatement", refuse("ThrottlingException")),
        ("GetStatementResult", refuse("InternalServerException")),
    ],
)
def test_what_passes_is_tried_again(spoilt, faults, operation, fault):
    harness = spoilt()
    faults.spoil(operation, fault, times=4)
    case_of(SPINE, ROWS).check(harness, "the join is right all the same")
    assert harness.leftovers() == []


def test_rows_are_appended_once_though_the_answer_is_lost(spoilt, faults):
    harness = spoilt()
    table = rows_table(*ROWS)
    source = view_of(table).source(harness)
    faults.spoil("BatchExecuteStatement", lambda call, request: call(), lose)
    harness.store.append(source, table)
    assert harness.rows(f'SELECT COUNT(*) FROM public."{source.table}"') == [[4]]
    assert harness.leftovers() == []


def test_nothing_is_appended_when_the_staged_file_vanishes(spoilt, faults):
    harness = spoilt()
    table = rows_table(*ROWS)
    source = view_of(table).source(harness)

    def vanish(call, request):
        for key in harness.leftovers():
            harness.s3.delete_object(Bucket=harness.bucket, Key=key)
        return call()

    faults.spoil("BatchExecuteStatement", lambda call, request: call(), vanish)
    with pytest.raises(StoreError, match=r"(?s)appending.*statement [0-9a-f-]{36}.*does not exist"):
        harness.store.append(source, table)
    assert harness.rows(f'SELECT COUNT(*) FROM public."{source.table}"') == [[2]]
    assert harness.leftovers() == []


def read_of(query, harness):
    view = view_of(rows_table(*ROWS))
    source = RedshiftSource(
        query=query, name="q", timestamp_field="event", created_timestamp_column="created"
    )
    return view.read(source)


BROKEN = (
    "SELECT 1::bigint AS id, (1 / (random() * 0)::int)::bigint AS value, "
    "CURRENT_TIMESTAMP AS event, CURRENT_TIMESTAMP AS created"
)
SLOW = (
    "SELECT 1::bigint AS id, LENGTH(pg_sleep(600)::text)::bigint AS value, "
    "CURRENT_TIMESTAMP AS event, CURRENT_TIMESTAMP AS created"
)


def test_failed_statement_is_told_in_redshift_s_own_words(spoilt):
    harness = spoilt()
    reader = harness.store.rows(read_of(BROKEN, harness), Window())
    with pytest.raises(StoreError, match=r"(?s)statement [0-9a-f-]{36}.*division by zero"):
        rows_of(reader)
    assert harness.leftovers() == []


def test_aborted_statement_is_told(spoilt, faults):
    harness = spoilt()
    reader = harness.store.rows(read_of(SLOW, harness), Window())

    def cancel(call, request):
        harness.data.cancel_statement(Id=request["Id"])
        return call()

    faults.spoil("DescribeStatement", cancel)
    with pytest.raises(StoreError, match="was stopped in Redshift"):
        rows_of(reader)
    assert harness.leftovers() == []


def running(harness):
    told = harness.data.list_statements(Status="ALL")["Statements"]
    return [one for one in told if one["Status"] in ("SUBMITTED", "STARTED")]


def test_statement_that_takes_too_long_is_cancelled(spoilt, faults, monkeypatch):
    """The time is over when the slow statement is seen to run; whatever comes before has time."""
    harness = spoilt(timeout_seconds=600.0)
    over = []

    def pass_time(call, request):
        told = call()
        if told["Status"] == "STARTED" and "UNLOAD" in str(told):
            over[:] = [601.0]
        return told

    faults.spoil("DescribeStatement", pass_time, times=100_000)
    clock = SimpleNamespace(sleep=time.sleep, monotonic=lambda: time.monotonic() + sum(over))
    monkeypatch.setattr("provender_aws.redshift_statements.time", clock)
    reader = harness.store.rows(read_of(SLOW, harness), Window())
    with pytest.raises(StoreError, match="did not end in time"):
        rows_of(reader)
    assert running(harness) == []
    assert harness.leftovers() == []


def test_interrupt_cancels_the_statement(spoilt, monkeypatch):
    harness = spoilt()
    reader = harness.store.rows(read_of(SLOW, harness), Window())

    def interrupt(seconds):
        monkeypatch.undo()
        raise KeyboardInterrupt

    clock = SimpleNamespace(sleep=interrupt, monotonic=time.monotonic)  # the server has its own
    monkeypatch.setattr("provender_aws.redshift_statements.time", clock)
    with pytest.raises(KeyboardInterrupt):
        rows_of(reader)
    assert running(harness) == []
    assert harness.leftovers() == []


def test_credentials_that_expire_in_the_middle(spoilt, faults):
    harness = spoilt()
    view = view_of(rows_table(*ROWS))
    reader = harness.store.rows(view.read(view.source(harness)), Window())
    faults.spoil("DescribeStatement", refuse("ExpiredTokenException"), times=2)
    with pytest.raises(StoreError, match=r"(?s)they have expired.*aws sso login"):
        rows_of(reader)
    assert harness.leftovers() == []


@pytest.mark.parametrize("part", [".parquet", "manifest"])
def test_file_of_the_result_that_vanishes(spoilt, server, part):
    harness = spoilt()
    view = view_of(rows_table(*ROWS))
    reader = harness.store.rows(view.read(view.source(harness)), Window())
    for method in ("HEAD", "GET"):
        server[1].spoil(method, part, missing, times=9)
    with pytest.raises(StoreError, match="staging location"):
        rows_of(reader)
    server[1].reset()
    assert harness.leftovers() == []


def test_table_that_is_not_there(harness):
    source = RedshiftSource(table="no_such_table", timestamp_field="event")
    with pytest.raises(SourceError, match="does not exist"):
        harness.store.schema(source)


def many_views():
    return tuple(
        view_of(rows_table((1, n, -n, 0), (2, -n, n, 0)), ttl=5 + n % 2, name=f"view_{n}")
        for n in range(7)
    )


def test_join_that_is_too_long_is_cut_by_views(spoilt, faults):
    harness = spoilt(statement_bytes=8000)
    longest = []

    def measure(call, request):
        longest.append([len(text) for text in request["Sqls"]])
        return call()

    faults.spoil("BatchExecuteStatement", measure, times=50)
    problem = JoinCase(spine_of((1, 0), (2, 0), (1, 3)), many_views())
    problem.check(harness, "a join in pieces is right")
    assert max(map(len, longest)) > 3
    assert max(map(max, longest)) <= 8000
    assert harness.leftovers() == []


def test_view_that_is_too_long_alone_is_refused(spoilt):
    harness = spoilt(statement_bytes=1000)
    with pytest.raises(StoreError, match=r"(?s)view 'view' alone is too long"):
        case_of(SPINE, ROWS).check(harness, "")


def test_result_stays_in_redshift_or_in_s3(harness):
    problem = case_of(SPINE, ROWS)
    plan = problem.stored(harness)
    spine = TableSpine(problem.spine.append_column("label", [["a", "b", "c"]]))
    plan = type(plan)(
        **{**{n: getattr(plan, n) for n in plan.__slots__}, "spine_columns": ("id", "q", "label")}
    )
    table = Destination("redshift", "public.kept_result")
    assert harness.store.export(plan, spine, table) == 3
    rows = harness.rows("SELECT id, label, view__value FROM public.kept_result ORDER BY id")
    assert rows == [[1, "a", 10], [2, "b", 20], [3, "c", None]]
    with pytest.raises(RequestError, match="destination already exists"):
        harness.store.export(plan, spine, table)
    again = Destination("redshift", "public.kept_result", replace=True)
    assert harness.store.export(plan, spine, again) == 3
    url = f"s3://{harness.bucket}/results"
    assert harness.store.export(plan, spine, Destination("s3", url)) == 3
    found = harness.s3.list_objects_v2(Bucket=harness.bucket, Prefix="results/")["Contents"]
    assert all(one["Key"].endswith(".parquet") for one in found)
    with pytest.raises(RequestError, match="destination already exists"):
        harness.store.export(plan, spine, Destination("s3", url))
    assert harness.leftovers() == []


def test_rows_of_a_query_are_counted_when_they_stay_in_redshift(harness):
    problem = case_of(SPINE, ROWS)
    plan = problem.stored(harness)
    spine = SqlSpine(harness.spine_query(problem.spine))
    assert harness.store.export(plan, spine, Destination("redshift", "public.of_a_query")) == 3


def test_window_in_which_nothing_happened_is_empty(harness):
    view = view_of(rows_table(*ROWS))
    read = view.read(view.source(harness))
    quiet = Window(0, 1)
    assert rows_of(harness.store.latest(read, quiet)) == []
    assert rows_of(harness.store.rows(read, quiet)) == []
    empty = SqlSpine(f"{harness.spine_query(case_of(SPINE, ROWS).spine)} WHERE 1 = 0")
    plan = case_of(SPINE, ROWS).stored(harness)
    assert rows_of(harness.store.historical(plan, empty)) == []
    assert harness.leftovers() == []


def test_keys_that_differ_in_trailing_blanks_are_two(harness):
    rows = [("a", 1, -5, 0), ("a ", 2, -5, 0), (" a", 3, -5, 0)]
    view = view_of(rows_table(*rows, key=String))
    problem = JoinCase(spine_of(("a", 0), ("a ", 0), (" a", 0), ("a  ", 0), key=String), (view,))
    problem.check(harness, "each key finds its own row")
    read = view.read(view.source(harness))
    wanted = [[" a", 3], ["a", 1], ["a ", 2]]
    for found in (harness.store.latest(read, Window()), harness.store.rows(read, Window())):
        assert sorted(list(row.values())[2:] for row in rows_of(found)) == wanted


def test_texts_that_differ_in_trailing_blanks_tie_as_anywhere(harness):
    rows = [(1, "b", -5, 0), (1, "b ", -5, 0), (2, "b ", -5, 0), (2, "b", -5, 0)]
    view = view_of(rows_table(*rows, value=String))
    problem = JoinCase(spine_of((1, 0), (2, 0)), (view,))
    problem.check(harness, "the longer text is the newer row")


def test_arrays_may_be_longer_than_a_text_of_redshift(harness):
    long = [n / 7 for n in range(5000)]
    rows = [(1, long, -5, 0), (2, None, -5, 0), (2, [1.0], -5, 0), (3, None, -5, 0)]
    view = view_of(rows_table(*rows, value=Array(Float64)))
    problem = JoinCase(spine_of((1, 0), (2, 0), (3, 0)), (view,))
    problem.check(harness, "a long array is read, and a null loses a tie")
    source = view.source(harness)
    harness.store.append(source, rows_table((4, long, -5, 0), value=Array(Float64)))
    found = rows_of(harness.store.latest(view.read(source), Window()))
    assert [list(row.values())[3] for row in found if row["id"] == 4] == [long]
    assert harness.leftovers() == []


def test_arrays_stay_in_redshift_as_super_and_in_s3_as_text(harness):
    view = view_of(rows_table((1, [1.5], -5, 0), (2, None, -5, 0), value=Array(Float64)))
    problem = JoinCase(spine_of((1, 0), (2, 0)), (view,))
    plan, spine = problem.stored(harness), TableSpine(problem.spine)
    assert harness.store.export(plan, spine, Destination("redshift", "public.kept_arrays")) == 2
    query = "SELECT id, JSON_SERIALIZE(view__value), view__value IS NULL FROM public.kept_arrays"
    assert sorted(harness.rows(query)) == [[1, "[1.5]", False], [2, "null", True]]
    url = f"s3://{harness.bucket}/arrays"
    assert harness.store.export(plan, spine, Destination("s3", url)) == 2
    listed = harness.s3.list_objects_v2(Bucket=harness.bucket, Prefix="arrays/")["Contents"]
    bodies = [harness.s3.get_object(Bucket=harness.bucket, Key=o["Key"])["Body"] for o in listed]
    rows = [row for body in bodies for row in rows_of(pq.read_table(io.BytesIO(body.read())))]
    assert sorted((row["id"], row["view__value"]) for row in rows) == [(1, "[1.5]"), (2, None)]
