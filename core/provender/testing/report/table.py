"""A report as a table of rules and outcomes."""

from __future__ import annotations

from collections.abc import Iterator

from provender.testing.report.model import Report, Rule, SuiteRun, Tally

_SIGNS = {
    "passed": "✅ passed",
    "failed": "❌ failed",
    "skipped": "➖ skipped",
    "not run": "❔ not run",
}


def title(run: SuiteRun) -> str:
    """Return what ran and against what: ``OnlineStoreSuite: redis (provender-redis 0.1.0)``."""
    store = ".".join(filter(None, [run.provider, run.store_type]))
    source = " ".join(filter(None, [run.distribution, run.version]))
    return f"{run.suite}: {store}" + (f" ({source})" if source else "")


def tally_text(tally: Tally, what: str) -> str:
    """Return ``12 rules: 10 passed, 1 failed, 1 skipped``."""
    counts = {
        "passed": tally.passed,
        "failed": tally.failed,
        "skipped": tally.skipped,
        "not run": tally.not_run,
    }
    parts = [f"{count:,} {name}" for name, count in counts.items() if count]
    noun = what if tally.total != 1 else what.removesuffix("s")
    return f"{tally.total:,} {noun}: {', '.join(parts) or 'none ran'}"


def outcome_text(rule: Rule) -> str:
    """Return how a rule ended; for a rule that was skipped, the capability's name."""
    capabilities = sorted({case.capability for case in rule.cases if case.capability})
    if rule.outcome == "skipped" and capabilities:
        return f"skipped: {', '.join(capabilities)} not claimed"
    return rule.outcome + (", by a test of the provider's own" if rule.overridden else "")


def markdown(report: Report) -> str:
    """Return the report as Markdown: a heading and a table for each suite."""
    versions = report.versions
    lines = [
        f"{tally_text(report.rules, 'rules')}; {tally_text(report.cases, 'cases')}.",
        "",
        f"provender {versions.provender}, Python {versions.python}, {report.created}",
    ]
    for run in report.suites:
        lines += ["", f"### {title(run)}", "", "| rule | outcome | cases |", "| --- | --- | --: |"]
        lines += _rows(run)
    return "\n".join(lines) + "\n"


def failures(report: Report) -> Iterator[tuple[str, str]]:
    """Give each case that failed: what it is, and why it failed."""
    for run in report.suites:
        for rule in run.results:
            for case in rule.cases:
                if case.outcome == "failed":
                    label = f" [{case.case}]" if case.case else ""
                    yield f"{run.test_class} {rule.rule}{label}", case.reason or ""


def _rows(run: SuiteRun) -> Iterator[str]:
    for rule in run.results:
        outcome = outcome_text(rule).replace(rule.outcome, _SIGNS[rule.outcome], 1)
        name = rule.rule.replace("_", " ")
        yield f"| {name} | {outcome} | {len(rule.cases)} |"
