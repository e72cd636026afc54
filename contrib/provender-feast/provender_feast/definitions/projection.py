"""`FeatureViewProjection`: a part of a view, perhaps under another name or by another key."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from provender.definitions.projection import Projection
from provender_feast.definitions.definition import Definition
from provender_feast.definitions.field import Field
from provender_feast.errors import FeastDefinitionError, as_feasts


@dataclass
class FeatureViewProjection:
    """What a feature service, or an on-demand feature view, takes of a view.

    Attributes:
        name: The view's name.
        name_alias: The name that features have in front of theirs; None: the view's.
        desired_features: The features that were chosen; none: all of them.
        features: Those that the view is known to have.
        join_key_map: Join key of the view to the column of the entity rows that holds it.
    """

    name: str
    name_alias: str | None = None
    desired_features: list[str] = field(default_factory=list)
    features: list[Field] = field(default_factory=list)
    join_key_map: dict[str, str] = field(default_factory=dict)

    def name_to_use(self) -> str:
        """Return the name that features have in front of theirs."""
        return self.name_alias or self.name

    def to_provender(self, place: str = "") -> Projection:
        """Return Provender's definition."""
        chosen = tuple(self.desired_features) or None
        return Projection(self.name, chosen, self.name_alias, self.join_key_map, place)

    @classmethod
    def from_provender(cls, part: Projection, features: Sequence[Field]) -> FeatureViewProjection:
        """Return Feast's definition of a part of a registered view, which has `features`."""
        chosen = list(part.features or ())
        taken = [one for one in features if not chosen or one.name in chosen]
        return cls(part.view, part.alias, chosen, taken, dict(part.join_key_map))


class ProjectedView(Definition):
    """The base of views, parts of which can be taken.

    Attributes:
        projection: What is taken of the view.
        features: Its fields that are not join keys.
    """

    projection: FeatureViewProjection
    features: list[Field]

    def __getitem__(self, features: Sequence[str]) -> Self:
        """Take some of the features: ``view[["a", "b"]]``.

        Raises:
            FeastDefinitionError: They are not a list of features of the view.
        """
        if isinstance(features, str):
            raise FeastDefinitionError(
                f"features taken from view {self.name!r} are not a list",
                got=repr(features),
                fix=f"write view[[{features!r}]]",
            )
        taken = copy.copy(self)
        known = {one.name: one for one in self.features}
        taken.projection = copy.copy(self.projection)
        taken.projection.desired_features = list(features)
        taken.projection.features = [known[name] for name in features if name in known]
        with as_feasts():
            taken.projection.to_provender()
        return taken

    def with_name(self, name: str) -> Self:
        """Use the view under another name."""
        taken = copy.copy(self)
        taken.projection = copy.copy(self.projection)
        taken.projection.name_alias = name
        return taken

    def with_projection(self, feature_view_projection: FeatureViewProjection) -> Self:
        """Use the view through a projection."""
        taken = copy.copy(self)
        taken.projection = copy.copy(feature_view_projection)
        return taken

    def with_join_key_map(self, join_key_map: Mapping[str, str]) -> Self:
        """Find the view's rows by other columns of the entity rows."""
        taken = copy.copy(self)
        taken.projection = copy.copy(self.projection)
        taken.projection.join_key_map = dict(join_key_map)
        return taken
