"""`FeatureService`: the features that one model is trained on and served with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import provender
from provender_feast.definitions.definition import Definition, placed, refuse
from provender_feast.definitions.projection import ProjectedView
from provender_feast.errors import FeastDefinitionError


class LoggingDestination:
    """Where Feast's feature server would log what it serves."""


@dataclass
class FileLoggingDestination(LoggingDestination):
    """Files that Feast's feature server would log to.

    Attributes:
        path: Their directory.
        s3_endpoint_override: Another address of S3.
        partition_by: The columns that name the directories below it.
    """

    path: str
    s3_endpoint_override: str = ""
    partition_by: Sequence[str] | None = None


@dataclass
class LoggingConfig:
    """How Feast's feature server would log; Provender's logs no features.

    Attributes:
        destination: Where to.
        sample_rate: The share of requests that are logged.
    """

    destination: LoggingDestination
    sample_rate: float = 1.0


class FeatureService(Definition):
    """The features of a model.

    Args:
        name: The service's name.
        features: Views, whole or in part.
        tags: Labels of your choice.
        description: A description for people.
        owner: Who is responsible for it.
        logging_config: Kept for the process, and not acted on: Provender logs no features.
        precompute_online: Only False is supported.

    Attributes:
        feature_view_projections: What it takes of views.
    """

    def __init__(
        self,
        *,
        name: str,
        features: Sequence[ProjectedView],
        tags: Mapping[str, str] | None = None,
        description: str = "",
        owner: str = "",
        logging_config: LoggingConfig | None = None,
        precompute_online: bool = False,
    ) -> None:
        what = f"feature service {name!r}"
        fix = "Provender reads the features of a service with one request for each view"
        refuse(what, {"precompute_online": (precompute_online, False)}, fix)
        for one in features:
            if not isinstance(one, ProjectedView):
                allowed = "a view, or a part of one such as view[['a', 'b']]"
                raise FeastDefinitionError(f"{what}: not features", got=repr(one), allowed=allowed)
        self.name = name
        self.feature_view_projections = [one.projection for one in features]
        self.tags = dict(tags or {})
        self.description = description
        self.owner = owner
        self.logging_config = logging_config
        self.precompute_online = precompute_online
        if features:
            self._checked(self.to_provender)

    def to_provender(self) -> provender.FeatureService:
        """Return Provender's definition."""
        made = provender.FeatureService(
            self.name,
            [part.to_provender() for part in self.feature_view_projections],
            self.description,
            self.tags,
            self.owner,
        )
        return placed(made, self.place)
