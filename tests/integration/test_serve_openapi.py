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
IDS = {"type": "array", "items": {"type": "integer", "format": "int32"}}
ANY = {"type": "array", "items": {"type": "number", "minimum": -1e6, "maximum": 1e6}}
WHOLE = {"type": "array", "items": {"type": "integer", "format": "int32"}}
INSTANTS = {"type": "array", "items": {"enum": ["2026-01-31T12:00:00Z", "2026-02-01T00:30:00Z"]}}
NOTHING = {"type": "object", "additionalProperties": False}
VIEWS = {"type": "array", "items": {"enum": ["driver_stats", "typed"]}}
KNOWN = {
    ("OnlineRequest", "features"): {
        "type": "array",
        "items": {"enum": ["driver_stats:rating", "typed:text", "driver_stats", "typed"]},
    },
    ("OnlineRequest", "feature_service"): {"enum": ["scoring"]},
    ("OnlineRequest", "request_data"): NOTHING,
    ("OnlineRequest", "not_finite"): NOTHING,
    ("PushRequest", "not_finite"): NOTHING,
    ("WriteRequest", "not_finite"): NOTHING,
    ("PushRequest", "push_source_name"): {"enum": ["driver_pushes"]},
    ("WriteRequest", "feature_view_name"): {"enum": ["driver_stats"]},
    ("MaterializeRequest", "start_ts"): {"enum": ["2026-01-31T12:00:00Z"]},
    ("MaterializeRequest", "end_ts"): {"enum": ["2026-02-01T12:00:00Z"]},
    ("MaterializeRequest", "feature_views"): VIEWS,
    ("MaterializeIncrementalRequest", "feature_views"): VIEWS,
    ("RebuildRequest", "feature_views"): VIEWS,
    ("RebuildRequest", "allow_data_loss"): {"type": "boolean"},
}
"""Names, columns and instants that there are, so that requests come further than to a 404."""


def rows(**columns):
    """Return the schema of columns of two rows."""
    two = {name: {**column, "minItems": 2, "maxItems": 2} for name, column in columns.items()}
    return {
        "type": "object",
        "properties": two,
        "required": list(columns),
        "additionalProperties": False,
    }


def narrowed(description):
    """Return the description with what there is: every request that fits it is a right one.

    It has no parameters of addresses, which count only for Arrow streams.
    """
    schemas = description["components"]["schemas"]
    for (struct, member), schema in KNOWN.items():
        schemas[struct]["properties"][member] = schema
    schemas["OnlineRequest"]["properties"]["entities"] = rows(driver_id=IDS)
    schemas["OnlineRequest"]["oneOf"] = [
        {
            "required": ["features"],
            "properties": {"features": {"minItems": 1}},
            "not": {"required": ["feature_service"]},
        },
        {"required": ["feature_service"], "not": {"required": ["features"]}},
    ]
    df = rows(driver_id=IDS, event_timestamp=INSTANTS, rating=ANY, trips=WHOLE)
    for struct in ("PushRequest", "WriteRequest"):
        schemas[struct]["properties"]["df"] = df
    schemas["MaterializeRequest"]["required"] = ["start_ts", "end_ts"]
    for operation in (one for path in description["paths"].values() for one in path.values()):
        given = operation.get("parameters", [])
        operation["parameters"] = [one for one in given if one["in"] != "query"]
        content = operation.get("requestBody", {}).get("content", {})
        content.pop("application/vnd.apache.arrow.stream", None)
        for media in content.values():
            media.pop("example", None)
    return description


def test_no_request_is_answered_with_a_server_error(tmp_path):
    with make_project(tmp_path), feature_server(tmp_path) as server, server.client() as client:
        given = tmp_path / "openapi.json"
        given.write_text(client.get("/openapi.json").text)
        near = tmp_path / "near.json"
        near.write_text(json.dumps(narrowed(json.loads(given.read_text()))))
        # a shape says nothing of which features there are: what it allows may be refused, and
        # what the narrower one does not allow may be right
        for description, excluded in (
            (given, "positive_data_acceptance"),
            (near, "negative_data_rejection"),
        ):
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
