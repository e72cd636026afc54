"""What the AWS SDK says when it fails, in the project's form."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from provender.errors import ProvenderError, StoreError

_LOGIN = "renew the credentials, for example by `aws sso login`, and run it again"
_RUN_AGAIN = "run it again; nothing is lost"
_SAID: dict[str, tuple[str, str | None]] = {
    "ExpiredTokenException": ("refused the credentials: they have expired", _LOGIN),
    "ExpiredToken": ("refused the credentials: they have expired", _LOGIN),
    "UnrecognizedClientException": ("does not know the credentials", _LOGIN),
    "InvalidSignatureException": ("does not know the credentials", _LOGIN),
    "InvalidAccessKeyId": ("does not know the credentials", _LOGIN),
    "AccessDeniedException": (
        "denies permission",
        "grant the identity what docs/providers/aws.md names",
    ),
    "AccessDenied": ("denies permission", "grant the identity what docs/providers/aws.md names"),
    "ProvisionedThroughputExceededException": (
        "has no capacity left for now",
        "run it again; raise the table's capacity, or make it on-demand",
    ),
    "LimitExceededException": ("has reached a limit of the account", "ask AWS for a higher one"),
    "ThrottlingException": ("takes no more requests for now", _RUN_AGAIN),
    "ActiveStatementsExceededException": ("has too many statements under way", _RUN_AGAIN),
    "NoSuchBucket": ("does not exist", "aws s3 mb s3://BUCKET creates the bucket"),
    "NoSuchKey": ("lost a file that was just written", "check the bucket's lifecycle rules"),
}
"""By the code of an error, what was the matter and how that is mended."""
_UNREACHABLE = (
    "cannot be reached",
    "check the network, the region and the addresses under aws:, and run it again",
)
_EXPIRED = "credentials are still expired"
"""What botocore says, as a RuntimeError, of credentials that are renewed and expired."""
PASSING = frozenset(
    {
        "ThrottlingException",
        "Throttling",
        "TooManyRequestsException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "InternalServerError",
        "TransactionInProgressException",
        "ActiveStatementsExceededException",
        "InternalServerException",
        "ServiceUnavailable",
        "SlowDown",
    }
)
"""Codes of errors that pass when a request is made again."""


def code(error: BaseException) -> str:
    """Return the code of what the AWS SDK raised; empty when it has none."""
    answer = getattr(error, "response", None) or {}
    return str(answer.get("Error", {}).get("Code", ""))


def passes(error: BaseException) -> bool:
    """Return whether a request that may be made twice can work when it is made again."""
    from botocore.exceptions import HTTPClientError

    return code(error) in PASSING or isinstance(error, HTTPClientError)


@contextmanager
def aws_errors(
    place: str, kind: type[ProvenderError] = StoreError, statement: str | None = None
) -> Iterator[None]:
    """Turn what the AWS SDK raises inside into one of Provender's errors.

    Args:
        place: What was being used, such as ``Redshift's Data API``.
        kind: The error to raise.
        statement: The id of the statement that it was about.

    Raises:
        ProvenderError: Of that kind.
    """
    from botocore.exceptions import (
        BotoCoreError,
        ClientError,
        HTTPClientError,
        NoCredentialsError,
        NoRegionError,
    )
    from botocore.exceptions import ConnectionError as Unreachable

    about = f" (statement {statement})" if statement else ""
    try:
        yield
    except NoCredentialsError as error:
        fact = f"there are no AWS credentials for {place}"
        raise kind(fact, got=str(error), fix="run `aws configure`, or set AWS_PROFILE") from error
    except NoRegionError as error:
        fact = f"no AWS region is named for {place}"
        raise kind(
            fact, got=str(error), fix="aws: {region: eu-central-1}, or AWS_REGION"
        ) from error
    except RuntimeError as error:
        if _EXPIRED not in str(error):
            raise
        raise kind(
            f"the credentials for {place} are expired although they were just renewed",
            got=_told(error),
            fix="set this machine's clock, for example by NTP",
        ) from error
    except (ClientError, BotoCoreError) as error:
        if getattr(error, "operation_name", None) == "AssumeRole":
            raise _not_assumed(kind, error) from error
        unreachable = isinstance(error, (HTTPClientError, Unreachable))
        said, fix = _SAID.get(code(error), _UNREACHABLE if unreachable else ("failed", None))
        raise kind(f"{place} {said}{about}", got=_told(error), fix=fix) from error


def _not_assumed(kind: type[ProvenderError], error: BaseException) -> ProvenderError:
    """Return the error for a role that STS gives no credentials of."""
    if code(error) != "AccessDenied":
        said, fix = _SAID.get(code(error), ("failed", "check role_arn"))
        return kind(f"STS, asked for the role's credentials, {said}", got=_told(error), fix=fix)
    return kind(
        "the role cannot be assumed",
        got=_told(error),
        allowed="a role_arn whose trust policy names this identity, with its external_id if any",
        fix="add the identity to the trust policy, and allow the identity sts:AssumeRole",
    )


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
