"""An environment in which neither Amazon's nor Google's libraries find credentials."""

from __future__ import annotations

from pathlib import Path

import pytest


def without_aws(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Hide Amazon's credentials for a test; the folder has no files of them."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(folder / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(folder / "credentials"))


def without_google(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Hide Google's credentials for a test; the folder has no configuration of gcloud."""
    for name in ("GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(folder))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
