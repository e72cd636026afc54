"""The emulator of Firestore that comes with gcloud, in a process of its own."""

from __future__ import annotations

import shutil
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from provender.testing.servers import HOST, free_port, running

_JAR = "platform/cloud-firestore-emulator/cloud-firestore-emulator.jar"
_MAIN = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"
_USUAL = ("/usr/lib/google-cloud-sdk", "/usr/share/google-cloud-sdk", "/opt/google-cloud-sdk")


def emulator_jar() -> Path | None:
    """Return the emulator's program inside gcloud's SDK, or None when it is not installed."""
    gcloud = shutil.which("gcloud")
    beside = [Path(gcloud).resolve().parents[1]] if gcloud else []
    roots = [*beside, *map(Path, _USUAL), Path.home() / "google-cloud-sdk"]
    return next((root / _JAR for root in roots if (root / _JAR).is_file()), None)


def missing() -> str | None:
    """Return why the emulator cannot be started, or None when it can."""
    if emulator_jar() is None:
        return "Firestore's emulator is not installed: gcloud components install it"
    return None if shutil.which("java") else "Firestore's emulator needs java 11 or newer"


@contextmanager
def firestore_server(folder: Path) -> Iterator[str]:
    """Run the emulator while the block runs; skip the test when it cannot be had.

    Yields:
        Its endpoint, such as ``http://127.0.0.1:8080``.
    """
    reason = missing()
    if reason:
        pytest.skip(reason)
    port = free_port()
    endpoint = f"http://{HOST}:{port}"

    def answers() -> bool:
        with urllib.request.urlopen(endpoint, timeout=5) as answer:
            return bool(answer.status == 200)

    command = ["java", "-Xmx512m", "-cp", str(emulator_jar()), _MAIN, "start"]
    command += [f"--host={HOST}", f"--port={port}"]
    with running(command, ready=answers, log=folder / "firestore.log"):
        yield endpoint
