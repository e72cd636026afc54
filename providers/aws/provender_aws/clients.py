"""Opening the AWS SDK's clients."""

from __future__ import annotations

from typing import Any

from provender.errors import ProvenderError, StoreError
from provender_aws.configuration import AccountConfig
from provender_aws.errors import aws_errors


def open_client(
    service: str,
    account: AccountConfig,
    endpoint: str | None,
    kind: type[ProvenderError] = StoreError,
    **options: Any,
) -> Any:
    """Return a client of a service of AWS.

    Args:
        service: Such as ``s3``.
        account: Who speaks, and where.
        endpoint: Another address of the service.
        kind: The error to raise.
        options: What `botocore.config.Config` takes.

    Raises:
        ProvenderError: Of that kind: there is no such profile, no region …
    """
    import boto3
    from botocore.config import Config

    if service == "s3" and endpoint:
        options["s3"] = {"addressing_style": "path"}
    with aws_errors("the AWS SDK", kind):
        session = boto3.Session(profile_name=account.profile, region_name=account.region)
        return session.client(service, endpoint_url=endpoint, config=Config(**options))
