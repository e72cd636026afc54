"""What each worker imports and calls: the application, built from the environment."""

from __future__ import annotations

import os
from pathlib import Path

from provender.clock import system_clock
from provender.config import Config, load_config
from provender.server.application import Application
from provender.server.auth.loopback import allowed_hosts
from provender.server.auth.tokens import Guard, static_tokens
from provender.server.context import housekeeping_threads, make_context
from provender.server.options import options_of
from provender.server.runtime.thread_pool import Threads
from provender.store import FeatureStore

FACTORY = "provender.server.worker:application"
"""Where uvicorn finds the application."""


def application() -> Application:
    """Return the application that the environment describes.

    Raises:
        ConfigError: The configuration is wrong.
    """
    options = options_of(os.environ)
    config = load_config(Path(options.config_file))
    threads = housekeeping_threads()
    store = FeatureStore(config=config, clock=system_clock)
    who = guard(config, threads)
    hosts = allowed_hosts(config.server, options.host, is_open=who is None)
    return Application(make_context(store, who, threads, system_clock, hosts))


def guard(config: Config, threads: Threads) -> Guard | None:
    """Return who may do what: by JWT, by the tokens of the environment, or None: everybody.

    Raises:
        ConfigError: A token is too short, or the keys of JWTs are nowhere.
    """
    tokens = static_tokens(os.environ)
    if config.server.jwt is None:
        return tokens
    from provender.server.auth.jwt import JwtTokens
    from provender.server.auth.tokens import EitherTokens

    signed = JwtTokens(config.server.jwt, threads, config.repo_path)
    return signed if tokens is None else EitherTokens(tokens, signed)
