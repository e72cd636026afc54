"""The files of a new provider, written from the templates in this package."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath
from string import Template

from provender import __version__
from provender.cli.scaffold.plugin_name import PluginName

_ENDING = ".txt"  # so that no tool takes a template for code
_PACKAGE = "package"
"""The directory of the templates that becomes the import package."""


def write_provider(names: PluginName, root: Path) -> list[Path]:
    """Write a provider's distribution and return its files.

    Args:
        names: What it is called.
        root: Its directory; made when it does not exist.
    """
    values = {
        "name": names.name,
        "Name": names.class_prefix,
        "package": names.package,
        "distribution": names.distribution,
        "version": ".".join(__version__.split(".")[:2]),
    }
    written = []
    for place, text in _templates(files("provender.cli") / "templates" / "plugin"):
        first, *rest = place.parts
        path = root.joinpath(names.package if first == _PACKAGE else first, *rest)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(Template(text).substitute(values), encoding="utf-8")
        written.append(path)
    return sorted(written)


def _templates(folder: Traversable) -> Iterator[tuple[PurePosixPath, str]]:
    """Give each template's place in the distribution, and its text."""
    for item in folder.iterdir():
        if item.is_dir():
            for place, text in _templates(item):
                yield item.name / place, text
        elif item.name.endswith(_ENDING):
            name = PurePosixPath(item.name.removesuffix(_ENDING))
            yield name, item.read_text(encoding="utf-8")
