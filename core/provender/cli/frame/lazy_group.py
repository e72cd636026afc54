"""`LazyGroup`: commands that are imported when they are called, not when they are listed."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

from provender.cli.frame.command import write_example
from provender.cli.frame.invocation import Invocation
from provender.errors import did_you_mean


class LazyGroup(click.Group):
    """A group whose commands are named by text.

    Args:
        args: See `click.Group`.
        lazy: ``module:attribute`` and one line of help for each command, in the order of the help.
        example: One or more calls that end the help.
        settings: See `click.Group`.
    """

    def __init__(
        self, *args: Any, lazy: Mapping[str, tuple[str, str]], example: str, **settings: Any
    ) -> None:
        super().__init__(*args, **settings)
        self._lazy = lazy
        self._example = example

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, those of plug-ins last."""
        return [*self._lazy, *_from_plugins(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command; plug-ins are only looked at when none of ours has the name."""
        if cmd_name not in self._lazy:
            return _from_plugins(ctx).get(cmd_name)
        module, _, attribute = self._lazy[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that was called, or suggest one."""
        name = args[0]
        is_option = name.startswith("-")
        if is_option or ctx.resilient_parsing or self.get_command(ctx, name) is not None:
            return super().resolve_command(ctx, args)
        close = did_you_mean(name, self.list_commands(ctx))
        raise click.UsageError(f"no command {name!r}" + (f"; {close}" if close else ""), ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands from their one line of help, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in self._lazy.items()])
        others = [(n, c.get_short_help_str(60)) for n, c in _from_plugins(ctx).items()]
        if others:
            with formatter.section("Commands of plug-ins"):
                formatter.write_dl(others)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the example."""
        write_example(formatter, self._example)


def _from_plugins(ctx: click.Context) -> Mapping[str, click.Command]:
    """Return the commands of plug-ins when there is a configuration that may name some."""
    invocation = ctx.ensure_object(Invocation)
    if not invocation.config_file.is_file():
        return {}
    from provender.cli.frame.plugin_commands import plugin_commands

    return plugin_commands(invocation)
