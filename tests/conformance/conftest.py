"""The size of large requests; at the end of a run, how many stories were told."""

from harness.tiers import examples
from provender.testing.offline_suite import OfflineStoreSuite

OfflineStoreSuite.large = examples(400_000, short=130_000)  # DuckDB's batches have 122,880


def pytest_terminal_summary(terminalreporter):
    reports = [r for found in ("passed", "failed") for r in terminalreporter.getreports(found)]
    told = [dict(r.user_properties) for r in reports if r.when == "call"]
    parts = [properties["stories"] for properties in told if "stories" in properties]
    if parts:
        stories, steps = (sum(part[i] for part in parts) for i in (0, 1))
        seeds = f"seeds up to {max(part[2] for part in parts)}"
        terminalreporter.write_line(f"{stories} stories were told in {steps} steps, {seeds}")
