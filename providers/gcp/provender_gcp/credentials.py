"""Credentials: Application Default Credentials, a file, or none for an emulator."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from provender.errors import ConfigError
from provender_gcp.configuration import Cloud

_SCOPES = ["https://www.googleapis.com/auth/cloud-platform"]
LOGIN = "gcloud auth application-default login"
"""The command that makes Application Default Credentials."""
_KINDS = (
    "authorized_user",
    "external_account",
    "external_account_authorized_user",
    "impersonated_service_account",
    "service_account",
)
_AWS_TOKEN = "urn:ietf:params:aws:token-type:aws4_request"  # noqa: S105 - a kind of token
_ALLOW_COMMANDS = "GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES"
_PROJECT = "GOOGLE_CLOUD_PROJECT"


def credentials(cloud: Cloud, *, emulator: bool) -> tuple[Any, str | None]:
    """Return Google credentials and the project, if anything names one.

    Args:
        cloud: The settings of the store.
        emulator: Whether the server has no accounts.

    Raises:
        ConfigError: There are no credentials.
    """
    if emulator:
        from google.auth.credentials import AnonymousCredentials

        return AnonymousCredentials(), cloud.project_id
    if cloud.credentials_file is not None:
        return _from_file(cloud, cloud.credentials_file)
    found, project = _default()
    return found, cloud.project_id or project


def required_project(project: str | None) -> str:
    """Return a project that must be there.

    Raises:
        ConfigError: None is named anywhere.
    """
    if project:
        return project
    raise ConfigError(
        "no Google Cloud project is named",
        allowed="gcp: {project_id: my-project} in feature_store.yaml, or GOOGLE_CLOUD_PROJECT",
        fix="gcloud projects list shows the projects of your account",
    )


def _default() -> tuple[Any, str | None]:
    import google.auth
    from google.auth.exceptions import GoogleAuthError

    try:
        found, project = google.auth.default(scopes=_SCOPES)
    except (GoogleAuthError, OSError, ValueError) as error:
        raise _none("Application Default Credentials", error, LOGIN) from error
    return found, project


def _from_file(cloud: Cloud, file: Path) -> tuple[Any, str | None]:
    """Return the credentials of a file and the project; Google is asked only if none is named."""
    from google.auth.exceptions import GoogleAuthError

    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        made = _made(content)
        named = cloud.project_id or content.get("project_id") or os.environ.get(_PROJECT)
        if made is not None:
            return made, named or _project_of(made)
    except (GoogleAuthError, OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise _none(str(file), error, refused(error, file)) from error
    reason = f"its type is {content.get('type')!r}, not one of {', '.join(_KINDS)}"
    raise _none(str(file), reason, f"fix or replace {file}")


def _made(content: dict[str, Any]) -> Any:
    """Return the credentials that the content of a file describes; None for an unknown type.

    google-auth has deprecated the functions that load a file of any type, since a type that nobody
    expected may ask any address for tokens; so each type that is allowed has its own function.
    See https://cloud.google.com/docs/authentication/external/externally-sourced-credentials.
    """
    kind = content.get("type")
    if kind == "service_account":
        from google.oauth2.service_account import Credentials as Service

        return Service.from_service_account_info(content, scopes=_SCOPES)
    if kind == "authorized_user":
        from google.oauth2.credentials import Credentials as User

        return User.from_authorized_user_info(content, scopes=_SCOPES)
    if kind == "impersonated_service_account":
        from google.auth.impersonated_credentials import Credentials as Impersonated

        return Impersonated.from_impersonated_service_account_info(content, scopes=_SCOPES)
    if kind == "external_account":
        return _federated(content).from_info(content, scopes=_SCOPES)
    if kind == "external_account_authorized_user":
        from google.auth.external_account_authorized_user import Credentials as FederatedUser

        return FederatedUser.from_info(content)
    return None


def _federated(content: dict[str, Any]) -> Any:
    """Return the class of a workload identity: its tokens come from AWS, a command or elsewhere."""
    if content.get("subject_token_type") == _AWS_TOKEN:
        from google.auth import aws

        return aws.Credentials
    if content["credential_source"].get("executable") is not None:
        from google.auth import pluggable

        return pluggable.Credentials
    from google.auth import identity_pool

    return identity_pool.Credentials


def _project_of(found: Any) -> str | None:
    """Ask Google for the project of a workload identity; other credentials know of none."""
    from google.auth.external_account import Credentials as Federated

    if not isinstance(found, Federated):
        return None
    from google.auth.transport.requests import Request

    project: str | None = found.get_project_id(Request())
    return project


def refused(error: BaseException, file: Path | None = None) -> str:
    """Return what to do about credentials that are wrong or cannot be renewed.

    Args:
        error: What google-auth says of them.
        file: The file that they are from, if that is known.
    """
    if _ALLOW_COMMANDS in str(error):
        return f"set {_ALLOW_COMMANDS}=1 if the command in {file or 'credentials_file'} is yours"
    return f"fix or replace {file}" if file else f"{LOGIN}, or fix credentials_file"


def _none(source: str, reason: object, fix: str) -> ConfigError:
    return ConfigError(
        "there are no credentials for Google Cloud",
        got=f"{source}: {reason}",
        allowed="Application Default Credentials, or gcp: {credentials_file: key.json}",
        fix=fix,
    )
