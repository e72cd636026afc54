"""What Google's clients raise, in the project's form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from provender.errors import ProvenderError
from provender_gcp.credentials import LOGIN, refused


@contextmanager
def google_errors(
    kind: type[ProvenderError], place: str, *, fixes: dict[int, str] | None = None
) -> Iterator[None]:
    """Turn what Google's clients raise inside into one of Provender's errors.

    Args:
        kind: The error to raise.
        place: What was being used, such as ``the Firestore database (default) of project p``.
        fixes: By HTTP code, what to do about it where the store knows better than this module.

    Raises:
        ProvenderError: Of that kind.
    """
    from google.api_core.exceptions import GoogleAPIError
    from google.auth.exceptions import GoogleAuthError
    from requests.exceptions import RequestException

    try:
        yield
    except GoogleAuthError as error:
        fact = f"{place} refused the credentials, or they could not be renewed"
        raise kind(fact, got=_told(error), fix=refused(error)) from error
    except (GoogleAPIError, RequestException) as error:
        raise typed(kind, place, error, fixes or {}) from error


def typed(
    kind: type[ProvenderError], place: str, error: BaseException, fixes: dict[int, str]
) -> ProvenderError:
    """Return the error of `kind` for one that a Google client raised.

    Args:
        kind: The class of the error.
        place: What was being used.
        error: What the client raised.
        fixes: By HTTP code, what to do about it where the store knows better.
    """
    error = _last(error)
    number = code(error)
    said, fix = _SAID.get(number, ("failed", None))
    fix = _switch_on(str(error)) or fixes.get(number, fix)
    return kind(f"{place} {said}", got=_told(error), fix=fix)


def code(error: BaseException) -> int:
    """Return the HTTP code of what a Google client raised; 0 when it has none."""
    answer = getattr(error, "response", None)  # of an upload or download
    found = getattr(error, "code", None) or getattr(answer, "status_code", None)
    if found is None and isinstance(error, OSError):
        return _UNREACHABLE
    return int(found) if isinstance(found, int) else 0


def _last(error: BaseException) -> BaseException:
    """Return what the last attempt raised when a retry gave up, for it knows why."""
    from google.api_core.exceptions import RetryError

    cause = error.cause if isinstance(error, RetryError) else None
    return cause if isinstance(cause, BaseException) else error


def _switch_on(message: str) -> str | None:
    """Return the command that switches an API on, when Google says that it is off."""
    found = _SWITCHED_OFF.search(message)
    return f"gcloud services enable {found[1]} --project={found[2]}" if found else None


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


_SWITCHED_OFF = re.compile(
    r"(?s)has not been used.*/apis/(?:api|library)/([a-z.-]*googleapis\.com)\S*project=([\w:.-]+)"
)
_UNREACHABLE = -1
_SAID: dict[int, tuple[str, str | None]] = {
    _UNREACHABLE: ("cannot be reached", "check the network and run it again"),
    400: ("rejected the request as invalid", None),
    401: ("refused the credentials", LOGIN),
    403: ("denies permission", "grant the account the role that docs/providers/gcp.md names"),
    404: ("does not exist", "check its name and its project, or create it"),
    409: ("aborted the request: others write the same data", "run it again; nothing is lost"),
    412: ("was changed by others at the same time", "run it again; nothing is lost"),
    429: ("has used up its quota", "wait, write more slowly, or ask for a larger quota"),
    499: ("was cancelled", None),
    500: ("had an internal error", "run it again"),
    503: ("is unavailable", "run it again; check the network and status.cloud.google.com"),
    504: ("did not answer in time", "run it again, or raise timeout_seconds"),
}
"""By HTTP code, what a store did and how that is mended."""
