"""Credentials: Application Default Credentials, a file, or none for an emulator."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from provender.errors import ConfigError
from provender_gcp.configuration import Cloud

_SCOPES = ["https://www.googleapis.com/auth/cloud-platform"]
LOGIN = "gcloud auth application-default login"
"""The command that makes Application Default Credentials."""
_KINDS = ("authorized_user", "external_account", "service_account")


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
    file = cloud.credentials_file
    found, project = _default() if file is None else _from_file(file)
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


def _from_file(file: Path) -> tuple[Any, str | None]:
    """Return the credentials of a file, and the project that it names."""
    from google.auth.exceptions import GoogleAuthError

    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        made = _made(content)
    except (GoogleAuthError, OSError, ValueError, KeyError, AttributeError) as error:
        raise _none(str(file), error, f"mend or replace {file}") from error
    if made is None:
        kind = content.get("type")
        fix = f"leave credentials_file out and set GOOGLE_APPLICATION_CREDENTIALS={file}"
        raise _none(str(file), f"its type is {kind!r}, not one of {', '.join(_KINDS)}", fix)
    return made, content.get("project_id")


def _made(content: dict[str, Any]) -> Any:
    """Return the credentials that the content of a file describes; None for an unknown type."""
    kind = content.get("type")
    if kind == "service_account":
        from google.oauth2.service_account import Credentials as Service

        return Service.from_service_account_info(content, scopes=_SCOPES)
    if kind == "authorized_user":
        from google.oauth2.credentials import Credentials as User

        return User.from_authorized_user_info(content, scopes=_SCOPES)
    if kind == "external_account":
        from google.auth.identity_pool import Credentials as Federated

        return Federated.from_info(content, scopes=_SCOPES)
    return None


def _none(source: str, reason: object, fix: str) -> ConfigError:
    return ConfigError(
        "there are no credentials for Google Cloud",
        got=f"{source}: {reason}",
        allowed="Application Default Credentials, or gcp: {credentials_file: key.json}",
        fix=fix,
    )
