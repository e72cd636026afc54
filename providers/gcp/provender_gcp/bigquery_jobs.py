"""Jobs of BigQuery and its tables: queries, dry runs, loads; with labels, limits and retries."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import IO, TYPE_CHECKING, Any, Literal, TypeVar

from provender.errors import ConfigError, ProvenderError, SourceError, StoreError
from provender_gcp.bigquery_configuration import BigQueryConfig, Place
from provender_gcp.bigquery_connection import Connection
from provender_gcp.bigquery_errors import bigquery_errors, reason

if TYPE_CHECKING:
    from google.cloud.bigquery import QueryJob, SchemaField, Table

Result = TypeVar("Result")
TEMPORARY = "provender_tmp_"
"""What the names of temporary tables begin with."""
_PREFIX = "provender-"
_PASSING = {"backendError", "internalError", "jobBackendError", "rateLimitExceeded"}
"""BigQuery's words for what may work when it is tried again."""


class Jobs:
    """What the store asks of BigQuery; every call waits until it is done.

    Args:
        connection: The clients.
        config: The store's settings.
        place: Where jobs and temporary tables are.
        project: The Provender project, a label of every job.
    """

    def __init__(
        self, connection: Connection, config: BigQueryConfig, place: Place, project: str
    ) -> None:
        self._connection = connection
        self._config = config
        self._place = place
        own = re.sub(r"[^a-z0-9_-]", "_", project.lower())[:63]
        self._labels = {"provender_project": own, **config.labels}

    def query(
        self,
        statement: str,
        *,
        destination: str | None = None,
        write: Literal["APPEND", "EMPTY", "TRUNCATE"] = "APPEND",
    ) -> QueryJob:
        """Run a query and return its finished job; when waiting is interrupted, it is cancelled.

        Args:
            statement: The query.
            destination: The table that gets its rows, at once; None: BigQuery's own, for a day.
            write: Whether they are added, need an empty table, or replace what is there.

        Raises:
            RequestError: The table is not empty.
            StoreError: It failed; the error names the job.
            SourceError: A table is not there.
        """
        from google.cloud import bigquery

        settings = bigquery.QueryJobConfig(
            labels=self._labels,
            priority=self._config.priority,
            job_timeout_ms=round(self._config.timeout_seconds * 1000),
        )
        if self._config.maximum_bytes_billed is not None:
            settings.maximum_bytes_billed = self._config.maximum_bytes_billed
        if destination is not None:
            settings.destination = bigquery.TableReference.from_string(destination)
            settings.write_disposition = f"WRITE_{write}"
        started: list[Any] = []
        with bigquery_errors("running a query", lambda: _id(started)):
            return self._again(
                lambda: self._ended_query(statement, settings, started),
                lambda: bool(started) and started[-1].state == "DONE",  # a failed job did nothing
            )

    def _ended_query(self, statement: str, settings: Any, started: list[Any]) -> QueryJob:
        """Start a query and wait for it; its job is noted as soon as there is one.

        The client's own restarts are left out: they take no limit of ours for an answer that
        never comes.
        """
        job = self._connection.client.query(
            statement,
            job_config=settings,
            job_id_prefix=_PREFIX,
            retry=self.retry(),
            job_retry=None,
        )
        started.append(job)
        self.finish(job, job_retry=None)
        return job

    def _again(self, attempt: Callable[[], Result], safe: Callable[[], bool]) -> Result:
        """Attempt something again while it fails for a moment and nothing can happen twice."""
        from google.api_core.retry import Retry

        retry = Retry(
            lambda error: _is_passing(error) and safe(), timeout=self._config.retry_seconds
        )
        again: Callable[[], Result] = retry(attempt)
        return again()

    def finish(self, job: Any, **settings: Any) -> None:
        """Wait for a job; if that ends in any other way than the job itself, cancel it."""
        try:
            job.result(retry=self.retry(), timeout=self._config.timeout_seconds, **settings)
        except BaseException:
            with suppress(Exception):
                if job.state != "DONE":
                    job.cancel(retry=None, timeout=10)
            raise

    def dry_run(self, statement: str, kind: type[ProvenderError] = StoreError) -> QueryJob:
        """Return a job that did not run: it knows the columns and the bytes it would read.

        Raises:
            ProvenderError: Of that kind: the query is not valid.
        """
        from google.cloud import bigquery

        settings = bigquery.QueryJobConfig(dry_run=True, use_query_cache=False, labels=self._labels)
        with bigquery_errors("checking a query", kind=kind):
            return self._connection.client.query(statement, job_config=settings, retry=self.retry())

    def table(self, name: str) -> Table:
        """Return what BigQuery knows of a table.

        Raises:
            SourceError: There is none.
            StoreError: BigQuery failed.
        """
        with bigquery_errors(f"reading the columns of {name}"):
            return self._connection.client.get_table(name, retry=self.retry())

    def create(self, name: str, fields: Sequence[SchemaField], *, expires: bool) -> None:
        """Create an empty table.

        Raises:
            StoreError: It cannot be created.
        """
        from google.cloud import bigquery

        table = bigquery.Table(name, schema=fields)
        if expires:
            table.expires = datetime.now(UTC) + timedelta(hours=self._config.staging_hours)
            table.labels = self._labels
        with bigquery_errors(f"creating table {name}"):
            try:
                self._connection.client.create_table(table, exists_ok=expires, retry=self.retry())
            except Exception as error:
                raise self._without_dataset(error, name) from error

    def _without_dataset(self, error: Exception, name: str) -> Exception:
        """Return the error, or one that tells how a dataset is made where it is missing."""
        if reason(error) != "notFound":
            return error
        dataset = name.rpartition(".")[0]
        where = f" --location={self._place.location}" if self._place.location else ""
        return SourceError(
            f"BigQuery has no dataset {dataset} for temporary tables",
            got=str(error),
            fix=f"bq mk{where} --dataset {dataset.replace('.', ':', 1)}",
        )

    def temporary_name(self) -> str:
        """Return a name that no table has, in the dataset for temporary tables.

        Raises:
            ConfigError: No such dataset is configured.
        """
        if self._place.dataset is None:
            raise ConfigError(
                "BigQuery needs a dataset for temporary tables",
                allowed="gcp: {dataset: features}, or offline_store: {dataset: features}",
                fix="name a dataset in feature_store.yaml",
            )
        return f"{self.full_name(self._place.dataset)}.{TEMPORARY}{uuid.uuid4().hex}"

    def full_name(self, name: str) -> str:
        """Return the name of a dataset with its project."""
        return name if "." in name else f"{self._connection.project}.{name}"

    def load(self, file: IO[bytes], name: str, fields: Sequence[SchemaField]) -> None:
        """Add the rows of a Parquet file to a table, all of them or none.

        A job that failed for a moment added nothing: another one is started. A request whose
        answer was lost is sent again under the same id, so that no row is added twice.

        Raises:
            StoreError: The job failed; the error names it.
        """
        job_id = f"{_PREFIX}{uuid.uuid4()}"

        def attempt() -> None:
            nonlocal job_id
            file.seek(0)
            job = self._started_load(file, name, fields, job_id)
            try:
                self.finish(job)
            except Exception:
                if job.state == "DONE":  # it failed: its id is used up
                    job_id = f"{_PREFIX}{uuid.uuid4()}"
                raise

        with bigquery_errors(f"loading rows into {name}", lambda: job_id):
            self._again(attempt, lambda: True)  # under the same id unless its job is over

    def _started_load(
        self, file: IO[bytes], name: str, fields: Sequence[SchemaField], job_id: str
    ) -> Any:
        from google.cloud import bigquery

        parquet = bigquery.ParquetOptions()
        parquet.enable_list_inference = True
        settings = bigquery.LoadJobConfig(
            source_format=bigquery.SourceFormat.PARQUET,
            schema=fields,
            write_disposition=bigquery.WriteDisposition.WRITE_APPEND,
            create_disposition=bigquery.CreateDisposition.CREATE_NEVER,
            labels=self._labels,
            parquet_options=parquet,
        )
        client = self._connection.client
        reference = bigquery.TableReference.from_string(name)
        try:
            return client.load_table_from_file(
                file, reference, rewind=True, job_id=job_id, job_config=settings
            )
        except Exception:  # it may have started all the same: then only the answer was lost
            job = self._known(job_id)
            if job is None:
                raise
            return job

    def _known(self, job_id: str) -> Any:
        """Return a job that BigQuery knows, or None when it does not or cannot be asked."""
        with suppress(Exception):
            return self._connection.client.get_job(job_id, retry=self.retry())
        return None

    def drop(self, name: str) -> None:
        """Remove a table, if it is there.

        Raises:
            StoreError: BigQuery failed.
        """
        with bigquery_errors(f"removing table {name}"):
            self._connection.client.delete_table(name, not_found_ok=True, retry=self.retry())

    def retry(self) -> Any:
        """Return the client's own policy of trying a request again, for as long as configured."""
        from google.cloud.bigquery import DEFAULT_RETRY

        return DEFAULT_RETRY.with_timeout(self._config.retry_seconds)


def _id(started: Sequence[Any]) -> str | None:
    return started[-1].job_id if started else None


def _is_passing(error: BaseException) -> bool:
    """Return whether a job can work when it is tried again."""
    from google.api_core.retry import if_transient_error

    return reason(error) in _PASSING or (isinstance(error, Exception) and if_transient_error(error))
