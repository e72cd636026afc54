"""``provender config``: commands about feature_store.yaml."""

from __future__ import annotations

import click

from provender.cli.frame.command import ProvenderCommand, ProvenderGroup
from provender.cli.frame.invocation import Invocation, pass_invocation
from provender.cli.frame.output import print_json

_EXAMPLE = "provender config schema > feature_store.schema.json"


@click.group(cls=ProvenderGroup, example=_EXAMPLE)
def config() -> None:
    """Commands about feature_store.yaml."""


@config.command("schema", cls=ProvenderCommand, example=_EXAMPLE)
@pass_invocation
def schema(invocation: Invocation) -> None:
    """Print the JSON Schema of feature_store.yaml, for editors that check as you type."""
    from provender.config import config_schema

    print_json(invocation, config_schema())
