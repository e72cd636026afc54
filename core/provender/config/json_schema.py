"""The JSON Schema of feature_store.yaml, for editors."""

from __future__ import annotations

from typing import Any

from provender.config.model import ConfigFile


def config_schema() -> dict[str, Any]:
    """Return the JSON Schema of feature_store.yaml."""
    schema = ConfigFile.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "feature_store.yaml",
    }
