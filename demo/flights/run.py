"""The main job on real data: define, apply, join, train, materialize, serve.

Usage: python demo/flights/run.py [--provider NAME] [--out DIRECTORY] [--days N]
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "tests")]  # the servers that stand for a cloud

from data import write_files  # noqa: E402
from training import compare  # noqa: E402

from provender import FeatureStore  # noqa: E402
from provender.definitions.repository import load_definitions  # noqa: E402

PROVIDERS = ("local", "gcp", "aws")
VIEWS = ["weather", "carrier_delays", "origin_carrier_delays", "aircraft_delays"]
KEYS = ["origin", "carrier", "tailnum"]
SERVED = 1000
CONSOLE = Console(highlight=False, soft_wrap=True)
"""Plain when it is not a terminal."""


@contextmanager
def step(what: str) -> Iterator[list[str]]:
    """Print what is done, then how long it took and what came of it."""
    notes: list[str] = []
    start = time.perf_counter()
    with CONSOLE.status(f"{what} …"):
        yield notes
    seconds = time.perf_counter() - start
    CONSOLE.print(f"{what:<46} [bold]{seconds:6.2f} s[/bold]  {'; '.join(notes)}")


def main() -> None:
    """Run the demo."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--provider", choices=PROVIDERS, default="local")
    parser.add_argument("--out", type=Path, default=Path(".demo/flights"))
    parser.add_argument("--days", type=int, default=365)
    arguments = parser.parse_args()
    start = time.perf_counter()
    repository = fresh_repository(arguments.out, arguments.provider)
    place = import_module(f"{arguments.provider}.place")
    with place.opened(repository):
        run(repository, place, arguments.days)
    CONSOLE.print(f"\nTotal time: {time.perf_counter() - start:.0f} s.")
    if arguments.provider == "local":
        command = os.path.relpath(Path(sys.executable).with_name("provender"), repository)
        CONSOLE.print(f"Continue: cd {repository} && {command} feature-views list")


def run(repository: Path, place: Any, days: int) -> None:
    """Run the demo in a place that is open."""
    with step("Write the flights of 2013 as Parquet") as notes:
        rows = write_files(repository / "data", days)
        notes.append(", ".join(f"{name} {count:,}" for name, count in rows.items()))
    with step("Bring the sources to where they are read") as notes:
        notes.append(place.load(repository / "data"))
    spine = pq.read_table(repository / "data" / "spine.parquet")
    present = spine["day_end"][-1].as_py() + timedelta(hours=4)  # the last day's figures are there
    with FeatureStore(repository, clock=lambda: present) as store:
        apply(store)
        train(store, spine)
        serve(store, spine, present)


def fresh_repository(directory: Path, provider: str) -> Path:
    """Copy the feature repository to where there is nothing, or what an earlier run left."""
    if directory.exists():
        if not (directory / "feature_store.yaml").exists():
            raise SystemExit(f"{directory} exists and is not of this demo; name another --out")
        shutil.rmtree(directory)
    shutil.copytree(HERE / "feature_repo", directory, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(HERE / provider / "sources.py", directory)
    return directory


def apply(store: FeatureStore) -> None:
    """Register the definitions."""
    with step("Apply the definitions") as notes:
        plan = store.apply(load_definitions(store.config.repo_path), partial=False)
        notes.append(f"{len(plan.changes)} objects, {len(plan.tables_made)} online tables")


def train(store: FeatureStore, spine: pa.Table) -> None:
    """Join all flights as of their departures, and leakily as of the end of their day."""
    with step("Join all flights as of their departure") as notes:
        honest = store.get_historical_features(spine, VIEWS, full_feature_names=True).to_df()
        notes.append(f"{len(honest):,} of {spine.num_rows:,} flights, {len(VIEWS)} views")
    with step("Join them leakily, as of the end of the day") as notes:
        job = store.get_historical_features(
            spine, VIEWS, full_feature_names=True, timestamp_field="day_end"
        )
        leaky = job.to_df()
        notes.append(f"{len(leaky):,} flights")
    with step("Train two models, test on the last quarter") as notes:
        features = ["hour", "distance", *(str(name) for name in honest if "__" in str(name))]
        scores = compare(honest, leaky, features)
        notes.append(f"{len(features)} features")
    CONSOLE.print(
        f"    point-in-time join: AUC {scores.honest:.3f}, in training and at prediction time"
    )
    CONSOLE.print(
        f"    leaky join: AUC {scores.leaky_promise:.3f} in training, "
        f"{scores.leaky_truth:.3f} at prediction time"
    )


def serve(store: FeatureStore, spine: pa.Table, present: datetime) -> None:
    """Load the newest rows into the online store and read the vectors of the last flights."""
    with step("Materialize") as notes:
        reports = store.materialize_incremental(present)
        notes.append(", ".join(f"{report.view} {report.rows:,}" for report in reports))
    with step("Materialize again") as notes:
        again = sum(report.rows for report in store.materialize_incremental(present))
        notes.append(f"{again:,} rows of the last timestamps read again, nothing changes")
    last = spine.slice(spine.num_rows - SERVED)
    rows = last.select(KEYS).to_pylist()
    with step(f"Read the vectors of the last {SERVED:,} flights") as notes:
        reader = store.prepare(VIEWS, full_feature_names=True)
        online = reader.read(rows).to_dict()
        notes.append(f"{len(online) - len(KEYS)} features each")
    with step("Compare with a join as of the same timestamp") as notes:
        now = pa.array([present.astimezone(UTC)] * SERVED, pa.timestamp("us", "UTC"))
        asked = last.select(KEYS).append_column("event_timestamp", now)
        offline = store.get_historical_features(asked, VIEWS, full_feature_names=True).to_arrow()
        different = [n for n in online if online[n] != offline[n].to_pylist()]
        if different:
            raise SystemExit(f"online and offline differ in {', '.join(different)}")
        notes.append("online equals offline in every value")


if __name__ == "__main__":
    main()
