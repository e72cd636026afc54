"""The group of all commands, and how a run of one ends."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from importlib.metadata import version as installed_version
from pathlib import Path

import click

from provender.errors import ProvenderError
from provender_feast.cli import init, listing, loading, reading, registering
from provender_feast.cli.repository import Repository
from provender_feast.errors import FeastError

FEAST_VERSION = "0.67.0"
"""The version of Feast whose interface this is."""


@click.group()
@click.option("--chdir", "-c", help="Use the feature repository in this directory.")
@click.option(
    "--log-level",
    default="warning",
    help="The logging level: DEBUG, INFO, WARNING, ERROR or CRITICAL.",
)
@click.option("--feature-store-yaml", "-f", help="Use this configuration file.")
@click.pass_context
def cli(
    context: click.Context, chdir: str | None, log_level: str, feature_store_yaml: str | None
) -> None:
    """Feast's command line, on Provender."""
    level = logging.getLevelName(log_level.upper())
    if not isinstance(level, int):
        raise click.UsageError(f"Invalid log level: {log_level}")
    logging.basicConfig(level=level)
    file = Path(feature_store_yaml) if feature_store_yaml else None
    context.obj = Repository(Path(chdir or Path.cwd()).absolute(), file)


@cli.command()
def version() -> None:
    """Display the version of Feast whose interface this is."""
    click.echo(f'Feast SDK Version: "{FEAST_VERSION}"')
    click.echo(f"Provender {installed_version('provender')}", err=True)


cli.add_command(init.init)
for command in (*registering.COMMANDS, *loading.COMMANDS, *listing.GROUPS, *reading.COMMANDS):
    cli.add_command(command)


def run(args: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code; no traceback for a user's mistake.

    Args:
        args: The arguments; by default those of the process.
    """
    try:
        cli.main(list(sys.argv[1:] if args is None else args), "feast", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.Abort:
        click.echo("Aborted!", err=True)
        return 1
    except FeastError as error:
        kind = type(error)
        click.echo(f"{kind.__module__}.{kind.__qualname__}: {error}", err=True)
        return 1
    except ProvenderError as error:
        click.echo(str(error), err=True)
        return 1
    return 0


def main() -> None:
    """Run a command and end the process with its exit code."""
    sys.exit(run())
