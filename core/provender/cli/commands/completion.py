"""``provender completion``."""

from __future__ import annotations

import click

from provender.cli.frame.command import ProvenderCommand

_WHOLE_WORDS = "COMP_WORDBREAKS=${COMP_WORDBREAKS//[:@]/}"
"""Lets view:feature and name@version be one word, which bash cuts by default."""
_EXAMPLE = """provender completion bash >> ~/.bashrc
provender completion zsh >> ~/.zshrc
provender completion fish > ~/.config/fish/completions/provender.fish"""


@click.command(cls=ProvenderCommand, example=_EXAMPLE)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion script for SHELL.

    It completes commands and options, and the names and versions that are registered.
    """
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    if kind is not None:
        root = ctx.find_root().command
        click.echo(kind(root, {}, "provender", "_PROVENDER_COMPLETE").source())
    if shell == "bash":
        click.echo(_WHOLE_WORDS)
