"""`load_definitions`: imports the definition modules of a repository, collects what they define."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module, invalidate_caches
from pathlib import Path
from types import ModuleType
from typing import cast

from provender.definitions.definition_files import definition_files
from provender.definitions.entity import Entity
from provender.definitions.feature_service import FeatureService
from provender.definitions.feature_view import FeatureView
from provender.definitions.problems import collecting
from provender.definitions.source import DataSource
from provender.errors import DefinitionError, Problem

Definition = Entity | FeatureView | FeatureService | DataSource


def load_definitions(root: Path, globs: Sequence[str] = ()) -> list[Definition]:
    """Import the definition modules of a repository and return what they define.

    Definitions are the module's global variables and the items of its global lists, tuples and
    dicts. See `provender.definitions.definition_files` for which files are imported.

    Args:
        root: The directory of feature_store.yaml.
        globs: The ``definitions:`` of the configuration.

    Raises:
        DefinitionError: With everything that is wrong in any module, or when nothing is defined.
    """
    files = definition_files(root, globs)
    found: dict[int, Definition] = {}
    with collecting() as problems, _importing(root), _feast_names():
        for file in files:
            module = _imported(file, root, problems)
            for definition in _definitions(module) if module else ():
                found.setdefault(id(definition), definition)
    if problems:
        raise DefinitionError.of(problems)
    if not found:
        raise _nothing(root, files)
    return list(found.values())


@contextmanager
def _importing(root: Path) -> Iterator[None]:
    """Make the repository importable, and forget its modules afterwards.

    Another repository in the same process may have modules of the same names.
    """
    _forget_modules(root)
    invalidate_caches()  # a file may be as new as the last look at its folder
    written, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    sys.path.insert(0, str(root))
    try:
        yield
    finally:
        sys.path.remove(str(root))
        sys.dont_write_bytecode = written
        _forget_modules(root)


def _feast_names() -> AbstractContextManager[None]:
    """Lend the import name ``feast`` to our names; named, since imports point downwards only."""
    lend = import_module("provender.compat.feast.import_name").feast_names
    return cast("AbstractContextManager[None]", lend())


def _forget_modules(root: Path) -> None:
    names = [n for n, m in list(sys.modules.items()) if _is_own(m, f"{root}/")]
    for name in names:
        del sys.modules[name]


def _is_own(module: ModuleType, inside: str) -> bool:
    """Whether a module lies in the repository, but in no virtual environment inside it."""
    place = _place(module)
    return place.startswith(inside) and "site-packages" not in place[len(inside) :].split("/")


def _place(module: ModuleType) -> str:
    """Return a module's file; of a folder without ``__init__.py`` the folder."""
    try:
        return getattr(module, "__file__", None) or next(iter(getattr(module, "__path__", ())), "")
    except KeyError:  # a folder in a folder that somebody has forgotten
        return ""


def _imported(file: Path, root: Path, problems: list[Problem]) -> ModuleType | None:
    parts = file.relative_to(root).with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    try:
        return import_module(name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - a user's module may raise anything, even SystemExit
        if not (problems and isinstance(error, DefinitionError)):
            problems.extend(_failure(error, file))
        return None


def _failure(error: BaseException, file: Path) -> list[Problem]:
    if isinstance(error, DefinitionError):
        return list(error.problems)
    if isinstance(error, SyntaxError):
        place = f"{error.filename}:{error.lineno}:{error.offset}"
        return [Problem("not valid Python", got=error.msg, place=place)]
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename.startswith(str(file.parent))]
    place = f"{own[-1].filename}:{own[-1].lineno}" if own else str(file)
    got = f"{type(error).__name__}: {error}"
    return [Problem("the module cannot be imported", got=got, fix=_advice(error), place=place)]


def _advice(error: BaseException) -> str | None:
    if isinstance(error, ModuleNotFoundError) and (error.name or "").startswith("google"):
        return "use datetime.timedelta for a ttl, or `from provender import Duration`"
    return None


def _definitions(module: ModuleType) -> Iterator[Definition]:
    for value in vars(module).values():
        items: Iterable[object] = (value,)
        if isinstance(value, list | tuple):
            items = value
        elif isinstance(value, dict) and value is not vars(module).get("__builtins__"):
            items = value.values()
        yield from (i for i in items if isinstance(i, Definition))


def _nothing(root: Path, files: Sequence[Path]) -> DefinitionError:
    if files:
        return DefinitionError(
            "the definition modules define nothing", got=", ".join(map(str, files))
        )
    return DefinitionError(
        "no definition module in this repository",
        got=str(root),
        allowed="a .py file that builds an Entity, a source or a FeatureView at its top level",
        fix="write one, or name the files by `definitions: [glob, …]` in feature_store.yaml",
    )
