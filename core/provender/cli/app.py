"""The group of commands. Each is imported when it is called, so that help and version are quick."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import click

from provender.cli.exit_codes import run
from provender.cli.settings import Settings

COMMANDS = {
    "init": ("init:init", "Make a new feature repository."),
    "apply": ("apply:apply", "Register the definitions and prepare the online store."),
    "plan": ("apply:plan", "Show what apply would do."),
    "materialize": ("materialize:materialize", "Move the newest rows of a time range online."),
    "materialize-incremental": (
        "materialize:materialize_incremental",
        "Move online what is not there yet.",
    ),
    "historical": ("retrieve:historical", "Join features to entity rows as of their instants."),
    "get-online": ("retrieve:get_online", "Read the newest features of some entities."),
    "entities": ("listing:entities", "List or describe entities."),
    "feature-views": ("listing:feature_views", "List or describe feature views."),
    "data-sources": ("listing:data_sources", "List or describe data sources."),
    "plugins": ("plugins:plugins", "List installed providers and extensions."),
    "config": ("config:config", "Look at the configuration."),
    "teardown": ("apply:teardown", "Remove the project with its online rows."),
    "completion": ("completion:completion", "Print the script for shell completion."),
    "version": ("version:version", "Print the version."),
}
"""Each command's ``module:function`` in this package, and its help in a line."""


class Commands(click.Group):
    """Finds commands by name; plug-ins add theirs to what is not known here."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the built-in commands, in the order of their use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; an unknown one is looked for in the plug-ins of the repository."""
        if cmd_name not in COMMANDS:
            return _plugin_command(ctx, cmd_name)
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(f"provender.cli.{module}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


def _plugin_command(ctx: click.Context, name: str) -> click.Command | None:
    from provender.errors import ConfigError, PluginError

    settings = ctx.find_object(Settings) or Settings(**ctx.params)
    try:
        found = settings.store().stores.hook.provender_commands()
    except (ConfigError, PluginError):
        return None
    commands = [command for group in found for command in group or ()]
    return next((command for command in commands if command.name == name), None)


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example: provender --chdir fraud/feature_repo apply",
)
@click.option(
    "-c",
    "--chdir",
    type=click.Path(path_type=Path, file_okay=False),
    help="The feature repository; by default the current directory.",
)
@click.option(
    "-f",
    "--config",
    type=click.Path(path_type=Path),
    help="The configuration file; by default feature_store.yaml of the repository.",
)
@click.option(
    "--output", type=click.Choice(["text", "json"]), default="text", help="How results are printed."
)
@click.option("--debug", is_flag=True, envvar="PROVENDER_DEBUG", help="Show tracebacks.")
@click.pass_context
def provender(
    ctx: click.Context, chdir: Path | None, config: Path | None, output: str, debug: bool
) -> None:
    """Define features once, join them without leakage, serve them without skew."""
    ctx.obj = Settings(chdir, config, output, debug)


def main(exit_process: Callable[[int], object] | None = None) -> None:
    """Run the command line and end the process with its exit code."""
    import sys

    (exit_process or sys.exit)(run(provender))
