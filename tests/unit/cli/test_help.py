"""What the help says, and what a shell is told that completes a command."""

from __future__ import annotations

import click
import pytest

from provender.cli.app import COMMANDS, cli


def _all_commands():
    for name in COMMANDS:
        command = cli.get_command(click.Context(cli), name)
        yield (name,)
        if isinstance(command, click.Group):
            yield from ((name, inner) for inner in command.commands)


@pytest.mark.parametrize("path", list(_all_commands()), ids=" ".join)
def test_every_help_ends_with_an_example_of_the_command(path):
    context, command = click.Context(cli, info_name="provender"), cli
    for name in path:
        command = command.get_command(context, name)
        context = click.Context(command, parent=context, info_name=name)
    text = command.get_help(context)
    _, found, example = text.rpartition("Example:\n")
    assert found
    assert f"provender {' '.join(path)}" in example


def test_the_help_names_every_command_and_the_bare_command_shows_it(provender):
    text = provender("--help").stdout
    assert provender().stdout == text
    for name, (_, line) in COMMANDS.items():
        assert f"  {name} " in text
        assert line in text


def test_an_unknown_command_is_answered_with_a_guess(provender):
    done = provender("aply", code=2)
    assert done.stdout == ""
    assert "no command 'aply'; did you mean 'apply'?" in done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script_that_asks_the_command(shell, provender):
    assert "_PROVENDER_COMPLETE" in provender("completion", shell).stdout


def test_completion_knows_commands_and_options(provender):
    words = {"COMP_WORDS": "provender mat", "COMP_CWORD": "1"}
    found = provender(_PROVENDER_COMPLETE="bash_complete", **words).stdout
    assert found.split() == ["plain,materialize", "plain,materialize-incremental"]
    words = {"COMP_WORDS": "provender get-online --enti", "COMP_CWORD": "2"}
    found = provender(_PROVENDER_COMPLETE="bash_complete", **words).stdout
    assert found.split() == ["plain,--entity", "plain,--entities-file"]
