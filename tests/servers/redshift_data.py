"""A server that speaks the Redshift Data API over a real PostgreSQL.

Real are the SQL (translated by sqlglot, run by PostgreSQL), the transaction of a batch, the states
of statements, client tokens, cancelling, typed results in pages, and UNLOAD and COPY of Parquet
against an S3 server. Limits that Redshift has are kept: 100 KB a statement, 40 statements a batch.

What it does not do, and refuses where it is asked for: parameters of statements, sessions,
results as CSV, formats but Parquet, temporary tables named ``#name``, accounts and permissions
(every credential is let in, any IAM role is believed), EventBridge, workload management, the
catalog calls (ListTables and the like). It knows PostgreSQL's types: text is measured as
PostgreSQL does, and SUPER is jsonb. It says nothing of Redshift's speed.
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from typing import Any

import psycopg
from psycopg.types.string import TextLoader

from servers.redshift_files import Files
from servers.redshift_functions import create_functions
from servers.redshift_sql import RefusedError, translated
from servers.redshift_values import field, metadata
from servers.threads import served_by_threads

_MOST_BYTES = 100 * 1024
_MOST_STATEMENTS = 40
_PAGE = 500
_ENDED = ("FINISHED", "FAILED", "ABORTED")
_SHOWN = ("Id", "CreatedAt", "Database", "ClusterIdentifier", "WorkgroupName", "DbUser")
_UNKNOWN = ("Parameters", "SessionId", "SessionKeepAliveSeconds")


Fault = Callable[[Callable[[], dict[str, Any]], Mapping[str, Any]], dict[str, Any]]
"""Happens instead of a request: gets what would do it, and the request; may raise `ApiError`."""


class DataFaults:
    """What becomes of the next requests of each operation about statements with a name."""

    def __init__(self) -> None:
        self._faults: dict[str, deque[Fault]] = {}

    def spoil(self, operation: str, *faults: Fault, times: int = 1) -> None:
        """Let these happen to the next requests of an operation."""
        self._faults.setdefault(operation, deque()).extend(faults * times)

    def reset(self) -> None:
        """Let every request pass."""
        self._faults.clear()

    def next(self, operation: str) -> Fault | None:
        """Return what is to happen to a request."""
        waiting = self._faults.get(operation)
        return waiting.popleft() if waiting else None


class ApiError(Exception):
    """An answer with an error of AWS's form."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class _Statement:
    """A statement, or a batch of them, and what became of it."""

    def __init__(self, request: Mapping[str, Any], texts: Sequence[str], *, batch: bool) -> None:
        self.id = str(uuid.uuid4())
        self.name = request.get("StatementName")
        self.texts = texts
        self.batch = batch
        now = time.time()
        self.document: dict[str, Any] = {
            **{name: request[name] for name in _SHOWN if name in request},
            "Id": self.id,
            "Status": "SUBMITTED",
            "CreatedAt": now,
            "UpdatedAt": now,
            "HasResultSet": False,
        }
        self.parts = [
            {"Id": f"{self.id}:{number}", "QueryString": text, "Status": "SUBMITTED"}
            for number, text in enumerate(texts, 1)
        ]
        self.results: dict[str, tuple[Sequence[Any], list[Any]]] = {}
        self.connection: psycopg.Connection[Any] | None = None
        self.cancelled = False
        self.ended = threading.Event()

    def stop(self) -> None:
        """Cancel it until it has ended: PostgreSQL forgets a request that comes between two."""
        self.cancelled = True
        while not self.ended.wait(0.02):
            with suppress(psycopg.Error):
                if self.connection is not None:
                    self.connection.cancel_safe()

    def told(self) -> dict[str, Any]:
        """Return what DescribeStatement answers."""
        more = {"SubStatements": self.parts} if self.batch else {"QueryString": self.texts[0]}
        return {**self.document, **more}

    def note(self, number: int | None, **values: Any) -> None:
        """Change what is told of the whole, or of one of its statements."""
        now = time.time()
        if number is not None:
            self.parts[number].update(values, UpdatedAt=now)
        if number is None or not self.batch:
            self.document.update(values, Id=self.id, UpdatedAt=now)


