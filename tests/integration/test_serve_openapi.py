"""Schemathesis makes requests out of the server's own description: none of them is a 500.

It runs as a program, since its pytest plug-in would be a part of every other test.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from harness.tiers import examples
from provender.testing.processes import run
from servers.feature_server import feature_server
from servers.served_project import make_project

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
EXAMPLES = examples(40, short=5)
KNOWN = {
    ("OnlineRequest", "features"): {
        "type": "array",
        "items": {"enum": ["driver_stats:rating", "typed:text", "driver_stats", "typed"]},
    },
    ("OnlineRequest", "entities"): {
        "type": "object",
        "properties": {"driver_id": {"type": "array"}},
        "required": ["driver_id"],
        "additionalProperties": {"type": "array"},
    },
    ("PushRequest", "push_source_name"): {"enum": ["driver_pushes"]},
    ("WriteRequest", "feature_view_name"): {"enum": ["driver_stats", "typed"]},
}
"""Names and columns that there are, so that requests come further than to a 404."""


def columns(*names):
    return {
        "type": "object",
        "properties": {name: {"type": "array", "maxItems": 3} for name in names},
        "required": list(names),
        "additionalProperties": {"type": "array"},
    }


def narrowed(description):
    """Return the description with names that there are."""
    schemas = description["components"]["schemas"]
    for (struct, member), schema in KNOWN.items():
        schemas[struct]["properties"][member] = schema
    for struct in ("PushRequest", "WriteRequest"):
        df = columns("driver_id", "event_timestamp", "rating", "trips")
        schemas[struct]["properties"]["df"] = df
    return description


def test_no_request_is_answered_with_a_server_error(tmp_path):
    with make_project(tmp_path), feature_server(tmp_path) as server, server.client() as client:
        given = tmp_path / "openapi.json"
        given.write_text(client.get("/openapi.json").text)
        near = tmp_path / "near.json"
        near.write_text(json.dumps(narrowed(json.loads(given.read_text()))))
        # a shape says nothing of which features there are, or what a timestamp is
        left = "positive_data_acceptance"
        for description, excluded in (given, left), (near, f"{left},negative_data_rejection"):
            run(
                [
                    SCHEMATHESIS,
                    *("run", description, "--url", server.url, "--generation-deterministic"),
                    *("--max-examples", str(EXAMPLES), "--checks", "all", "--no-color"),
                    *("--exclude-checks", excluded),
                ],
                cwd=tmp_path,
                seconds=300,
            )
        body = {"features": ["driver_stats:trips"], "entities": {"driver_id": [1]}}
        assert client.post("/get-online-features", json=body).status_code == 200
        assert "Traceback" not in server.log.read_text()
