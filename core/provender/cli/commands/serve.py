"""``provender serve`` and ``serve-offline``."""

from __future__ import annotations

import click

from provender.cli.frame.command import ProvenderCommand
from provender.cli.frame.invocation import Invocation, pass_invocation

_EXAMPLE = """provender serve
provender serve --host 0.0.0.0 --workers 4 --tls-cert cert.pem --tls-key key.pem"""
_LEVELS = ["critical", "error", "warning", "info", "debug"]


@click.command(cls=ProvenderCommand, example=_EXAMPLE)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=6566,
    show_default=True,
    help="The TCP port; 0: any free port.",
)
@click.option(
    "--workers",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="The number of worker processes.",
)
@click.option(
    "--insecure", is_flag=True, help="Serve everybody, without tokens, on a public address."
)
@click.option("--tls-cert", metavar="FILE", help="The certificate (PEM), to serve HTTPS.")
@click.option("--tls-key", metavar="FILE", help="Its private key (PEM).")
@click.option(
    "--tls-client-ca",
    metavar="FILE",
    help="Require client certificates signed by these authorities.",
)
@click.option(
    "--log-level",
    type=click.Choice(_LEVELS),
    default="info",
    show_default=True,
    help="The level of the log, which goes to stderr.",
)
@click.option("--access-log", is_flag=True, help="Log each request; this is slower.")
@pass_invocation
def serve(invocation: Invocation, /, **options: object) -> None:
    """Serve features over HTTP.

    Runs until Ctrl-C or SIGTERM, and completes open requests first. Needs the extra: pip install
    'provender[server]'. Tokens come from the environment (PROVENDER_SERVER_TOKEN,
    PROVENDER_SERVER_READ_TOKEN, PROVENDER_SERVER_WRITE_TOKEN), other settings from the section
    `server` of feature_store.yaml.
    """
    from provender.errors import MissingExtra

    config = invocation.load_config()
    try:
        from provender.server.options import ServeOptions
        from provender.server.serve import launch
    except ModuleNotFoundError as error:
        raise MissingExtra(
            "the feature server is not installed",
            got=f"no module {error.name!r}",
            fix="pip install 'provender[server]'",
        ) from error
    launch(config, ServeOptions(config_file=str(config.file), **options))  # type: ignore[arg-type]


_OFFLINE_EXAMPLE = "provender serve-offline --port 6567"


@click.command(cls=ProvenderCommand, example=_OFFLINE_EXAMPLE)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=6567,
    show_default=True,
    help="The TCP port.",
)
@click.option(
    "--insecure", is_flag=True, help="Serve everybody, without tokens, on a public address."
)
@click.option("--tls-cert", metavar="FILE", help="The certificate (PEM), to serve with TLS.")
@click.option("--tls-key", metavar="FILE", help="Its private key (PEM).")
@pass_invocation
def serve_offline(
    invocation: Invocation,
    /,
    host: str,
    port: int,
    insecure: bool,
    tls_cert: str | None,
    tls_key: str | None,
) -> None:
    """Serve the offline store to feature stores elsewhere, over Arrow Flight.

    They name it by `offline_store: {type: remote, flight_url: grpc://HOST:PORT}`. Until Ctrl-C or
    SIGTERM. Needs the extra: pip install 'provender[server]'. Tokens are those of `provender
    serve`: reading needs the scope read, appending and exporting write.
    """
    from provender.errors import MissingExtra

    config = invocation.load_config()
    try:
        from provender.server.flight.serve import launch_offline
        from provender.server.options import ServeOptions
    except ModuleNotFoundError as error:
        raise MissingExtra(
            "the feature server is not installed",
            got=f"no module {error.name!r}",
            fix="pip install 'provender[server]'",
        ) from error
    options = ServeOptions(
        str(config.file), host, port, insecure=insecure, tls_cert=tls_cert, tls_key=tls_key
    )
    launch_offline(config, options)
