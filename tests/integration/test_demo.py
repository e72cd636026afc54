"""The demo on the first flights of the year: no flight is lost, online equals offline."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from provender.testing.processes import run
from servers.firestore import missing
from servers.install import environment

FLIGHTS = {3: 2_699, 59: 51_955}
"""How many there are in so many days."""
ROOT = Path(__file__).parents[2]


@pytest.mark.seconds(40)
@pytest.mark.timeout(400)
@pytest.mark.parametrize(("provider", "days"), [("local", 59), ("gcp", 3), ("aws", 3)])
def test_the_demo_keeps_every_flight_and_serves_what_it_trained_on(tmp_path, provider, days):
    if provider == "gcp" and (reason := missing()):
        pytest.skip(reason)
    if provider == "aws" and environment("ministack") is None:
        pytest.skip("ministack is not installed: python3 tests/servers/install.py ministack")
    out = tmp_path / "flights"
    done = run(
        [
            *(sys.executable, ROOT / "demo/flights/run.py", "--provider", provider),
            *("--out", out, "--days", str(days)),
        ],
        seconds=300,
    )
    flights = pq.read_metadata(out / "data" / "spine.parquet").num_rows
    assert flights == FLIGHTS[days]
    assert f"{flights:,} of {flights:,} flights, 4 views" in done.stdout
    assert "online equals offline in every value" in done.stdout
    promise, truth = re.search(
        r"leaky join: AUC ([\d.]+) in training, ([\d.]+)", done.stdout
    ).groups()
    assert float(promise) > float(truth), "the leak flatters the model"
    if provider == "local":
        advice = done.stdout.splitlines()[-1].removeprefix("Continue: ")
        assert "carrier_delays" in run(["sh", "-c", advice], cwd=ROOT).stdout
