"""`Projection`: a part of a feature view, perhaps under another name or by another key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from provender.definitions.places import caller_place
from provender.definitions.problems import as_mapping, check_name, report
from provender.errors import Problem, value_text


@dataclass(frozen=True)
class Projection:
    """What a feature service takes of a feature view; made by the view's own methods.

    Attributes:
        view: The name of the feature view.
        features: The features taken, in that order; None: all of them.
        alias: The name that stands before the features' names where those are full; None: the
            view's own.
        join_key_map: Join key of the view to the column of the entity rows that holds it.
        place: ``file:line`` of the definition; not part of it.
    """

    view: str
    features: tuple[str, ...] | None = None
    alias: str | None = None
    join_key_map: Mapping[str, str] = field(default_factory=dict)
    place: str = field(default="", compare=False, repr=False)

    @property
    def name(self) -> str:
        """The name that stands before the features' names where those are full."""
        return self.alias or self.view

    def __getitem__(self, features: Sequence[str]) -> Projection:
        """Take some of the features only.

        Raises:
            DefinitionError: They are not a list of names, or one stands there twice.
        """
        place = caller_place()
        texts = isinstance(features, Iterable) and all(isinstance(name, str) for name in features)
        names = (features,) if isinstance(features, str) else tuple(features) if texts else ()
        if not names or len(set(names)) < len(names):
            fact = f"features taken from view {self.view!r} are not a list of distinct names"
            report([Problem(fact, got=value_text(features), place=place)])
        return replace(self, features=names, place=place)

    def with_name(self, name: str) -> Projection:
        """Give the features another name to stand before theirs, where names are full.

        Raises:
            DefinitionError: The name is not valid.
        """
        place = caller_place()
        report(check_name(f"alias of view {self.view!r}", name, place))
        return replace(self, alias=name, place=place)

    def with_join_key_map(self, join_key_map: Mapping[str, str]) -> Projection:
        """Find the view's rows by other columns of the entity rows.

        Args:
            join_key_map: Join key of the view to the column that holds it, such as
                ``{"airport": "origin"}``.

        Raises:
            DefinitionError: It is not a mapping of text to text.
        """
        place, what = caller_place(), f"a part of view {self.view!r}"
        columns, problems = as_mapping(what, join_key_map, place, "join_key_map")
        report(problems)
        return replace(self, join_key_map=columns, place=place)

    def to_document(self) -> dict[str, Any]:
        """Return the projection as plain JSON data."""
        return {
            "name": self.name,
            "view": self.view,
            "features": None if self.features is None else list(self.features),
            "join_key_map": dict(self.join_key_map),
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Projection:
        """Return the projection that `to_document` wrote."""
        view, features = document["view"], document["features"]
        alias = None if document["name"] == view else document["name"]
        taken = None if features is None else tuple(features)
        return cls(view, taken, alias, document["join_key_map"])
