"""What the help says, and what a shell is told that completes a command."""

from __future__ import annotations

import re

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


def test_no_help_repeats_a_word():
    for name, (_, line) in COMMANDS.items():
        own = cli.get_command(click.Context(cli), name).help
        for text in (line, own):
            assert not re.search(r"\b(\w+) \1\b", text, re.IGNORECASE), text


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


PUSHED = """
from provender import FeatureService, PushSource
pushes = PushSource("gusts", FileSource("weather.parquet", name="stored", timestamp_field="ts"))
gusty = FeatureView("gusty", entities=[airport], schema=[Field("wind", Float64)], source=pushes)
winds = FeatureService("winds", [weather])
"""


@pytest.fixture
def complete(weather, provender):
    """Return a function that completes the last of some words in an applied repository."""
    features = weather.path / "features.py"
    features.write_text(features.read_text() + PUSHED)
    provender("apply", cwd=weather.path)

    def completed(*words, cwd=weather.path):
        typed = {"COMP_WORDS": " ".join(["provender", *words]), "COMP_CWORD": str(len(words))}
        shown = provender(_PROVENDER_COMPLETE="bash_complete", cwd=cwd, **typed).stdout
        return [line.partition(",")[2] for line in shown.splitlines() if line]

    return completed


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["rows", "we"], ["weather"]),
        (["stats", ""], ["delays", "gusty", "weather"]),
        (["sweep", "delays", "g"], ["gusty"]),
        (["rebuild", "delays", "g"], ["gusty"]),
        (["materialize", "-v", "d"], ["delays"]),
        (["materialize-incremental", "--views", "g"], ["gusty"]),
        (["push", ""], ["gusts"]),
        (["get-online", "--service", "w"], ["winds"]),
        (["get-online", "--features", "we"], ["weather", "weather:wind", "weather:note"]),
        (["historical", "--features", "weather:w"], ["weather:wind"]),
        (["historical", "--features", "gusty,weather:n"], ["gusty,weather:note"]),
        (["feature-views", "describe", "g"], ["gusty"]),
        (["feature-services", "describe", ""], ["winds"]),
        (["entities", "describe", "o"], ["origin"]),
        (["data-sources", "describe", "g"], ["gusts"]),
        (["show", "g"], ["gusts", "gusty"]),
        (["show", "gusty@"], ["gusty@1"]),
        (["rollback", ""], ["1"]),
        (["diff", "1", ""], ["1"]),
    ],
    ids=" ".join,
)
def test_completion_knows_what_is_registered(complete, words, found):
    assert complete(*words) == found


def test_completion_follows_the_global_options_and_offers_nothing_on_failure(
    complete, weather, tmp_path_factory
):
    empty = tmp_path_factory.mktemp("empty")
    assert complete("-c", str(weather.path), "rows", "w", cwd=empty) == ["weather"]
    assert complete("rows", "w", cwd=empty) == []
