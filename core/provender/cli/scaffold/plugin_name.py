"""Names of new providers: which are allowed, and what is named after them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from provender import definitions, plugin
from provender.cli.scaffold.taken_words import taken_word
from provender.config.feast_keys import FEAST_KEYS
from provender.config.model import ConfigFile
from provender.errors import RequestError
from provender.plugin import sql

_ALLOWED = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_LONGEST = 20
_ENDINGS = (
    "OfflineConfig",
    "OfflineStore",
    "OnlineConfig",
    "OnlineStore",
    "Registry",
    "RegistryConfig",
    "Session",
    "Source",
)
"""What the names of the classes in the templates end with."""
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

    @property
    def classes(self) -> list[str]:
        """The names of its classes."""
        return [self.class_prefix + ending for ending in _ENDINGS]


def check_plugin_name(name: str) -> PluginName:
    """Return what is named after a new provider.

    Raises:
        RequestError: No provider can have the name, or an installed one has it.
    """
    why = _why_not(name)
    if why or not _ALLOWED.fullmatch(name) or len(name) > _LONGEST:
        raise RequestError(
            f"{name!r} cannot be the name of a provider",
            got=why,
            allowed=f"up to {_LONGEST} lower-case letters, digits and _ between them, "
            "beginning with a letter",
            fix=_suggestion(name),
        )
    found = PluginName(name)
    _check_not_taken(found)
    return found


def _why_not(name: str) -> str | None:
    """Return why a word cannot be the name of a provider, though its form is right."""
    if name in _YAML_WORDS:
        return "a word that YAML does not read as text"
    if name in ConfigFile.model_fields or name in FEAST_KEYS:
        return "a key of feature_store.yaml, under which the settings of the provider could not be"
    hidden = next((each for each in PluginName(name).classes if _is_public(each)), None)
    return f"the class {hidden} of Provender would be hidden" if hidden else taken_word(name)


def _is_public(name: str) -> bool:
    """Whether a class of this name is one that the files of the provider import."""
    return any(hasattr(module, name) for module in (definitions, plugin, sql))


def _suggestion(name: str) -> str | None:
    """Return the allowed name that is nearest to one that is not."""
    words = re.findall(r"[a-z0-9]+", re.sub(r"^provender[-_]", "", name.lower()))
    near = "_".join(words).lstrip("0123456789_")[:_LONGEST].rstrip("_")
    usable = _ALLOWED.fullmatch(near) and _why_not(near) is None
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
