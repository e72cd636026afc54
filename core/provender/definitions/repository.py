"""`read_definitions`: imports the definition modules of a repository, collects what they define."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from importlib import import_module, invalidate_caches
from pathlib import Path
from types import ModuleType

from provender.definitions.definition_files import SortedFiles, sorted_files
from provender.definitions.feature_view import FeatureView
from provender.definitions.found import Definition, found_in, is_checkable
from provender.definitions.making import noting
from provender.definitions.problems import Flaws, collecting
from provender.errors import DefinitionError, Problem


@dataclass(frozen=True)
class ReadDefinitions:
    """What the definition modules of a repository define, and what is wrong with it.

    Attributes:
        definitions: What is defined and can be checked further.
        flaws: What is wrong with it.
    """

    definitions: list[Definition]
    flaws: Flaws

    def flawless(self) -> list[Definition]:
        """Return what is defined.

        Raises:
            DefinitionError: With everything that is wrong in any module.
        """
        if self.flaws.problems:
            raise DefinitionError.of(self.flaws.problems)
        return self.definitions


def load_definitions(
    root: Path, globs: Sequence[str] = (), within: AbstractContextManager[None] | None = None
) -> list[Definition]:
    """Import the definition modules of a repository and return what they define.

    Args:
        root: The directory of feature_store.yaml.
        globs: The ``definitions:`` of the configuration.
        within: See `read_definitions`.

    Raises:
        DefinitionError: With everything that is wrong in any module, or when nothing is defined.
    """
    return read_definitions(root, globs, within).flawless()


def read_definitions(
    root: Path, globs: Sequence[str] = (), within: AbstractContextManager[None] | None = None
) -> ReadDefinitions:
    """Import the definition modules of a repository and return what is right and what is wrong.

    Everything that they make while they are imported is found, however it is made and whatever
    keeps it; see `provender.definitions.found`. See `provender.definitions.definition_files` for
    which files are imported.

    Args:
        root: The directory of feature_store.yaml.
        globs: The ``definitions:`` of the configuration.
        within: Entered while the modules are imported, such as `feast_names()` of
            `provender.compat.feast.import_name`, which lets them ``import feast``.

    Raises:
        DefinitionError: Nothing is defined.
    """
    files = sorted_files(root, globs)
    modules: list[ModuleType] = []
    around = within or nullcontext()
    with collecting() as problems, noting() as made, importing(root), around:
        for file in files.definitions:
            module = _imported(file, root, problems)
            modules += [module] if module else []
    found = found_in(modules, made, files.definitions)
    if not found and not problems:
        raise _nothing(root, files)
    checkable = [one for one in found if is_checkable(one)]
    views = [one.name for one in found if isinstance(one, FeatureView) and one not in checkable]
    complete = len(modules) == len(files.definitions)
    return ReadDefinitions(checkable, Flaws(tuple(problems), frozenset(map(str, views)), complete))


@contextmanager
def importing(root: Path) -> Iterator[None]:
    """Make the repository importable, and forget its modules afterwards.

    Another repository in the same process may have modules of the same names. What the program
    itself has imported of the repository is imported anew, since a file may have changed, and is
    what it was afterwards. The main program, which may lie in the repository too, stays.
    """
    before = _forget_modules(root)
    invalidate_caches()  # a file may be as new as the last look at its folder
    written, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    sys.path.insert(0, str(root))
    try:
        yield
    finally:
        sys.path.remove(str(root))
        sys.dont_write_bytecode = written
        _forget_modules(root)
        sys.modules.update(before)


def _forget_modules(root: Path) -> dict[str, ModuleType]:
    """Forget the modules of a repository, and return them by name."""
    modules = [(n, m) for n, m in list(sys.modules.items()) if n != "__main__"]
    own = {name: module for name, module in modules if _is_own(module, f"{root}/")}
    for name in own:
        del sys.modules[name]
    return own


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
        module = import_module(name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - a user's module may raise anything, even SystemExit
        if not (problems and isinstance(error, DefinitionError)):
            problems.extend(_failure(error, file))
        return None
    other = getattr(module, "__file__", None)
    if other is None or not file.samefile(other):
        problems.append(_hidden(file, name, other))
        return None
    return module


def _hidden(file: Path, name: str, other: str | None) -> Problem:
    """Return what is wrong when a module of the same name is imported instead of a file."""
    fact = f"another module named {name!r} is imported instead of this file"
    got = other or "a module that is built into Python"
    return Problem(fact, got=got, fix="give the file another name", place=str(file))


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


def _nothing(root: Path, files: SortedFiles) -> DefinitionError:
    if files.definitions:
        return DefinitionError(
            "the definition modules define nothing", got=", ".join(map(str, files.definitions))
        )
    others = [f"{one.path.relative_to(root)}: {one.why}" for one in files.left_out]
    return DefinitionError(
        "no definition module in this repository",
        got="; ".join([str(root), *others]),
        allowed="a .py file that builds an Entity, a source or a FeatureView at its top level",
        fix="write one, or list the files under `definitions: [glob, …]` in feature_store.yaml",
    )
