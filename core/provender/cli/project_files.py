"""The files of a new project, written from the templates in this package."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from string import Template

from provender.cli.example_rows import write_example_rows

TEMPLATES = ("local",)
"""The templates: one directory each beside this file, with ``minimal`` and ``example`` in it."""
_ENDING = ".txt"  # so that no tool takes a template for code


def write_project(project: Path, template: str, *, minimal: bool) -> list[Path]:
    """Write a project and return its files and directories.

    Args:
        project: Its directory; made when it does not exist.
        template: One of `TEMPLATES`.
        minimal: Write definitions to fill in, and no example data.
    """
    repository, store = project / "feature_repo", project / "store"
    repository.mkdir(parents=True)
    store.mkdir()
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
    return [*sorted(written), store]
