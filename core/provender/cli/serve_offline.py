"""``provender serve-offline``."""

from __future__ import annotations

import click

from provender.cli.command import ProvenderCommand
from provender.cli.invocation import Invocation, pass_invocation

_EXAMPLE = "provender serve-offline --port 6567"


@click.command(cls=ProvenderCommand, example=_EXAMPLE)
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=6567,
    show_default=True,
    help="The TCP port.",
)
@click.option(
    "--insecure", is_flag=True, help="Serve everybody on a public address, without tokens."
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
