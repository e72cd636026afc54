"""Run the `local-bigquery` server without a network: with the Python of its own environment.

DuckDB would fetch its extensions from the network and keep them in the home directory. Here they
come from wheels, are linked where DuckDB looks for them, and the home directory is the server's.
"""

from __future__ import annotations

import importlib
import os
import sys
import threading
from pathlib import Path
from typing import Any

_EXTENSIONS = ("ducklake", "httpfs", "spatial")


def _link_extensions(home: Path, duckdb: Any) -> None:
    """Put the extensions that wheels brought where DuckDB looks for them."""
    (platform,) = duckdb.connect().execute("PRAGMA platform").fetchone()
    folder = home / ".duckdb/extensions" / f"v{duckdb.__version__}" / platform
    folder.mkdir(parents=True, exist_ok=True)
    for name in _EXTENSIONS:
        module = importlib.import_module(f"duckdb_extension_{name}")
        (file,) = Path(str(module.__file__)).parent.rglob(f"{name}.duckdb_extension")
        target = folder / file.name
        if not target.exists():
            target.symlink_to(file)


def _change_connections(duckdb: Any) -> None:
    """Set the time zone after connecting, since as a setting it needs `icu` first; use one thread.

    The tables are small: more threads only wait for each other.
    """
    connect = duckdb.connect

    def connected(*args: Any, config: Any = None, **named: Any) -> Any:
        settings = dict(config or {})
        zone = settings.pop("TimeZone", None)
        connection = connect(*args, config=settings, **named)
        connection.execute("SET threads = 1")
        if zone:
            connection.execute(f"SET GLOBAL TimeZone='{zone}'")
        return connection

    duckdb.connect = connected


def _read_bytes_of_parquet_as_they_are() -> None:
    """Load Parquet's bytes without decoding them as if they were the text of CSV or JSON."""
    from local_bigquery.jobs import load

    load._decoded = lambda expression, field, depth=0: expression


def _end_with(parent: int) -> None:
    """End when the process that started this one is gone and could not stop it."""
    pause = threading.Event()
    while os.getppid() == parent:
        pause.wait(1)
    os._exit(1)


def main() -> None:
    """Run the server in the foreground with the arguments of the command line."""
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    home = Path(os.environ["HOME"])
    import duckdb

    _link_extensions(home, duckdb)
    _change_connections(duckdb)
    from local_bigquery import cli

    _read_bytes_of_parquet_as_they_are()
    cli.main(sys.argv[1:])


if __name__ == "__main__":
    main()
