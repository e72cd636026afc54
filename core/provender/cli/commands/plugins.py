"""``provender plugins``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from provender.cli.frame.command import ProvenderCommand
from provender.cli.frame.invocation import Invocation, pass_invocation
from provender.cli.frame.output import print_json, print_table, say

if TYPE_CHECKING:
    from provender.plugin.contract.info import Role


@click.command(cls=ProvenderCommand, example="provender plugins --output json")
@pass_invocation
def plugins(invocation: Invocation) -> None:
    """List the installed plug-ins, whether each is ready, and the stores that it offers.

    An extension is enabled by listing it under plugins: in feature_store.yaml.
    """
    from provender.plugin.loading.discovery import PROVIDERS, entries, installed

    found = installed(_enabled(invocation), factories_of=entries(PROVIDERS))
    if invocation.as_json:
        print_json(invocation, [asdict(status) for status in found])
        return
    headers = ("NAME", "KIND", "DISTRIBUTION", "VERSION", "STATUS", "STORES")
    rows = [(s.name, s.kind, s.distribution, s.version, s.status, _stores(s.stores)) for s in found]
    print_table(invocation, headers, rows)
    for status in found:
        if status.reason:
            say(invocation, f"\n{status.name}: {status.reason}")


def _enabled(invocation: Invocation) -> Sequence[str]:
    """Return the extensions of the configuration; a wrong one costs a warning, not the list."""
    from provender.cli.frame.errors import warn_of
    from provender.errors import ConfigError

    if not invocation.config_file.is_file():
        return ()
    try:
        return invocation.load_config().plugins
    except ConfigError as error:
        warn_of(error, "extensions are shown as if none were listed")
        return ()


def _stores(stores: Mapping[Role, Sequence[str]]) -> str:
    return "; ".join(f"{role}: {', '.join(names)}" for role, names in stores.items() if names)
