"""Statements of Redshift: begun once, waited for, and cancelled when nobody waits any more."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

from provender.clock import seconds_text
from provender.errors import ProvenderError, StoreError
from provender.plugin import Retry
from provender_aws.errors import aws_errors, passes
from provender_aws.redshift_configuration import RedshiftConfig
from provender_aws.redshift_connection import Connection
from provender_aws.redshift_errors import failed

_PLACE = "Redshift's Data API"
_MOST = 40
_LONGEST_PAUSE = 5.0
_CANCEL_SECONDS = 10.0
_ENDED = ("FINISHED", "FAILED", "ABORTED")


class Statements:
    """What is asked of Redshift; every call waits until it is done.

    Args:
        connection: The clients.
        config: The store's settings.
    """

    def __init__(self, connection: Connection, config: RedshiftConfig) -> None:
        self._connection = connection
        self._config = config

    def run(self, texts: Sequence[str], doing: str, kind: type[ProvenderError] = StoreError) -> str:
        """Run statements in one transaction on a connection of their own.

        All of them happen or none. A request whose answer was lost is made again under the same
        token, so that nothing runs twice. When waiting ends early, whatever the reason, the
        statements are cancelled.

        Args:
            texts: The statements, at most 40.
            doing: What they are for, for messages.
            kind: The error to raise.

        Returns:
            The id of the last of them, under which its result is found.

        Raises:
            ProvenderError: Of that kind, with the id and Redshift's own words; a `SourceError`
                when a table does not exist.
        """
        if len(texts) > _MOST:
            raise StoreError(f"{doing} takes {len(texts)} statements", allowed=f"at most {_MOST}")
        deadline = time.monotonic() + self._config.timeout_seconds
        token = str(uuid.uuid4())
        begun: list[str] = []
        try:
            self._begin(texts, token, kind, begun)
            self._wait(begun[0], doing, kind, deadline)
        except BaseException as error:
            if begun and not getattr(error, "ended_in_redshift", False):
                self._cancel(begun[0])
            raise
        return f"{begun[0]}:{len(texts)}"

    def pages(self, statement: str) -> Iterator[dict[str, Any]]:
        """Return the pages of a result."""
        token: dict[str, str] = {}
        while True:
            with aws_errors(_PLACE, statement=statement):
                page: dict[str, Any] = self._again(
                    lambda: self._connection.data.get_statement_result(Id=statement, **token)  # noqa: B023 - called at once
                )
            yield page
            if not page.get("NextToken"):
                return
            token = {"NextToken": page["NextToken"]}

    def _begin(
        self, texts: Sequence[str], token: str, kind: type[ProvenderError], begun: list[str]
    ) -> None:
        request = {"ClientToken": token, "StatementName": "provender", **self._connection.target}
        with aws_errors(_PLACE, kind):
            client = self._connection.data
            answer = self._again(
                lambda: client.batch_execute_statement(Sqls=list(texts), **request)
            )
        begun.append(answer["Id"])

    def _wait(
        self, statement: str, doing: str, kind: type[ProvenderError], deadline: float
    ) -> None:
        pause = self._config.poll_seconds
        while True:
            with aws_errors(_PLACE, kind, statement):
                told = self._again(lambda: self._connection.data.describe_statement(Id=statement))
            state = told["Status"]
            if state == "FINISHED":
                return
            if state in ("FAILED", "ABORTED"):
                error = failed(statement, state, told.get("Error", state), doing, kind)
                error.ended_in_redshift = True  # type: ignore[attr-defined]
                raise error
            if time.monotonic() > deadline:
                raise kind(
                    f"{doing} did not end in time in Redshift (statement {statement})",
                    got=f"{state} after {seconds_text(self._config.timeout_seconds)}",
                    fix="raise timeout_seconds of the offline store, or request less",
                )
            time.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE)

    def _cancel(self, statement: str) -> None:
        """Cancel a statement and wait a little until it has ended, whatever the calls answer.

        What it writes to the staging location would otherwise appear after that was emptied.
        """
        data = self._connection.data
        end = time.monotonic() + _CANCEL_SECONDS
        with suppress(Exception):  # it may have ended, or go on until its end
            data.cancel_statement(Id=statement)
        while time.monotonic() < end:
            with suppress(Exception):
                if data.describe_statement(Id=statement)["Status"] in _ENDED:
                    return
            time.sleep(self._config.poll_seconds)

    def _again(self, call: Callable[[], Any]) -> Any:
        """Make a request again while it is throttled, with longer and longer random pauses."""
        config = self._config
        retry = Retry(config.retry_seconds, first_seconds=config.poll_seconds)
        return retry.call(call, passes)
