"""``feast init``: a new feature repository."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import click

from provender_feast.driver_test_data import create_driver_hourly_stats_df, label_columns
from provender_feast.repo_config import is_valid_name

TEMPLATES = ("local",)
_FIRST = ("bright", "calm", "eager", "gentle", "keen", "proud", "quick", "wise")
_SECOND = ("badger", "falcon", "heron", "lynx", "marten", "otter", "raven", "tern")


@click.command()
@click.argument("project_directory", required=False)
@click.option("--minimal", "-m", is_flag=True, help="Create a configuration without definitions.")
@click.option(
    "--template", "-t", type=click.Choice(TEMPLATES), default="local", help="What it begins with."
)
@click.option("--repo-path", help="The directory to create it in; by default the project's name.")
def init(
    project_directory: str | None, minimal: bool, template: str, repo_path: str | None
) -> None:
    """Create a new feature repository in PROJECT_DIRECTORY."""
    name = project_directory or f"{random.choice(_FIRST)}_{random.choice(_SECOND)}"  # noqa: S311
    if not is_valid_name(name):
        raise click.BadParameter(
            "Name should be alphanumeric values, underscores, and hyphens but not start with an "
            "underscore or hyphen",
            param_hint="PROJECT_DIRECTORY",
        )
    folder = Path(repo_path or name)
    root = folder / "feature_repo"
    if root.exists() and any(root.iterdir()):
        raise click.ClickException(f"The directory {folder} already contains files.")
    root.mkdir(parents=True, exist_ok=True)
    for directory in (folder, root):
        (directory / "__init__.py").touch()
    _write(root, "minimal" if minimal else template, name)
    click.echo(f"\nCreating a new Feast repository in {folder.absolute()}.\n")


def _write(root: Path, template: str, project: str) -> None:
    source = files("provender_feast").joinpath("templates", template)
    for file in source.iterdir():
        text = file.read_text().replace("PROJECT_NAME", project)
        (root / file.name.removesuffix(".txt")).write_text(text)
    if template != "minimal":
        import pyarrow.parquet as pq

        data = root / "data"
        data.mkdir(exist_ok=True)
        end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        drivers = [1001, 1002, 1003, 1004, 1005]
        stats = create_driver_hourly_stats_df(drivers, end - timedelta(days=15), end)
        stats.to_parquet(data / "driver_stats.parquet", index=False)
        pq.write_table(label_columns(), data / "driver_quality_labels.parquet")
