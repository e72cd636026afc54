"""`Functions`: the functions of on-demand feature views, imported from modules that are allowed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from importlib import import_module
from pathlib import Path
from threading import RLock
from typing import Any
from weakref import WeakValueDictionary

from provender.compat.feast.import_name import feast_names
from provender.definitions.function import Function, function_of
from provender.definitions.making import noting
from provender.definitions.on_demand_feature_view import OnDemandFeatureView
from provender.definitions.repository import importing
from provender.errors import TransformError, listed

_made: WeakValueDictionary[tuple[str, str], Any] = WeakValueDictionary()
"""The functions that this process itself has registered, by path and fingerprint."""


def remember(function: Function) -> None:
    """Let a function that this process defined be run here, also when it cannot be imported."""
    if function.call is not None:
        _made[function.path, function.fingerprint] = function.call


class Functions:
    """Finds the functions of registered views; each is imported once.

    A function is imported only from the modules of the repository, or from a module that the
    configuration allows; what is registered cannot name any other. It is run only if its source
    text is the one that was registered: otherwise features would be served that differ from those
    that a model was trained on.

    Args:
        root: The directory of feature_store.yaml.
        allowed: Globs of further modules, such as ``my_company.features.*``.
    """

    def __init__(self, root: Path, allowed: Sequence[str]) -> None:
        self._root = root
        self._allowed = allowed
        self._held: dict[tuple[str, str], Callable[..., Any]] = {}
        self._lock = RLock()

    def of(self, view: OnDemandFeatureView) -> Callable[..., Any]:
        """Return the function of a view.

        Raises:
            TransformError: It cannot be imported, its module is not allowed, or its text is not
                the one that is registered.
        """
        function = view.function
        key = function.path, function.fingerprint
        with self._lock:
            if key not in self._held:
                made = function.call or _made.get(key)
                self._held[key] = made or self._imported(view)
            return self._held[key]

    def _imported(self, view: OnDemandFeatureView) -> Callable[..., Any]:
        function = view.function
        self._check_module(view)
        with noting() as made, importing(self._root), feast_names():
            found = _function_in_module(view)
        ours = [one.function for _, one in made if isinstance(one, OnDemandFeatureView)]
        known = {(one.path, one.fingerprint): one.call for one in (*ours, found) if one}
        self._held.update({key: call for key, call in known.items() if call is not None})
        call = known.get((function.path, function.fingerprint))
        if call is None:
            raise _failure(
                view,
                "its function is not the one that is registered",
                f"{function.path} with another source text, or none of that name",
                "run `provender apply`, or deploy the version of the module that was applied",
            )
        return call

    def _check_module(self, view: OnDemandFeatureView) -> None:
        """Check that the module of a view's function may be imported.

        Raises:
            TransformError: It may not.
        """
        module = view.function.module
        if not view.function.can_be_imported:
            raise _failure(
                view,
                "its function cannot be imported",
                view.function.path,
                "define it by def at the top level of a module of the repository, and apply again",
            )
        if _is_inside(self._root, module) or any(fnmatchcase(module, one) for one in self._allowed):
            return
        raise _failure(
            view,
            "the module of its function is neither in the repository nor allowed",
            module,
            f"list it in feature_store.yaml: `on_demand_modules: [{module}]`",
            allowed=listed(self._allowed) if self._allowed else None,
        )


def _function_in_module(view: OnDemandFeatureView) -> Function | None:
    """Import the module of a function, and return what has the function's name there."""
    function = view.function
    try:
        found: Any = import_module(function.module)
        for name in function.name.split("."):
            found = getattr(found, name, None)
    except Exception as error:
        got = f"{function.path}: {type(error).__name__}: {error}"
        fix = "deploy the module with the repository, or apply a function that is there"
        raise _failure(view, "its function cannot be imported", got, fix) from error
    made, _ = function_of("", found, "")  # a decorator's view was noted
    return made


def _is_inside(root: Path, module: str) -> bool:
    """Whether a module is one of a repository's files; it is not imported to know it."""
    path = root.joinpath(*module.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def _failure(
    view: OnDemandFeatureView, fact: str, got: str, fix: str, allowed: str | None = None
) -> TransformError:
    name = f"on-demand feature view {view.name!r}"
    return TransformError(f"{name}: {fact}", got=got, allowed=allowed, fix=fix)