class DataApi:
    """The operations of the Data API.

    Args:
        dsn: The PostgreSQL server; the database of a request is appended.
        s3: A client of the S3 server.
    """

    def __init__(self, dsn: str, s3: Any) -> None:
        self._dsn = dsn.rstrip("/")
        self._files = Files(s3, translated)
        self._statements: dict[str, _Statement] = {}
        self._tokens: dict[str, _Statement] = {}
        self._prepared: set[str] = set()
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(8)

    def close(self) -> None:
        """Wait for what still runs."""
        self._pool.shutdown()

    def is_named(self, request: Mapping[str, Any]) -> bool:
        """Return whether a request is about a statement with a name: faults hit no others."""
        known = self._statements.get(str(request.get("Id", "")).partition(":")[0])
        return bool(request.get("StatementName") or (known and known.name))

    def execute_statement(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Begin one statement."""
        return self._begin(request, [request.get("Sql", "")], batch=False)

    def batch_execute_statement(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Begin statements that run in one transaction."""
        return self._begin(request, request.get("Sqls", []), batch=True)

    def describe_statement(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Tell the state of a statement."""
        return self._found(request["Id"]).told()

    def cancel_statement(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Stop a statement that runs."""
        found = self._found(request["Id"])
        if found.document["Status"] in _ENDED:
            state = found.document["Status"]
            fact = f"Could not cancel a query that is already in {state} state"
            raise ApiError("ValidationException", fact)
        threading.Thread(target=found.stop, daemon=True).start()
        return {"Status": True}

    def get_statement_result(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Give a page of a result."""
        found = self._found(request["Id"])
        name = request["Id"] if ":" in request["Id"] else f"{found.id}:1"
        if name not in found.results:
            fact = "Query does not have result. Please check query status with DescribeStatement."
            raise ApiError("ResourceNotFoundException", fact)
        columns, rows = found.results[name]
        start = int(request.get("NextToken") or 0)
        page = rows[start : start + _PAGE]
        more = {"NextToken": str(start + _PAGE)} if start + _PAGE < len(rows) else {}
        return {
            "ColumnMetadata": [metadata(column) for column in columns],
            "Records": [[field(value) for value in row] for row in page],
            "TotalNumRows": len(rows),
            **more,
        }

    def list_statements(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Tell of all statements, in no pages."""
        wanted = request.get("Status", "ALL")
        told = [
            {**found.document, "QueryStrings": found.texts}
            for found in list(self._statements.values())
        ]
        return {"Statements": [one for one in told if wanted in ("ALL", one["Status"])]}

    def _begin(self, request: Mapping[str, Any], texts: Sequence[str], *, batch: bool) -> Any:
        _check(request, texts)
        token = request.get("ClientToken")
        with self._lock:
            known = self._tokens.get(token or "")
            statement = known or _Statement(request, texts, batch=batch)
            self._statements[statement.id] = statement
            if token:
                self._tokens[token] = statement
        if known is None:
            self._pool.submit(self._run, statement, request["Database"])
        return {name: statement.document.get(name) for name in _SHOWN}

    def _found(self, name: str) -> _Statement:
        found = self._statements.get(name.partition(":")[0])
        if found is None:
            raise ApiError("ResourceNotFoundException", f"Query {name} was not found")
        return found

    def _run(self, statement: _Statement, database: str) -> None:
        number: int | None = None
        try:
            options = "-c timezone=UTC"
            with psycopg.connect(f"{self._dsn}/{database}", options=options) as connection:
                for kind in ("json", "jsonb"):
                    connection.adapters.register_loader(kind, TextLoader)
                self._prepare(connection, database)
                statement.connection = connection
                statement.note(None, Status="STARTED")
                for number, text in enumerate(statement.texts):
                    self._step(statement, connection, number, text)
                connection.commit()
            statement.note(None, Status="FINISHED")
        except Exception as error:  # noqa: BLE001 - the state tells it
            state = "ABORTED" if statement.cancelled else "FAILED"
            text = f"ERROR: {str(error).splitlines()[0] if str(error) else type(error).__name__}"
            if number is not None:
                statement.note(number, Status=state, Error=text)
            statement.note(None, Status=state, Error=text)
        finally:
            statement.ended.set()

    def _prepare(self, connection: Any, database: str) -> None:
        """Create what stands for functions of Redshift, once in each database."""
        with self._lock:
            if database not in self._prepared:
                create_functions(connection)
                self._prepared.add(database)

    def _step(self, statement: _Statement, connection: Any, number: int, text: str) -> None:
        if statement.cancelled:
            raise RefusedError("Query cancelled on user's request")
        statement.parts[number]["Status"] = "STARTED"
        count = self._files.run(connection, text)
        columns = None
        if count is None:
            with connection.cursor() as cursor:
                for one in translated(text):
                    cursor.execute(one)
                columns, count = cursor.description, cursor.rowcount
                if columns is not None:
                    rows = cursor.fetchall()
                    statement.results[f"{statement.id}:{number + 1}"] = (columns, rows)
        told = {"HasResultSet": columns is not None, "ResultRows": count}
        statement.parts[number].update(told, Status="FINISHED")
        statement.document.update(told)


def _check(request: Mapping[str, Any], texts: Sequence[str]) -> None:
    if bool(request.get("ClusterIdentifier")) == bool(request.get("WorkgroupName")):
        fact = "Either ClusterIdentifier or WorkgroupName is required"
        raise ApiError("ValidationException", fact)
    if not request.get("Database"):
        raise ApiError("ValidationException", "Database is required")
    if not texts or not all(texts) or len(texts) > _MOST_STATEMENTS:
        raise ApiError("ValidationException", "1 to 40 statements are allowed")
    if any(len(text.encode()) > _MOST_BYTES for text in texts):
        raise ApiError("ValidationException", "Query length exceeds 102400 bytes")
    for name in _UNKNOWN:
        if request.get(name):
            raise ApiError("ValidationException", f"the test server does not know {name}")


def _operations(api: DataApi) -> dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]]:
    return {
        "ExecuteStatement": api.execute_statement,
        "BatchExecuteStatement": api.batch_execute_statement,
        "DescribeStatement": api.describe_statement,
        "CancelStatement": api.cancel_statement,
        "GetStatementResult": api.get_statement_result,
        "ListStatements": api.list_statements,
    }


def _handler(api: DataApi, faults: DataFaults) -> type[BaseHTTPRequestHandler]:
    operations = _operations(api)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            status, answer = self._answer(json.loads(body or b"{}"))
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-type", "application/x-amz-json-1.1")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def _answer(self, request: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
            name = self.headers.get("x-amz-target", "").rpartition(".")[2]
            if name not in operations:
                fact = f"the test server does not know {name}"
                return 400, {"__type": "UnknownOperationException", "message": fact}
            try:
                fault = faults.next(name) if api.is_named(request) else None
                if fault is not None:
                    return 200, fault(lambda: operations[name](request), request)
                return 200, operations[name](request)
            except ApiError as error:
                return 400, {"__type": error.kind, "message": str(error)}

        def log_message(self, *args: object) -> None:
            pass

    return Handler


@contextmanager
def data_api(dsn: str, s3: Any, faults: DataFaults | None = None) -> Iterator[str]:
    """Run the server while the block runs.

    Args:
        dsn: Where PostgreSQL is, without a database.
        s3: A client of the S3 server.
        faults: What goes wrong.

    Yields:
        Its address.
    """
    api = DataApi(dsn, s3)
    with closing(api), served_by_threads(_handler(api, faults or DataFaults())) as endpoint:
        yield endpoint
