"""What can be wrong with a request besides `provender.errors`, and the status code of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import msgspec

from provender.errors import (
    Conflict,
    NotFound,
    ProvenderError,
    PushError,
    RegistryError,
    RequestError,
    SourceError,
    StoreError,
)
from provender.wire.answers import Failure, FailureAnswer, ProblemAnswer


class Refused(RequestError):  # noqa: N818 - reads as what it says
    """The request is answered with an error before any store is asked.

    Attributes:
        status: The code of the answer.
        headers: What is added to its headers.
    """

    status: ClassVar[int] = 422
    headers: Mapping[str, str] = {}


class BadBody(Refused):
    """The body is no JSON at all."""

    status = 400


class WrongShape(Refused):
    """The body is JSON of another shape."""


class Unauthenticated(Refused):
    """There is no token, or one that does not count."""

    status = 401
    headers: Mapping[str, str] = {"www-authenticate": "Bearer"}


class Forbidden(Refused):
    """The scope of the token does not allow this."""

    status = 403


class NoSuchRun(Refused):
    """There is no run of that id."""

    status = 404


class WrongHost(Refused):
    """The header ``Host`` names a host that is not served."""

    status = 421


class BodyLate(Refused):
    """The body did not arrive in time; the connection is closed, since what follows is unknown."""

    status = 408
    headers: Mapping[str, str] = {"connection": "close"}


class HeadLate(BodyLate):
    """The headers did not arrive in time."""


class TooLarge(Refused):
    """There are more rows, or more bytes, than the configuration allows."""

    status = 413


def check_row_count(rows: int, most: int) -> None:
    """Do nothing, unless a request has too many rows.

    Raises:
        TooLarge: It has more than `most`.
    """
    if rows > most:
        fix = "split it into several requests, or raise server.max_rows"
        raise TooLarge("there are too many rows", got=str(rows), allowed=str(most), fix=fix)


class WrongMedia(Refused):
    """The body is of a media type that is not read here."""

    status = 415


class TooManyRuns(Refused):
    """Too many runs are waiting."""

    status = 429
    headers: Mapping[str, str] = {"retry-after": "30"}


class Unavailable(StoreError):  # noqa: N818 - reads as what it says
    """The circuit breaker of the store is open, or too many requests wait for it."""

    status: ClassVar[int] = 503
    headers: Mapping[str, str] = {"retry-after": "1"}


class DeadlinePassed(Unavailable):
    """The store did not answer in time."""

    status = 504


class OutcomeUnknown(StoreError):  # noqa: N818 - reads as what it says
    """The store failed, the change may be made or not, and making it twice would do harm."""

    status: ClassVar[int] = 504


_STATUSES: tuple[tuple[type[ProvenderError], int], ...] = (
    (Conflict, 409),
    (NotFound, 404),
    (RequestError, 422),
    (SourceError, 503),
    (PushError, 503),
    (StoreError, 503),
    (RegistryError, 503),
)
_REFUSED = 422
_OURS = 500
"""From this code on, it is not the client's fault."""
_encode = msgspec.json.Encoder().encode


def status_of(error: ProvenderError) -> int:
    """Return the code of the answer to an error; 500 for what no request can cause."""
    own: int | None = getattr(error, "status", None)
    if own is not None:
        return own
    if isinstance(error, PushError) and isinstance(error.__cause__, SourceError):
        return _REFUSED  # the source takes no such rows: pushing again would not help
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), _OURS)


def is_told(error: ProvenderError) -> bool:
    """Return whether an answer says what was got: it is the client's own mistake."""
    return status_of(error) < _OURS


def headers_of(error: ProvenderError) -> Mapping[str, str]:
    """Return what is added to the headers of the answer to an error."""
    return getattr(error, "headers", {})


def answer_to(error: ProvenderError) -> tuple[int, bytes]:
    """Return the code and the body of the answer to an error; see `failure_of`."""
    failure = failure_of(error)
    return failure.status, _encode(FailureAnswer(failure))


def failure_of(error: ProvenderError) -> Failure:
    """Return what a client is told of an error.

    A failure on this side is told by its facts alone: what was got may be an address or a path
    that is nobody's business. The log has the rest.
    """
    status = status_of(error)
    told = is_told(error)
    problems = [
        ProblemAnswer(p.fact, p.got, p.allowed, p.fix) if told else ProblemAnswer(p.fact)
        for p in error.problems
    ]
    return Failure(type(error).__name__, status, problems[0].fact, problems)


def failure_body(kind: str, status: int, problems: list[ProblemAnswer]) -> bytes:
    """Return the body of an answer with a code from 400 on."""
    return _encode(FailureAnswer(Failure(kind, status, problems[0].fact, problems)))
