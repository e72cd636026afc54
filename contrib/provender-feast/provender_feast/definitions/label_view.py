"""`LabelView`: labels that people give, which are rows like those of any feature view."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import Enum
from typing import Any

from provender_feast.definitions.definition import refuse
from provender_feast.definitions.entity import Entity
from provender_feast.definitions.feature_view import FeatureView
from provender_feast.definitions.field import Field
from provender_feast.definitions.sources import DataSource


class ConflictPolicy(Enum):
    """Which of several labels of one entity counts."""

    LAST_WRITE_WINS = "last_write_wins"
    LABELER_PRIORITY = "labeler_priority"
    MAJORITY_VOTE = "majority_vote"


class LabelView(FeatureView):
    """Labels, of which the newest counts.

    Args:
        name: The view's name.
        source: Where the labels are.
        schema: Its fields.
        entities: The entities that are labelled.
        ttl: How long a label holds; zero: for ever.
        online: Whether the view is served online.
        description: A description for people.
        tags: Labels of your choice.
        owner: Who is responsible for it.
        labeler_field: The field that says who gave the label.
        conflict_policy: Only LAST_WRITE_WINS is supported.
        reference_feature_view: The view that the labels belong to, for people.
    """

    def __init__(
        self,
        *,
        name: str,
        source: DataSource | None = None,
        schema: Sequence[Field] | None = None,
        entities: Sequence[Entity] | None = None,
        ttl: timedelta | None = timedelta(0),
        online: bool = True,
        description: str = "",
        tags: Mapping[str, str] | None = None,
        owner: str = "",
        labeler_field: str = "labeler",
        conflict_policy: ConflictPolicy = ConflictPolicy.LAST_WRITE_WINS,
        reference_feature_view: str | None = None,
    ) -> None:
        policy = {"conflict_policy": (conflict_policy, ConflictPolicy.LAST_WRITE_WINS)}
        refuse(f"label view {name!r}", policy, "the newest label of an entity counts")
        self.labeler_field = labeler_field
        self.conflict_policy = conflict_policy
        self.reference_feature_view = reference_feature_view
        super().__init__(
            name=name,
            source=source,
            schema=schema,
            entities=entities,
            ttl=ttl,
            online=online,
            description=description,
            tags=tags,
            owner=owner,
        )

    def _said(self) -> dict[str, Any]:
        return {
            "labeler_field": self.labeler_field,
            "conflict_policy": self.conflict_policy.value,
            "reference_feature_view": self.reference_feature_view,
        }
