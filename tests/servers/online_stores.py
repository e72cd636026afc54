"""The section ``online_store`` for every kind of store, each on a real server."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

from servers.dynamodb import dynamodb_settings
from servers.feature_server import feature_server
from servers.google_cloud import firestore_settings
from servers.postgres import shared_database
from servers.redis import redis_server


def sqlite(context: ExitStack, folder: Path) -> dict[str, Any]:
    return {"path": str(folder / "online.db")}


def redis(context: ExitStack, folder: Path) -> dict[str, Any]:
    pytest.importorskip("provender_redis", reason="contrib/provender-redis is not installed")
    return {"type": "redis", "url": context.enter_context(redis_server(folder)).url}


def postgres(context: ExitStack, folder: Path) -> dict[str, Any]:
    pytest.importorskip("provender_postgres", reason="contrib/provender-postgres is not installed")
    server, name = context.enter_context(shared_database())
    return {"type": "postgres", "url": server.url("postgresql", name)}


def dynamodb(context: ExitStack, folder: Path) -> dict[str, Any]:
    pytest.importorskip("boto3", reason="the extra [aws] is not installed")
    return {"type": "aws.dynamodb", **context.enter_context(dynamodb_settings("ministack"))}


def firestore(context: ExitStack, folder: Path) -> dict[str, Any]:
    pytest.importorskip("google.cloud.firestore", reason="the extra [gcp] is not installed")
    return {"type": "gcp.firestore", **context.enter_context(firestore_settings())}


def remote(context: ExitStack, folder: Path) -> dict[str, Any]:
    config = {
        "project": "served",
        "provider": "local",
        "registry": "registry.db",
        "online_store": {"path": "online.db"},
        "server": {"stores": True},
    }
    (folder / "feature_store.yaml").write_text(yaml.safe_dump(config))
    return {"type": "remote", "url": context.enter_context(feature_server(folder)).url}
