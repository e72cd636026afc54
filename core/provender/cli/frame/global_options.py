"""The options that every command takes, before its name or after it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from provender.cli.frame.invocation import Invocation


def global_options() -> list[click.Parameter]:
    """Return the global options; each writes into the `Invocation`."""
    directory = click.Path(exists=True, file_okay=False, path_type=Path)
    return [
        _option(
            _chdir,
            "-c",
            "--chdir",
            metavar="DIR",
            type=directory,
            help="Work in DIR; other paths are relative to it.",
        ),
        _option(
            _config,
            "-f",
            "--config",
            metavar="FILE",
            type=click.Path(path_type=Path),
            help="The configuration, instead of feature_store.yaml.",
        ),
        _option(
            _output,
            "--output",
            type=click.Choice(["text", "json"]),
            help="How to answer on stdout.  [default: text]",
        ),
        _option(_no_color, "--no-color", is_flag=True, help="No colors (as with NO_COLOR=1)."),
        _option(
            _debug,
            "--debug",
            is_flag=True,
            help="Show errors with their traceback (as with PROVENDER_DEBUG=1).",
        ),
    ]


def _option(write: Callable[[Invocation, Any], None], *names: str, **settings: Any) -> click.Option:
    def callback(ctx: click.Context, _: click.Parameter, value: Any) -> None:
        if value not in (None, False):
            write(ctx.ensure_object(Invocation), value)

    return click.Option(list(names), callback=callback, expose_value=False, **settings)


def _chdir(_: Invocation, directory: Path) -> None:
    os.chdir(directory)


def _config(invocation: Invocation, file: Path) -> None:
    invocation.config = file


def _output(invocation: Invocation, form: str) -> None:
    invocation.as_json = form == "json"


def _no_color(invocation: Invocation, _: bool) -> None:
    invocation.color = False


def _debug(invocation: Invocation, _: bool) -> None:
    invocation.debug = True
