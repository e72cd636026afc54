"""``provender completion``."""

from __future__ import annotations

import click

from provender.cli.command import ProvenderCommand

_EXAMPLE = """provender completion bash >> ~/.bashrc
provender completion zsh >> ~/.zshrc
provender completion fish > ~/.config/fish/completions/provender.fish"""


@click.command(cls=ProvenderCommand, example=_EXAMPLE)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the script that lets SHELL complete commands and options with the Tab key."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    if kind is not None:
        root = ctx.find_root().command
        click.echo(kind(root, {}, "provender", "_PROVENDER_COMPLETE").source())
