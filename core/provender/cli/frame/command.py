"""`ProvenderCommand`: a click command that takes the global options and ends with an example."""

from __future__ import annotations

from typing import Any

import click

from provender.cli.frame.global_options import global_options


class ProvenderCommand(click.Command):
    """A command of ``provender``.

    Args:
        args: See `click.Command`.
        example: One or more calls, one a line, that end its help.
        settings: See `click.Command`.
    """

    def __init__(self, *args: Any, example: str, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.example = example
        self._global = global_options()

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return its own parameters and the global options."""
        return [*super().get_params(ctx), *self._global]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write its own options, then the global ones."""
        own = [p for p in self.get_params(ctx) if p not in self._global]
        for title, params in (("Options", own), ("Global options", self._global)):
            records = [record for p in params if (record := p.get_help_record(ctx))]
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the example."""
        write_example(formatter, self.example)


class ProvenderGroup(click.Group):
    """A group of `ProvenderCommand`; its help ends with an example too."""

    def __init__(self, *args: Any, example: str, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.example = example

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the example."""
        write_example(formatter, self.example)


def write_example(formatter: click.HelpFormatter, example: str) -> None:
    """Write an example, each call on a line of its own however long it is."""
    with formatter.section("Example"):
        for line in example.splitlines():
            formatter.write(f"{'':{formatter.current_indent}}{line}\n")
