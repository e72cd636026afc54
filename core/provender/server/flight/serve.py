"""`launch_offline`: serves the offline store over Arrow Flight until told to stop."""

from __future__ import annotations

import logging
import signal
import threading
from pathlib import Path

from provender.config import Config
from provender.server.flight.server import OfflineServer
from provender.server.options import ServeOptions
from provender.server.runtime.thread_pool import Threads
from provender.server.serve import check
from provender.server.worker import guard
from provender.store import FeatureStore


def launch_offline(config: Config, options: ServeOptions) -> None:
    """Serve until a signal says to stop; exchanges under way are done first.

    Raises:
        ConfigError: The server would be open to everybody, its TLS files are not there, its port
            is in use, or a setting of a store, the engine or the provider is wrong.
        PluginError: A plug-in cannot be used.
        StoreError: The offline store cannot be opened as it is configured.
    """
    check(config, options)
    logging.basicConfig(level=options.log_level.upper(), format="%(levelname)s: %(message)s")
    tls = None
    if options.tls_cert is not None and options.tls_key is not None:
        tls = Path(options.tls_cert).read_bytes(), Path(options.tls_key).read_bytes()
    scheme = "grpc" if tls is None else "grpc+tls"
    host = f"[{options.host}]" if ":" in options.host else options.host
    location = f"{scheme}://{host}:{options.port}"
    threads = Threads(1, 100)
    with FeatureStore(config=config) as store:
        store.stores.check_settings()
        plugins = store.stores.plugins
        who = guard(config, threads)
        most = config.server.write_deadline
        offline = store.stores.offline
        server = OfflineServer(location, offline, plugins.source_class, who, tls, most)
        logging.getLogger("provender.server").info("serving offline at %s", location)
        _until_told(server)
    threads.close()


def _until_told(server: OfflineServer) -> None:
    """Serve in a thread, for Python hears of signals only while its own code runs."""
    told = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told.set())
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    while not told.wait(0.5) and thread.is_alive():
        pass
    server.shutdown()
    thread.join(30)
