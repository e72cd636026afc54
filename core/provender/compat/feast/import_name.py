"""The import name ``feast``, which means Provender's names while definition modules load."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from threading import RLock
from types import ModuleType

from provender.compat.feast.names import INSTEAD, NOT_YET, OFFERED
from provender.definitions.places import caller_frame
from provender.errors import DefinitionError, did_you_mean, listed

_NAME = "feast"
_LENT = RLock()


class NotOffered(DefinitionError, ImportError):  # noqa: N818
    """A module or a name of the Feast Python API has no counterpart here."""


class _Names(Loader):
    """Fills a module with the names that `OFFERED` lists for it, each imported when first used."""

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        offered = OFFERED[module.__name__]

        def lookup(name: str) -> object:
            if name.startswith("__"):
                raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")
            # A submodule is no name of the package: `from feast import types` imports it next.
            if f"{module.__name__}.{name}" in OFFERED:
                return import_module(f"{module.__name__}.{name}")
            if name not in offered:
                raise _not_offered(f"{module.__name__}.{name}", set(offered))
            return getattr(import_module(offered[name]), name)

        vars(module).update(__getattr__=lookup, __all__=sorted(offered))


class _Finder(MetaPathFinder):
    """Finds the modules of `OFFERED`."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] != _NAME:
            return None
        if fullname not in OFFERED:
            raise _not_offered(fullname, set(OFFERED))
        return ModuleSpec(fullname, _Names(), is_package=True)


def _not_offered(name: str, offered: set[str]) -> NotOffered:
    last = name.rpartition(".")[2]
    if last in INSTEAD:
        fix: str | None = f"use {INSTEAD[last]}"
    elif last in NOT_YET:
        fix = f"Provender has no {last} yet: leave it out; see docs/migrate.md"
    else:
        fix = did_you_mean(last, offered)
    return NotOffered(
        f"{name} of the Feast Python API is not supported",
        allowed=listed(offered) if offered else None,
        fix=fix or "leave it out; see docs/migrate.md",
        place=_place(),
    )


def _place() -> str:
    """Return ``file:line`` of the import statement; the import system's own frames are between."""
    frame = caller_frame()
    while frame.f_back and frame.f_code.co_filename.startswith("<frozen importlib"):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


@contextmanager
def feast_names() -> Iterator[None]:
    """Let ``import feast`` find our names, unless a real package of that name is installed.

    Afterwards neither the finder nor a module of it is left. One thread at a time holds the name;
    within a thread it may be asked for again.
    """
    with _LENT:
        if _NAME in sys.modules or _installed():
            yield
            return
        finder = _Finder()
        sys.meta_path.insert(0, finder)
        try:
            yield
        finally:
            sys.meta_path.remove(finder)
            for name in [n for n in sys.modules if n.partition(".")[0] == _NAME]:
                del sys.modules[name]


def _installed() -> bool:
    """Whether the name is taken: a folder without code (a namespace) takes no name."""
    if any(isinstance(finder, _Finder) for finder in sys.meta_path):
        return True
    spec = PathFinder.find_spec(_NAME)
    return spec is not None and spec.loader is not None and spec.origin is not None
