"""Options that several commands have."""

from __future__ import annotations

from collections.abc import Sequence

import click

features_option = click.option(
    "--features",
    multiple=True,
    required=True,
    metavar="REF",
    help="view:feature, or view for all of its features; several with commas or several times.",
)
full_names_option = click.option(
    "--full-feature-names", is_flag=True, help="Name columns view__feature instead of feature."
)
yes_option = click.option("-y", "--yes", is_flag=True, help="Do not ask before data is lost.")
message_option = click.option("-m", "--message", default="", help="Why, for the history.")
author_option = click.option(
    "--author",
    metavar="NAME",
    help="Who makes the commit.  [default: the configuration's author, or you]",
)


def references(features: Sequence[str]) -> list[str]:
    """Return the feature references given by ``--features``."""
    return [part.strip() for text in features for part in text.split(",") if part.strip()]
