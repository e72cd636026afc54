"""Names of new providers: which are allowed, and what is named after them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from provender.errors import RequestError

_ALLOWED = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_LONGEST = 20
_YAML_WORDS = {"false", "n", "no", "null", "off", "on", "true", "y", "yes"}


@dataclass(frozen=True, slots=True)
class PluginName:
    """What a provider is called.

    Attributes:
        name: The entry point, and the ``provider:`` of feature_store.yaml.
    """

    name: str

    @property
    def distribution(self) -> str:
        """The name of the distribution, and of its directory."""
        return "provender-" + self.name.replace("_", "-")

    @property
    def package(self) -> str:
        """The name of the import package."""
        return f"provender_{self.name}"

    @property
    def class_prefix(self) -> str:
        """What the names of its classes begin with."""
        return "".join(part.capitalize() for part in self.name.split("_"))


def check_plugin_name(name: str) -> PluginName:
    """Return what is named after a new provider.

    Raises:
        RequestError: No provider can have the name, or an installed one has it.
    """
    if not _ALLOWED.fullmatch(name) or len(name) > _LONGEST or name in _YAML_WORDS:
        raise RequestError(
            f"{name!r} cannot be the name of a provider",
            got="a word that YAML does not read as text" if name in _YAML_WORDS else None,
            allowed=f"up to {_LONGEST} lower-case letters, digits and _ between them, "
            "beginning with a letter",
            fix=_suggestion(name),
        )
    found = PluginName(name)
    _check_not_taken(found)
    return found


def _suggestion(name: str) -> str | None:
    """Return the allowed name that is nearest to one that is not."""
    words = re.findall(r"[a-z0-9]+", re.sub(r"^provender[-_]", "", name.lower()))
    near = "_".join(words).lstrip("0123456789_")[:_LONGEST].rstrip("_")
    usable = _ALLOWED.fullmatch(near) and near not in _YAML_WORDS
    return f"provender plugin new {near}" if usable else None


def _check_not_taken(found: PluginName) -> None:
    from importlib.util import find_spec

    from provender.plugin.loading.discovery import PROVIDERS, entries
    from provender.plugin.loading.entry_point import origin

    owners = entries(PROVIDERS).get(found.name, [])
    if owners:
        raise RequestError(
            f"a provider {found.name!r} is installed already",
            got=f"from {origin(owners[0])}",
            fix="choose another name, or change that distribution",
        )
    if find_spec(found.package) is not None:
        raise RequestError(
            f"a package {found.package!r} is installed already",
            fix="choose another name, or uninstall it",
        )
