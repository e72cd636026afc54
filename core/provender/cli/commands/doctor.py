"""``provender doctor``."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from provender.cli.frame import exit_codes
from provender.cli.frame.command import ProvenderCommand
from provender.cli.frame.errors import near
from provender.cli.frame.invocation import Invocation, pass_invocation
from provender.cli.frame.output import print_json, say

if TYPE_CHECKING:
    from provender.plugin import Finding


@click.command(cls=ProvenderCommand, example="provender doctor\nprovender doctor --output json")
@click.pass_context
@pass_invocation
def doctor(invocation: Invocation, ctx: click.Context) -> None:
    """Check that everything the project needs works, and show how to fix what does not.

    It checks Python, the libraries and the clock; feature_store.yaml, the plug-ins and their
    own checks (credentials, permissions, datasets, buckets …); the registry, the online store
    and the offline store; the definitions and the columns of their sources. A scratch document
    and a scratch table are written and removed.

    The exit code is 1 when a check fails.
    """
    from provender.cli.inputs.definitions import repository_definitions
    from provender.doctor import examine

    found = []
    for finding in examine(invocation.load_config, repository_definitions):
        found.append(finding)
        _show(invocation, finding)
    wrong = sum(not finding.ok for finding in found)
    if invocation.as_json:
        print_json(invocation, {"ok": not wrong, "findings": [asdict(one) for one in found]})
    say(invocation, f"\n{wrong} of {len(found)} checks failed" if wrong else "\nAll checks passed.")
    if wrong:
        ctx.exit(exit_codes.FAILED)


def _show(invocation: Invocation, finding: Finding) -> None:
    color, word = ("green", "ok  ") if finding.ok else ("red", "FAIL")
    details = near(finding.detail).splitlines() or [""]
    say(invocation, f"{click.style(word, fg=color)}  {finding.subject}: {details[0]}")
    for line in details[1:]:
        say(invocation, f"        {line}")
    for line in (finding.fix or "").splitlines():
        say(invocation, f"        fix: {line}")
