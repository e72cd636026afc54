"""Which files of a repository hold definitions.

A ``.py`` file is a definition module when its source, which is parsed and not run, builds an
entity, a source, a view or a service at its top level (outside functions, classes and
``if __name__ == "__main__"``) from a name that it imports from Provender, and does not make a
``FeatureStore`` there. So a script beside the definitions is never run by accident.

``definitions:`` in feature_store.yaml replaces that rule by globs. ``.provenderignore`` beside it
names files and directories to leave out, one glob a line. Hidden directories and virtual
environments are always left out.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path

IGNORE_FILE = ".provenderignore"
_PACKAGES = ("provender", "feast")
_ENDINGS = ("Entity", "Service", "Source", "View")


def definition_files(root: Path, globs: Sequence[str] = ()) -> list[Path]:
    """Return the definition modules of a repository, sorted.

    Args:
        root: The directory of feature_store.yaml.
        globs: What replaces the rule, relative to `root`.
    """
    ignored = _ignored(root)
    if globs:
        found = {path for pattern in globs for path in root.glob(pattern) if path.is_file()}
        return sorted(path for path in found if not _is_ignored(path, root, ignored))
    return sorted(path for path in _python_files(root, ignored) if is_definition_file(path))


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


def _python_files(root: Path, ignored: Sequence[str]) -> Iterator[Path]:
    for directory, folders, files in os.walk(root):
        here = Path(directory)
        folders[:] = [
            name
            for name in folders
            if not name.startswith((".", "__"))
            and not (here / name / "pyvenv.cfg").exists()
            and not _is_ignored(here / name, root, ignored)
        ]
        paths = [here / name for name in files if name.endswith(".py")]
        yield from (path for path in paths if not _is_ignored(path, root, ignored))


def is_definition_file(path: Path) -> bool:
    """Whether the rule above takes a file for a definition module.

    A file that cannot be parsed counts when it mentions a definition, so that its error is told.
    """
    source = path.read_bytes()
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return any(
            f"import {name}".encode() in source or f"from {name}".encode() in source
            for name in _PACKAGES
        )
    imported = _imported_names(tree)
    calls = [_called(node, imported) for node in _top_level_calls(tree)]
    return any(name.endswith(_ENDINGS) for name in calls) and "FeatureStore" not in calls


def _imported_names(tree: ast.Module) -> dict[str, str]:
    """Return what a module imports from Provender: local name to real name."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and _is_ours(node.module or ""):
            names |= {alias.asname or alias.name: alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            ours = [alias for alias in node.names if _is_ours(alias.name)]
            names |= {(alias.asname or alias.name).split(".")[0]: "" for alias in ours}
    return names


def _is_ours(module: str) -> bool:
    top = module.split(".")[0]
    return top in _PACKAGES or top.startswith("provender_")


def _top_level_calls(node: ast.AST) -> Iterator[ast.Call]:
    """Return the calls that run when the module is imported."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and "__main__" in ast.unparse(child.test):
            continue
        if isinstance(child, ast.Call):
            yield child
        yield from _top_level_calls(child)


def _called(call: ast.Call, imported: dict[str, str]) -> str:
    """Return the name of what is called when it comes from Provender, else an empty text."""
    if isinstance(call.func, ast.Name):
        return imported.get(call.func.id, call.func.id if "*" in imported else "")
    if not isinstance(call.func, ast.Attribute):
        return ""
    top = ast.unparse(call.func).split(".")[0]
    return call.func.attr if top in imported else ""
