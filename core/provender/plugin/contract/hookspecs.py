"""The hook specifications: how a plug-in takes part. Each is optional.

A plug-in implements them as functions marked with `hookimpl`. A cache, a tracer or an audit log
is a *wrapper* around a factory (``@hookimpl(wrapper=True)``): it gets the store that was built
and returns one that decorates it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pluggy

from provender.plugin.contract.engine import Engine
from provender.plugin.contract.info import PluginContext, Role, StoreConfig
from provender.plugin.contract.offline_store import OfflineStore
from provender.plugin.contract.online_store import OnlineStore
from provender.plugin.contract.registry import Registry

if TYPE_CHECKING:
    import click

NAMESPACE = "provender"
hookspec = pluggy.HookspecMarker(NAMESPACE)
hookimpl = pluggy.HookimplMarker(NAMESPACE)
"""Marks a function of a plug-in as the implementation of the hook of the same name."""


@dataclass(frozen=True, slots=True)
class Change:
    """One object of the catalog that an apply adds, changes or removes."""

    action: Literal["add", "change", "remove"]
    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class MaterializeRun:
    """One view's part of a materialization.

    Attributes:
        project: The project.
        view: The feature view.
        start: First event timestamp in µs; None: from the beginning.
        end: Last event timestamp in µs.
        rows: Rows written; None before the run.
        error: Why it failed; None if it did not.
        read: Rows read; None before the run, as the other counts are.
        equal: Rows that were online already.
        kept_back: Rows for whose key a newer row is online.
    """

    project: str
    view: str
    start: int | None
    end: int
    rows: int | None = None
    error: BaseException | None = None
    read: int | None = None
    equal: int | None = None
    kept_back: int | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One result of ``provender doctor``: whether a check passed, and otherwise the fix.

    Attributes:
        subject: What was checked.
        ok: Whether the check passed.
        detail: The state, or what is wrong.
        fix: What to do about it.
        stops: The stores that cannot work until it is fixed: they are not checked, since each
            would report the same fault again.
    """

    subject: str
    ok: bool
    detail: str
    fix: str | None = None
    stops: tuple[Role, ...] = ()


class OfflineStoreSpec:
    """Who builds the offline store."""

    @hookspec(firstresult=True)
    def provender_offline_store(
        self, config: StoreConfig, context: PluginContext
    ) -> OfflineStore | None:
        """Build the offline store for `config`, or return None when `config` is not yours."""


class OnlineStoreSpec:
    """Who builds the online store."""

    @hookspec(firstresult=True)
    def provender_online_store(
        self, config: StoreConfig, context: PluginContext
    ) -> OnlineStore | None:
        """Build the online store for `config`, or return None when `config` is not yours."""


class RegistrySpec:
    """Who builds the registry."""

    @hookspec(firstresult=True)
    def provender_registry(self, config: StoreConfig, context: PluginContext) -> Registry | None:
        """Build the registry for `config`, or return None when `config` is not yours."""


class LifecycleSpec:
    """Who runs materializations, and who hears of events."""

    @hookspec(firstresult=True)
    def provender_engine(self, config: StoreConfig, context: PluginContext) -> Engine | None:
        """Build the engine for `config`, or return None when `config` is not yours."""

    @hookspec
    def provender_after_apply(self, changes: Sequence[Change], context: PluginContext) -> None:
        """Hear of a commit of the catalog, after it; `changes` is never empty."""

    @hookspec
    def provender_before_materialize(self, run: MaterializeRun) -> None:
        """Hear of a view that is about to be materialized."""

    @hookspec
    def provender_after_materialize(self, run: MaterializeRun) -> None:
        """Hear of a view that was materialized, or that failed (``run.error``)."""

    @hookspec
    def provender_check(self, context: PluginContext) -> Sequence[Finding] | None:
        """Look whether what the plug-in needs is there, for ``provender doctor``."""

    @hookspec
    def provender_commands(self) -> Sequence[click.Command] | None:
        """Return commands to add to the command line."""


SPECS = (OfflineStoreSpec, OnlineStoreSpec, RegistrySpec, LifecycleSpec)
