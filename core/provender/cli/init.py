"""``provender init``."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import click

from provender.cli.settings import Settings, pass_settings

_ANIMALS = ("heron", "otter", "marten", "lynx", "curlew", "dormouse", "ibex", "stoat")


@click.command(epilog="Example: provender init --minimal fraud")
@click.argument("name", required=False)
@click.option("--minimal", is_flag=True, help="No example data: definitions to fill in.")
@click.option("--template", type=click.Choice(["local"]), default="local", help="The provider.")
@pass_settings
def init(settings: Settings, name: str | None, minimal: bool, template: str) -> None:
    """Make a directory NAME with a feature repository."""
    from provender.errors import RequestError

    name = name or _invented(Path())
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        allowed = "letters, digits and _, not beginning with a digit"
        raise RequestError("a project cannot have that name", got=repr(name), allowed=allowed)
    project = (settings.chdir or Path()) / name
    if project.exists() and any(project.iterdir()):
        raise RequestError(
            "the directory is not empty; nothing was written",
            got=str(project.resolve()),
            fix="choose another name, or remove the directory",
        )
    repository = project / "feature_repo"
    repository.mkdir(parents=True, exist_ok=True)
    (project / "store").mkdir(exist_ok=True)
    _write_templates(repository, name, f"{template}_minimal" if minimal else template)
    if not minimal:
        _write_example_rows(repository / "data")
    text = f"Made feature repository {repository}\nNext: cd {repository} && provender apply"
    settings.show(text, {"project": name, "repository": str(repository)})


def _invented(directory: Path) -> str:
    """Return a name that is not taken yet."""
    free = (animal for animal in _ANIMALS if not (directory / animal).exists())
    return next(free, "features")


def _write_templates(repository: Path, project: str, template: str) -> None:
    source = files("provender.cli") / "templates" / template
    for name in ("feature_store.yaml", "features.py"):
        text = (source / f"{name}.txt").read_text(encoding="utf-8")
        (repository / name).write_text(text.replace("{{project}}", project), encoding="utf-8")


def _write_example_rows(directory: Path) -> None:
    """Write a month of hourly rows of five drivers, the same every time."""
    from datetime import UTC, datetime, timedelta

    import pyarrow as pa
    import pyarrow.parquet as pq

    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    hours = [midnight - timedelta(days=30) + timedelta(hours=h) for h in range(30 * 24)]
    drivers = range(1001, 1006)
    rows = [(driver, n, hour) for driver in drivers for n, hour in enumerate(hours)]
    instant = pa.timestamp("us", "UTC")
    table = pa.table(
        {
            "driver_id": pa.array([driver for driver, _, _ in rows], pa.int64()),
            "event_timestamp": pa.array([hour for _, _, hour in rows], instant),
            "created": pa.array([hour + timedelta(minutes=5) for _, _, hour in rows], instant),
            "conv_rate": [(driver * 7 + n * 13) % 100 / 100 for driver, n, _ in rows],
            "acc_rate": [(driver * 3 + n * 29) % 100 / 100 for driver, n, _ in rows],
            "avg_daily_trips": [(driver * 11 + n // 24 * 17) % 1000 for driver, n, _ in rows],
        }
    )
    directory.mkdir()
    pq.write_table(table, directory / "driver_stats.parquet")
