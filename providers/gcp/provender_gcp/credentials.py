"""Credentials: Application Default Credentials, a file, or none for an emulator."""

from __future__ import annotations

from typing import Any

from provender.errors import ConfigError
from provender_gcp.configuration import Cloud

_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
LOGIN = "gcloud auth application-default login"
"""The command that makes Application Default Credentials."""


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

        found, project = AnonymousCredentials(), None
    else:
        found, project = _loaded(cloud)
    return found, cloud.project_id or project


def _loaded(cloud: Cloud) -> tuple[Any, str | None]:
    import google.auth
    from google.auth.exceptions import GoogleAuthError

    file = cloud.credentials_file
    try:
        if file is not None:
            found, project = google.auth.load_credentials_from_file(str(file), scopes=[_SCOPE])
        else:
            found, project = google.auth.default(scopes=[_SCOPE])
    except (GoogleAuthError, OSError, ValueError) as error:
        raise ConfigError(
            "there are no credentials for Google Cloud",
            got=f"{file or 'Application Default Credentials'}: {error}",
            allowed="Application Default Credentials, or gcp: {credentials_file: key.json}",
            fix=LOGIN if file is None else f"mend or replace {file}",
        ) from error
    return found, project


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
