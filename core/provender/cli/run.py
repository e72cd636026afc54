"""`run`: calls the command line and returns an exit code however it ends."""

from __future__ import annotations

import errno
import gc
import os
import sys
import traceback
from collections.abc import Sequence

import click

from provender.cli.app import cli
from provender.cli.frame import exit_codes
from provender.cli.frame.errors import error_document, error_text
from provender.cli.frame.interrupts import noting_interrupts
from provender.cli.frame.invocation import Invocation
from provender.errors import Problem, ProvenderError


def run(args: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; see `provender.cli.frame.exit_codes`.

    Args:
        args: The arguments; by default those of the process.
    """
    invocation = Invocation(
        color=False if os.environ.get("NO_COLOR") else None,
        debug=os.environ.get("PROVENDER_DEBUG", "0") not in ("", "0"),
    )
    try:
        with noting_interrupts(invocation):
            code = cli.main(args, prog_name="provender", standalone_mode=False, obj=invocation)
            sys.stdout.flush()
    except BaseException as error:  # noqa: BLE001 - every way to end has its exit code
        code = _ended_by(invocation, error)
    else:
        code = code if isinstance(code, int) else exit_codes.FINE
        return _interrupted() if invocation.interrupted else code
    # What the error held must go before DuckDB does, which otherwise complains on stderr.
    gc.collect()
    return code


def _ended_by(invocation: Invocation, error: BaseException) -> int:
    if isinstance(error, SystemExit | GeneratorExit):
        raise error
    if invocation.interrupted or isinstance(error, click.Abort | KeyboardInterrupt):
        return _interrupted()
    if isinstance(error, click.ClickException):
        error.show()
        return error.exit_code
    if isinstance(error, ProvenderError):
        return _failed(invocation, error)
    if isinstance(error, OSError):
        return _broken_pipe() if error.errno == errno.EPIPE else _system(invocation, error)
    return _fault(invocation, error)


def _interrupted() -> int:
    click.echo("interrupted", err=True)
    return exit_codes.INTERRUPTED


def _failed(invocation: Invocation, error: ProvenderError) -> int:
    """Tell a mistake of the user, or the failure of a store."""
    if invocation.debug:
        traceback.print_exception(error)
    click.echo(error_text(error), err=True, color=invocation.color)
    _answer(invocation, error)
    return exit_codes.FAILED


def _system(invocation: Invocation, error: OSError) -> int:
    """Tell what the operating system refused: a full disk, a missing permission."""
    place = None if error.filename is None else os.fspath(error.filename)
    fact = error.strerror or str(error)
    failure = ProvenderError.of([Problem(fact, got=place and str(place))])
    failure.__cause__ = error
    return _failed(invocation, failure)


def _fault(invocation: Invocation, error: BaseException) -> int:
    """Tell a fault of Provender or of a plug-in, with everything that a report needs."""
    from provender import __version__

    traceback.print_exception(error)
    python = ".".join(map(str, sys.version_info[:3]))
    versions = f"provender {__version__}, Python {python}, {sys.platform}"
    fault = ProvenderError(
        "unexpected error in Provender or a plug-in",
        got=f"{type(error).__name__}: {error}",
        fix=f"please report it with the traceback above ({versions})",
    )
    click.echo(error_text(fault), err=True, color=invocation.color)
    _answer(invocation, fault)
    return exit_codes.FAILED


def _answer(invocation: Invocation, error: ProvenderError) -> None:
    """Give programs that read stdout the error, unless it is in an answer already printed."""
    if invocation.as_json and not invocation.answered:
        from provender.cli.frame.output import print_json

        print_json(invocation, {"error": error_document(error)})


def _broken_pipe() -> int:
    """Be quiet when the reader of stdout is gone, also while the interpreter shuts down."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, sys.stdout.fileno())
    return exit_codes.FAILED
