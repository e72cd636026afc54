"""``provender plugin``: for those who write plug-ins."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from provender.cli.frame.command import ProvenderCommand, ProvenderGroup
from provender.cli.frame.invocation import Invocation, pass_invocation
from provender.cli.frame.output import print_json, print_table, say
from provender.cli.scaffold.project_files import check_free
from provender.errors import RequestError

if TYPE_CHECKING:
    from provender.testing.report.model import Report

_EXAMPLE = """provender plugin new acme
provender plugin report report.json --badge badge.svg"""


@click.group(cls=ProvenderGroup, example=_EXAMPLE)
def plugin() -> None:
    """Create a provider and report whether it conforms."""


_NEW_EXAMPLE = """provender plugin new acme
cd provender-acme
pip install -e '.[test]'
pytest"""


@plugin.command("new", cls=ProvenderCommand, example=_NEW_EXAMPLE)
@click.argument("name")
@pass_invocation
def new(invocation: Invocation, name: str) -> None:
    """Write the skeleton of a provider NAME in the new directory provender-NAME.

    It is a distribution of its own with an offline store, an online store and a registry that
    keep everything in memory and pass the conformance suites; replace them by your own.
    """
    from provender.cli.scaffold.plugin_files import write_provider
    from provender.cli.scaffold.plugin_name import check_plugin_name

    names = check_plugin_name(name)
    root = Path(names.distribution)
    check_free(root)
    paths = [path.as_posix() for path in write_provider(names, root)]
    if invocation.as_json:
        answer = {"provider": name, "distribution": names.distribution, "package": names.package}
        print_json(invocation, {**answer, "path": root.resolve(), "files": paths})
        return
    say(invocation, f"Created provider {name}:")
    for path in paths:
        say(invocation, f"  {path}")
    say(invocation, f"Next: cd {root.as_posix()} && pip install -e '.[test]' && pytest")


_REPORT_EXAMPLE = """pytest --provender-report report.json
provender plugin report report.json
provender plugin report report.json --format markdown --badge badge.svg > CONFORMANCE.md"""


@plugin.command("report", cls=ProvenderCommand, example=_REPORT_EXAMPLE)
@click.argument("file", metavar="REPORT", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "markdown"]),
    default="table",
    show_default=True,
    help="A table for the terminal, or for a README.",
)
@click.option(
    "--badge",
    "picture",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also write a badge: an image (.svg), or an endpoint file for shields.io (.json).",
)
@pass_invocation
def report(invocation: Invocation, file: Path, form: str, picture: Path | None) -> None:
    """Show REPORT, which `pytest --provender-report REPORT` wrote: every rule and how it ended."""
    from provender.testing.report.model import read_report
    from provender.testing.report.table import markdown

    found = read_report(file)
    if picture is not None:
        _write_badge(found, picture)
    if invocation.as_json:
        print_json(invocation, _document(found))
    elif form == "markdown":
        say(invocation, markdown(found).rstrip("\n"))
    else:
        _say_table(invocation, found)


def _write_badge(found: Report, picture: Path) -> None:
    from provender.testing.report.badge import badge

    drawn = badge(found)
    forms = {".svg": drawn.svg, ".json": drawn.endpoint}
    if picture.suffix not in forms:
        raise RequestError(
            "a badge cannot be written in this format",
            got=str(picture),
            allowed="a file that ends with .svg or .json",
        )
    try:
        picture.write_text(forms[picture.suffix](), encoding="utf-8")
    except OSError as error:
        raise RequestError(
            "the badge cannot be written", got=error.strerror, place=str(picture)
        ) from error


def _document(found: Report) -> dict[str, object]:
    """Return the answer for programs: what the badge says, and a row for each rule."""
    from dataclasses import asdict

    import msgspec

    from provender.testing.report.badge import badge

    rows = [
        {
            "suite": run.suite,
            "provider": run.provider,
            "store_type": run.store_type,
            "rule": rule.rule,
            "outcome": rule.outcome,
            "cases": len(rule.cases),
            "seconds": rule.seconds,
        }
        for run in found.suites
        for rule in run.results
    ]
    totals = {"rules": found.rules, "cases": found.cases}
    return {"badge": asdict(badge(found)), **msgspec.to_builtins(totals), "results": rows}


def _say_table(invocation: Invocation, found: Report) -> None:
    from provender.testing.report.table import failures, outcome_text, tally_text, title

    for run in found.suites:
        say(invocation, f"{title(run)}, {tally_text(run.rules, 'rules')}")
        rows = [
            (rule.rule, len(rule.cases), f"{rule.seconds:.2f}", outcome_text(rule))
            for rule in run.results
        ]
        print_table(invocation, ("RULE", "CASES", "SECONDS", "OUTCOME"), rows)
        say(invocation)
    for what, why in failures(found):
        say(invocation, f"{what}\n  " + why.replace("\n", "\n  ") + "\n")
    versions = found.versions
    say(invocation, f"provender {versions.provender}, Python {versions.python}, {found.created}")
    say(invocation, f"{tally_text(found.rules, 'rules')}; {tally_text(found.cases, 'cases')}")
