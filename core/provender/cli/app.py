"""The group ``provender``: its global options and its commands."""

from __future__ import annotations

import click

from provender import __version__
from provender.cli.frame.global_options import global_options
from provender.cli.frame.lazy_group import LazyGroup

_HOME = "provender.cli.commands."
COMMANDS = {
    "init": (_HOME + "init:init", "Create a new project."),
    "plan": (_HOME + "apply:plan", "Show what apply would change."),
    "apply": (_HOME + "apply:apply", "Register the definitions of the repository."),
    "log": (_HOME + "history:log", "List the versions of the catalog."),
    "diff": (_HOME + "history:diff", "Show what changed between two versions."),
    "show": (_HOME + "history:show", "Show a definition, also as of an earlier version."),
    "rollback": (_HOME + "history:rollback", "Go back to an earlier version."),
    "materialize": (
        _HOME + "materialize:materialize",
        "Load a time range into the online store.",
    ),
    "materialize-incremental": (
        _HOME + "materialize:materialize_incremental",
        "Load new rows into the online store.",
    ),
    "rebuild": (
        _HOME + "rebuild:rebuild",
        "Make online rows equal to the offline store.",
    ),
    "push": (_HOME + "push:push", "Write rows online, offline or both."),
    "historical": (
        _HOME + "historical:historical",
        "Build training rows, each as of its timestamp.",
    ),
    "datasets": (_HOME + "datasets:datasets", "Keep, find, check and rebuild training rows."),
    "rows": (_HOME + "rows:rows", "Show the rows of a feature view."),
    "get-online": (_HOME + "get_online:get_online", "Read the newest features of entities."),
    "forget": (_HOME + "forget:forget", "Erase one entity from the online store."),
    "online": (_HOME + "online:online", "Show what the online store holds, view by view."),
    "sweep": (_HOME + "sweep:sweep", "Remove online rows that are past their ttl."),
    "serve": (_HOME + "serve:serve", "Serve features over HTTP."),
    "serve-offline": (
        _HOME + "serve:serve_offline",
        "Serve the offline store over Arrow Flight.",
    ),
    "entities": (_HOME + "listing:entities", "List and describe the registered entities."),
    "feature-views": (
        _HOME + "listing:feature_views",
        "List and describe the registered feature views.",
    ),
    "on-demand-feature-views": (
        _HOME + "listing:on_demand_feature_views",
        "List and describe on-demand feature views.",
    ),
    "feature-services": (
        _HOME + "listing:feature_services",
        "List and describe the registered feature services.",
    ),
    "data-sources": (
        _HOME + "listing:data_sources",
        "List and describe the registered data sources.",
    ),
    "features": (_HOME + "search:features", "List and describe the registered features."),
    "search": (_HOME + "search:search", "Search names, descriptions, owners and tags."),
    "stats": (_HOME + "stats:stats", "Show statistics of a feature view's rows."),
    "projects": (_HOME + "projects:projects", "List the projects in the registry."),
    "plugins": (_HOME + "plugins:plugins", "List the installed plug-ins."),
    "plugin": (
        _HOME + "plugin:plugin",
        "Create a provider and report whether it conforms.",
    ),
    "doctor": (_HOME + "doctor:doctor", "Check that everything the project needs works."),
    "config": (_HOME + "config:config", "Commands about feature_store.yaml."),
    "teardown": (_HOME + "teardown:teardown", "Remove the project from its stores."),
    "completion": (_HOME + "completion:completion", "Print a shell completion script."),
    "version": (_HOME + "version:version", "Print the version."),
}
"""Each command's ``module:attribute``, imported when it is called, and its line of help."""
_EXAMPLE = """provender init fraud
cd fraud/feature_repo
provender apply
provender materialize-incremental 2026-01-31T12:00:00"""


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    example=_EXAMPLE,
    params=global_options(),
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, "--version", message="provender %(version)s")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """A feature store whose stores are plug-ins.

    Define features, join them to training rows as they were at each row's instant, move them
    online and read them there.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
