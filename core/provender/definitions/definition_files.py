"""Which files of a repository hold definitions, and why the others do not.

A ``.py`` file is a definition module when its source, which is parsed and not run, builds an
entity, a source, a view or a service at its top level (outside functions and
``if __name__ == "__main__"``), itself or by what it calls in other modules of the repository, and
does not make a ``FeatureStore`` there. So a script beside the definitions is never run by accident.

``definitions:`` in feature_store.yaml replaces that rule by globs. ``.provenderignore`` beside it
names files and directories to leave out, one glob a line. Hidden directories and virtual
environments are no part of the repository.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from provender.definitions.builders import Builders
from provender.definitions.module_text import ModuleText, read_module

IGNORE_FILE = ".provenderignore"
_MENTIONS = (b"import provender", b"from provender", b"import feast", b"from feast")


@dataclass(frozen=True)
class LeftOut:
    """A file of the repository that is not imported for its definitions.

    Attributes:
        path: The file.
        why: The reason, in words.
        ignored: Whether ``.provenderignore`` names it.
    """

    path: Path
    why: str
    ignored: bool = False


@dataclass(frozen=True)
class SortedFiles:
    """The ``.py`` files of a repository, each list sorted by path.

    Attributes:
        definitions: The definition modules.
        left_out: All others.
    """

    definitions: list[Path]
    left_out: list[LeftOut]


def sorted_files(root: Path, globs: Sequence[str] = ()) -> SortedFiles:
    """Tell the definition modules of a repository from its other files.

    Args:
        root: The directory of feature_store.yaml.
        globs: What replaces the rule, relative to `root`.
    """
    patterns = _ignored(root)
    files = sorted(_python_files(root))
    ignored = [path for path in files if _is_ignored(path, root, patterns)]
    usable = [path for path in files if path not in set(ignored)]
    left = [LeftOut(path, f"{IGNORE_FILE} names it", ignored=True) for path in ignored]
    if globs:
        found = {path for pattern in globs for path in root.glob(pattern) if path.is_file()}
        taken = sorted(path for path in found if not _is_ignored(path, root, patterns))
        why = "no glob of `definitions:` in feature_store.yaml matches it"
        left += [LeftOut(path, why) for path in usable if path not in found]
    else:
        reasons = _reasons(root, usable)
        taken = [path for path in usable if path not in reasons]
        left += [LeftOut(path, why) for path, why in reasons.items()]
    return SortedFiles(taken, sorted(left, key=lambda one: one.path))


def definition_files(root: Path, globs: Sequence[str] = ()) -> list[Path]:
    """Return the definition modules of a repository, sorted; see `sorted_files`."""
    return sorted_files(root, globs).definitions


def _ignored(root: Path) -> list[str]:
    file = root / IGNORE_FILE
    lines = file.read_text().splitlines() if file.is_file() else []
    return [line.strip().rstrip("/") for line in lines if line.strip() and line[0] != "#"]


def _is_ignored(path: Path, root: Path, ignored: Sequence[str]) -> bool:
    """Whether a glob matches the path, or any directory above it, whole or by its last part."""
    inside = path.relative_to(root)
    parts = [inside, *list(inside.parents)[:-1]]
    names = [name for part in parts for name in (part.as_posix(), part.name)]
    return any(fnmatch(name, pattern) for name in names for pattern in ignored)


def _python_files(root: Path) -> Iterator[Path]:
    for directory, folders, files in os.walk(root):
        here = Path(directory)
        folders[:] = [
            name
            for name in folders
            if not name.startswith((".", "__")) and not (here / name / "pyvenv.cfg").exists()
        ]
        yield from (here / name for name in files if name.endswith(".py"))


def _reasons(root: Path, files: Sequence[Path]) -> dict[Path, str]:
    """Return why files are no definition modules by the rule above, those that are left out.

    A file that cannot be parsed counts as one when it mentions Provender, so that its error is
    told.
    """
    texts: dict[Path, ModuleText] = {}
    reasons: dict[Path, str] = {}
    for path in files:
        source = path.read_bytes()
        try:
            texts[path] = read_module(source)
        except (SyntaxError, ValueError):
            if not any(mention in source for mention in _MENTIONS):
                reasons[path] = "it is not valid Python"
    builders = Builders(root, texts)
    for path in texts:
        if builders.is_script(path) and not builders.builds(path):
            reasons[path] = "it is a script: it creates a FeatureStore or a client at its top level"
        elif not builders.builds(path):
            reasons[path] = "nothing that it calls at its top level is known to build a definition"
    return reasons
