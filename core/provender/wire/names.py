"""Paths, media types and headers of the feature server."""

from __future__ import annotations

from typing import Final

ONLINE_FEATURES: Final = "/get-online-features"
PUSH: Final = "/push"
WRITE_ONLINE: Final = "/write-to-online-store"
MATERIALIZE: Final = "/materialize"
MATERIALIZE_INCREMENTAL: Final = "/materialize-incremental"
REBUILD: Final = "/rebuild"
RUNS: Final = "/runs/"
HEALTH: Final = "/health"
READY: Final = "/ready"
METRICS: Final = "/metrics"
OPENAPI: Final = "/openapi.json"

JSON: Final = "application/json"
ARROW: Final = "application/vnd.apache.arrow.stream"
"""An Arrow IPC stream, as IANA registers it."""

REQUEST_ID: Final = "x-request-id"
"""The header by which a client finds its request in the server's log; sent back as it came."""
DEFAULT_PORT: Final = 6566
