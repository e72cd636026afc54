"""Runs the benchmarks and prints their table: ``python -m benchmarks [--quick] [--only NAME]``."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks import (
    big_catalog,
    bigquery_join,
    dynamodb_online,
    engines,
    firestore_online,
    join,
    large_join,
    materialize,
    online,
    push,
    rebuild,
    redis_online,
    redshift_join,
    serving,
    startup,
)
from benchmarks.figures import Figure, as_table
from benchmarks.sizes import FULL, QUICK

BENCHMARKS = {
    "startup": startup.measure,
    "catalog": big_catalog.measure,
    "join": join.measure,
    "large-join": large_join.measure,
    "materialize": materialize.measure,
    "rebuild": rebuild.measure,
    "engines": engines.measure,
    "push": push.measure,
    "online": online.measure,
    "serving": serving.measure,
    "redis": redis_online.measure,
    "firestore": firestore_online.measure,
    "dynamodb": dynamodb_online.measure,
    "bigquery": bigquery_join.measure,
    "redshift": redshift_join.measure,
}

# as pytest has it: the servers of the tests import each other by their folder
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))


def main() -> None:
    """Run the benchmarks that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that it runs")
    parser.add_argument("--only", choices=BENCHMARKS, action="append", help="by default all")
    parser.add_argument("--no-feast", action="store_true", help="leave Feast out")
    arguments = parser.parse_args()
    sizes = QUICK if arguments.quick else FULL
    figures: list[Figure] = []
    for name in arguments.only or BENCHMARKS:
        with tempfile.TemporaryDirectory(prefix="provender-bench-") as directory:
            print(f"measuring {name} …", flush=True)
            figures += BENCHMARKS[name](Path(directory), sizes, not arguments.no_feast)
    print()
    print(as_table(figures, judged=not arguments.quick))


if __name__ == "__main__":
    main()
