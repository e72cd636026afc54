"""The files of a new project, written from the templates in this package."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from string import Template

from provender.cli.scaffold.example_rows import write_example_rows
from provender.errors import RequestError

TEMPLATES = ("local", "gcp", "aws")
"""The templates: one directory each beside this file, with ``minimal`` and ``example`` in it."""
_OF_FILES = ("local",)
"""The templates whose stores are files, in the directory ``store``."""
_ENDING = ".txt"  # so that no tool takes a template for code


def write_project(project: Path, template: str, *, minimal: bool) -> list[Path]:
    """Write a project and return its files and directories.

    Args:
        project: Its directory; made when it does not exist.
        template: One of `TEMPLATES`.
        minimal: Write definitions to fill in, and no example data.
    """
    repository = project / "feature_repo"
    repository.mkdir(parents=True)
    homes = {"README.md": project}
    written = []
    source = files("provender.cli") / "templates" / template / ("minimal" if minimal else "example")
    for item in sorted(source.iterdir(), key=lambda item: item.name):
        name = item.name.removesuffix(_ENDING)
        path = homes.get(name, repository) / name
        text = Template(item.read_text(encoding="utf-8")).substitute(project=project.name)
        path.write_text(text, encoding="utf-8")
        written.append(path)
    if not minimal:
        written += write_example_rows(project / "data")
    if template in _OF_FILES:
        store = project / "store"
        store.mkdir()
        return [*sorted(written), store]
    return sorted(written)


def check_free(directory: Path) -> None:
    """Refuse a place where something is already.

    Raises:
        RequestError: The path is a file, or a directory that is not empty.
    """
    if directory.is_symlink() or directory.exists():
        if directory.is_dir() and not any(directory.iterdir()):
            return
        raise RequestError(
            f"{directory.as_posix()!r} exists and is not an empty directory; nothing was written",
            got=str(directory.resolve()),
            fix="choose another name, or remove it",
        )
