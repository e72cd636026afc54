"""The credentials of a role that is assumed, renewed before they expire."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any

from provender_aws.configuration import AccountConfig

_SESSION = "provender"
"""What CloudTrail shows beside the role where the configuration names nothing."""
_PATIENCE: dict[str, Any] = {
    "connect_timeout": 10,
    "read_timeout": 10,
    "retries": {"mode": "standard", "total_max_attempts": 3},
}


def assume_role(session: Any, account: AccountConfig) -> None:
    """Let a session use the credentials of the account's role; its own only ask STS for them.

    The first request asks for them; from 15 minutes before they expire requests ask anew.

    Args:
        session: A botocore session.
        account: The role, and how it is assumed.
    """
    from botocore.credentials import (
        CredentialProvider,
        CredentialResolver,
        DeferredRefreshableCredentials,
    )

    own = session.get_component("credential_provider")

    class AssumedRole(CredentialProvider):  # type: ignore[misc] # botocore has no types
        METHOD = "assume-role"

        def load(self) -> Any:
            return DeferredRefreshableCredentials(_asking(session, own, account), self.METHOD)

    session.register_component("credential_provider", CredentialResolver([AssumedRole()]))


def _asking(session: Any, own: Any, account: AccountConfig) -> Callable[[], dict[str, str]]:
    """Return what asks STS for credentials of the role, with those that `own` finds."""
    from botocore.config import Config
    from botocore.exceptions import NoCredentialsError

    asked = {
        "RoleArn": account.role_arn,
        "RoleSessionName": account.role_session_name or _SESSION,
        "ExternalId": account.external_id,
    }

    def ask() -> dict[str, str]:
        found = own.load_credentials()
        if found is None:
            raise NoCredentialsError
        keys = found.get_frozen_credentials()
        client = session.create_client(
            "sts",
            region_name=account.region,
            endpoint_url=account.sts_endpoint,
            aws_access_key_id=keys.access_key,
            aws_secret_access_key=keys.secret_key,
            aws_session_token=keys.token,
            config=Config(**_PATIENCE),
        )
        with closing(client):
            given = {name: value for name, value in asked.items() if value is not None}
            answer = client.assume_role(**given)["Credentials"]
        return {
            "access_key": answer["AccessKeyId"],
            "secret_key": answer["SecretAccessKey"],
            "token": answer["SessionToken"],
            "expiry_time": answer["Expiration"].isoformat(),
        }

    return ask
