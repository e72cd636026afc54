"""A join larger than its memory limit, from Parquet to Parquet."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from benchmarks.figures import Figure, peak_mb, python
from benchmarks.repository import open_store
from benchmarks.rows import FEATURES, write_features, write_spine
from benchmarks.sizes import Sizes


def measure(directory: Path, sizes: Sizes, feast: bool) -> list[Figure]:
    """Join in a new process, whose peak memory is measured."""
    entities = max(1, sizes.large_features // 100)
    write_features(directory / "features.parquet", entities, sizes.large_features // entities)
    write_spine(directory / "spine.parquet", entities, sizes.large_spine)
    found = json.loads(python("-m", "benchmarks.large_join", str(directory)).splitlines()[-1])
    if found["rows"] != sizes.large_spine:
        raise SystemExit(f"{found['rows']} of {sizes.large_spine} rows came back")
    what = f"join {sizes.large_spine:,} × {sizes.large_features:,} to Parquet"
    memory, seconds = f"{found['rss_mb']:.0f} MB", f"{found['seconds']:.1f} s"
    return [Figure(what, f"{memory}, {seconds}", "", found["rss_mb"] / 3000, "≤ 3000 MB")]


def work(directory: Path) -> None:
    """Join in this process and print the rows, the seconds and the peak memory."""
    with open_store(directory, "features.parquet", "created") as store:
        references = [f"v:{name}" for name in FEATURES]
        start = time.perf_counter()
        job = store.get_historical_features(directory / "spine.parquet", references)
        rows = job.to_parquet(directory / "result.parquet")
        seconds = time.perf_counter() - start
    print(json.dumps({"rows": rows, "seconds": seconds, "rss_mb": peak_mb()}))


if __name__ == "__main__":
    work(Path(sys.argv[1]))
