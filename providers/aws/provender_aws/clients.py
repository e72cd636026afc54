"""Opening the AWS SDK's clients."""

from __future__ import annotations

from functools import cache
from typing import Any

from provender.errors import ProvenderError, StoreError
from provender_aws.assumed_role import assume_role
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
    from botocore.session import Session

    if service == "s3" and endpoint:
        options["s3"] = {"addressing_style": "path"}
    with aws_errors("the AWS SDK", kind):
        core = Session(profile=account.profile)
        core.register_component("data_loader", _loader(core.get_config_variable("data_path")))
        if account.role_arn is not None:
            assume_role(core, account)
        session = boto3.Session(botocore_session=core, region_name=account.region)
        return session.client(service, endpoint_url=endpoint, config=Config(**options))


@cache
def _loader(data_path: str | None) -> Any:
    """Return what reads the SDK's descriptions of services, and keeps what it has read.

    Each session has one of its own, which reads them anew: 0.1 s of processor for a client.
    """
    from botocore.loaders import create_loader

    return create_loader(data_path)
