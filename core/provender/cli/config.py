"""``provender config``."""

from __future__ import annotations

import json

import click


@click.group(epilog="Example: provender config schema > feature_store.schema.json")
def config() -> None:
    """Look at the configuration."""


@config.command(epilog="Example: provender config schema > feature_store.schema.json")
def schema() -> None:
    """Print the JSON Schema of feature_store.yaml, for editors."""
    from provender.config import config_schema

    click.echo(json.dumps(config_schema(), indent=2))
