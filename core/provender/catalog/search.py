"""`search`: what is registered with a word in its name, description, owner or tags."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from provender.catalog.catalog import KINDS, Catalog

_WITH_FEATURES = ("views", "on_demand_views")


@dataclass(frozen=True, slots=True)
class Match:
    """Something that has the word.

    Attributes:
        kind: ``entity``, ``data source``, ``feature view``, ``on-demand feature view``,
            ``feature`` or ``feature service``.
        name: Its name; of a feature ``view:feature``.
        description: A description for people.
        owner: Who is responsible for it.
        where: What has the word: ``name``, ``description``, ``owner`` or ``tags``.
        tags: Its labels.
    """

    kind: str
    name: str
    description: str
    owner: str
    where: tuple[str, ...]
    tags: Mapping[str, str] = field(default_factory=dict)


def search(catalog: Catalog, word: str) -> list[Match]:
    """Return what has a word in its name, description, owner or tags, those named so first.

    Args:
        catalog: Where to look.
        word: Part of a word; letters large and small are the same.
    """
    found = [match for match in _described(catalog, word.casefold()) if match.where]
    return sorted(found, key=lambda match: ("name" not in match.where, match.kind, match.name))


def _described(catalog: Catalog, word: str) -> Iterator[Match]:
    for part, kind in KINDS.items():
        for name, document in catalog.document.get(part, {}).items():
            definition = document.get("definition", document)
            yield _match(kind, name, definition, word)
            for feature in definition.get("schema", ()) if part in _WITH_FEATURES else ():
                owner = definition.get("owner", "")
                yield _match("feature", f"{name}:{feature['name']}", feature, word, owner)


def _match(
    kind: str, name: str, definition: Mapping[str, Any], word: str, owner: str = ""
) -> Match:
    own, tags = name.rpartition(":")[2], definition.get("tags", {})
    texts = {
        "name": own,
        "description": definition.get("description", ""),
        "owner": definition.get("owner", ""),
        "tags": " ".join(f"{key} {value} {key}={value}" for key, value in tags.items()),
    }
    where = tuple(part for part, text in texts.items() if word in text.casefold())
    return Match(kind, name, texts["description"], texts["owner"] or owner, where, tags)
