"""What BigQuery's clients raise, in the project's form: with the job, and with the way out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from provender.errors import Problem, ProvenderError, RequestError, SourceError, StoreError
from provender_gcp.errors import code, google_errors

_FIXES = {
    "accessDenied": "grant the account roles/bigquery.jobUser on the project and "
    "roles/bigquery.dataViewer on the data; see docs/providers/gcp.md",
    "quotaExceeded": "wait, or ask for a larger quota",
    "rateLimitExceeded": "run fewer queries at the same time",
    "billingNotEnabled": "enable billing for the project",
    "duplicate": "choose another table, or pass replace=True",
    "responseTooLarge": "put the result into a table: job.to_bigquery('dataset.table')",
    "resourcesExceeded": "put the result into a table, which needs no order: "
    "job.to_bigquery('dataset.table'); or request fewer views at once",
    "stopped": "run it again, or raise offline_store.timeout_seconds",
}
"""By BigQuery's reason, what to do about it."""
_BYTES = "raise offline_store.maximum_bytes_billed, or narrow the entity rows in time"
_KINDS: dict[str, type[ProvenderError]] = {
    "notFound": SourceError,
    "404": SourceError,
    "duplicate": RequestError,
}
"""By BigQuery's reason or code, the error where neither store nor network is at fault."""


@contextmanager
def bigquery_errors(
    doing: str,
    job: Callable[[], str | None] = lambda: None,
    kind: type[ProvenderError] = StoreError,
) -> Iterator[None]:
    """Turn what BigQuery's clients raise inside into errors of Provender.

    Args:
        doing: What is being done, for the message.
        job: Returns the id of the job that is running, if one is.
        kind: The error to raise; a StoreError becomes a SourceError when something is not
            there, and a RequestError when a table is there already.

    Raises:
        ProvenderError: Of that kind.
    """
    from concurrent.futures import TimeoutError as Overdue

    try:
        with google_errors(kind, f"BigQuery, {doing},"):
            yield
    except Overdue as error:
        fix = "raise offline_store.timeout_seconds"
        problem = Problem(f"BigQuery, {doing}, did not finish in time", fix=fix)
        raise _told(kind, problem, job()) from error
    except ProvenderError as error:
        cause = error.__cause__
        if cause is None or type(error) is not kind:  # it was told already
            raise
        last = getattr(cause, "cause", None) or cause
        known = _KINDS.get(reason(last) or str(code(last)), kind) if kind is StoreError else kind
        (problem,) = error.problems
        raise _told(known, _fixed(problem, last), job()) from cause


def reason(error: Any) -> str:
    """Return BigQuery's own word for what went wrong, such as ``quotaExceeded``."""
    found = getattr(error, "errors", None) or [{}]
    first = found[0]
    return str(first.get("reason", "")) if isinstance(first, dict) else ""


def _fixed(problem: Problem, error: BaseException) -> Problem:
    limit = "bytes billed" in str(error)
    fix = _BYTES if limit else _FIXES.get(reason(error), problem.fix)
    return Problem(problem.fact, problem.got, problem.allowed, fix, problem.place)


def _told(kind: type[ProvenderError], problem: Problem, job: str | None) -> ProvenderError:
    fact = f"{problem.fact} (job {job})" if job else problem.fact
    return kind.of([Problem(fact, problem.got, problem.allowed, problem.fix, problem.place)])
