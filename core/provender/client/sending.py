"""Retries of a client and their pauses, and how errors of the server are raised."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, replace
from ssl import SSLContext, create_default_context
from typing import TYPE_CHECKING, Any

import msgspec

from provender import errors
from provender.arguments import check_argument, check_text, check_whole
from provender.client.calls import Call, T
from provender.errors import (
    MissingExtra,
    Problem,
    ProvenderError,
    RequestError,
    StoreError,
    value_text,
)
from provender.wire.answers import Failure, FailureAnswer

if TYPE_CHECKING:
    import httpx

TOKEN = "PROVENDER_TOKEN"  # noqa: S105 - its name
"""The environment variable with the token that is sent when none is given."""
_BUSY = frozenset({429, 503})
_TIMEOUTS = frozenset({408, 502, 504})
"""Somebody on the way gave up waiting: nobody knows whether the request was done."""
_OURS = 500
_NO_TOKEN = 401
_TOKEN_FIX = f"set the environment variable {TOKEN} to a token of the server, or pass token="
_SECONDS = "seconds, more than 0 and less than a year"
_MOST_SECONDS = 365 * 86400
_FIRST_SECONDS, _LONGEST_SECONDS = 0.05, 5.0


@dataclass(frozen=True, slots=True)
class Settings:
    """How a client speaks to its server.

    Attributes:
        url: The server's address.
        token: Its bearer token; None: that of the environment, if there is one.
        timeout: How long an answer is waited for, in seconds.
        retries: How often a request is sent again when it fails for a moment; every request may
            be, also a push, which does nothing twice.
        verify: The certificate authorities' file, an `ssl.SSLContext`, or True: the system's.
    """

    url: str
    token: str | None = None
    timeout: float = 30.0
    retries: int = 3
    verify: Any = True

    def __post_init__(self) -> None:
        check_argument("url", self.url, str, "an address such as http://127.0.0.1:6566")
        _check_url(self.url)
        check_text("token", self.token)
        check_whole("retries", self.retries, negative="0 or more")
        check_argument("timeout", self.timeout, (int, float), _SECONDS)
        if not 0 < self.timeout < _MOST_SECONDS:
            raise RequestError("timeout is out of range", got=str(self.timeout), allowed=_SECONDS)
        allowed = "True, False, the path of a file, or an ssl.SSLContext"
        check_argument("verify", self.verify, (bool, str, SSLContext), allowed)

    def of_httpx(self) -> dict[str, Any]:
        """Return what both of httpx's clients take."""
        token = self.token or os.environ.get(TOKEN)
        headers = {"authorization": f"Bearer {token}"} if token else {}
        return {
            "base_url": self.url,
            "headers": headers,
            "timeout": self.timeout,
            "verify": _verified(self.verify),
            "trust_env": False,
        }


def _check_url(url: str) -> None:
    httpx = httpx_module()
    try:
        httpx.URL(url)
    except httpx.InvalidURL as error:
        raise RequestError("url is not an address", got=f"{value_text(url)}: {error}") from error


def _verified(verify: Any) -> Any:
    """Return what httpx takes: the certificates of a file as a context."""
    if not isinstance(verify, str):
        return verify
    try:
        return create_default_context(cafile=verify)
    except (OSError, ValueError) as error:
        raise RequestError(
            "verify is not a file of certificates", got=f"{value_text(verify)}: {error}"
        ) from error


class AnswerLost(StoreError):  # noqa: N818 - reads as what it says
    """Nobody knows whether the request was done, and doing it twice would do harm."""


def httpx_module() -> Any:
    """Return the module httpx.

    Raises:
        MissingExtra: It is not installed.
    """
    try:
        import httpx
    except ModuleNotFoundError as error:
        raise MissingExtra(
            "the client needs httpx", got=str(error), fix="pip install 'provender[client]'"
        ) from error
    return httpx


def arguments(call: Call[Any]) -> dict[str, Any]:
    """Return what httpx needs to send a call."""
    headers = {"accept": call.accept}
    if call.body is not None:
        headers["content-type"] = call.media
    return {
        "method": "GET" if call.body is None else "POST",
        "url": call.path,
        "content": call.body,
        "headers": headers,
        "params": list(call.parameters) or None,
    }


def pause(attempt: int, answer: httpx.Response | None) -> float:
    """Return how many seconds to wait before the next attempt: what the server says, if it does."""
    told = answer.headers.get("retry-after", "") if answer is not None else ""
    if told.isdigit():
        return min(float(told), _LONGEST_SECONDS)
    longest = min(_FIRST_SECONDS * 2**attempt, _LONGEST_SECONDS)
    return random.uniform(longest / 2, longest)  # noqa: S311 - no secret


def passes(call: Call[Any], answer: httpx.Response) -> bool:
    """Return whether another attempt may succeed, and does no harm."""
    code = answer.status_code
    return code in _BUSY or (code in _TIMEOUTS and call.repeatable)


def read(call: Call[T], answer: httpx.Response) -> T:
    """Return what a server answered.

    Raises:
        ProvenderError: What it told, by the class that it named.
    """
    if answer.status_code in call.codes:
        return call.read(answer.content)
    error = _failure(answer)
    if answer.status_code in _TIMEOUTS:
        kind = StoreError if call.repeatable else AnswerLost
        raise kind.of(error.problems)
    raise error


def unreachable(url: str, error: Exception, *, lost: bool) -> StoreError:
    """Return the error for a server that does not answer.

    Args:
        url: The server's address.
        error: What happened.
        lost: Whether the request may have been done, and doing it twice would do harm.
    """
    got = f"{type(error).__name__}: {error}"
    fix = untrusted(error) or "is `provender serve` running there?"
    kind = AnswerLost if lost else StoreError
    return kind(f"the feature server at {url} cannot be reached", got=got, fix=fix)


def untrusted(error: Exception) -> str | None:
    """Return what to do when a server's certificate is not trusted; None: that is not it."""
    if "certificate_verify_failed" not in str(error).lower().replace(" ", "_"):
        return None
    return (
        "name the file of the certificate authority that signed the server's certificate: "
        "Client(verify=…), or ca_file of the stores of provider remote"
    )


def _failure(answer: httpx.Response) -> ProvenderError:
    try:
        told = msgspec.json.decode(answer.content, type=FailureAnswer).error
    except msgspec.MsgspecError:
        return StoreError(f"the feature server answered with {answer.status_code}")
    return failure(told)


def failure(told: Failure) -> ProvenderError:
    """Return what a server told as the error that it was there, or the nearest that is known."""
    problems = [Problem(p.fact, p.got, p.allowed, p.fix) for p in told.problems]
    if told.status == _NO_TOKEN:
        problems = [replace(problem, fix=_TOKEN_FIX) for problem in problems]
    return _class(told).of(problems or [Problem(told.message)])


def _class(told: Failure) -> type[ProvenderError]:
    found = getattr(errors, told.type, None)
    if isinstance(found, type) and issubclass(found, ProvenderError):
        return found
    return StoreError if told.status >= _OURS else errors.RequestError
