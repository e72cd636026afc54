"""How a command ends: 0 well, 1 with an error, 2 called wrongly, 130 interrupted."""

from __future__ import annotations

import os
import sys

import click

FAILED = 1
INTERRUPTED = 130


def run(command: click.Command, arguments: list[str] | None = None) -> int:
    """Run a command and return its exit code; errors are printed, without a traceback.

    Args:
        command: The command.
        arguments: Its arguments; by default those of the process.
    """
    from provender.errors import ProvenderError

    try:
        result = command.main(arguments, prog_name="provender", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (KeyboardInterrupt, click.exceptions.Abort):
        click.echo("interrupted; what was done stays, run the command again to go on", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        # nobody reads any longer; without this Python complains once more at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except ProvenderError as error:
        if _debug():
            raise
        click.echo(f"error: {error}", err=True)
        return FAILED


def _debug() -> bool:
    return "--debug" in sys.argv or bool(os.environ.get("PROVENDER_DEBUG"))
