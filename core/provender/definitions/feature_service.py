"""`FeatureService`: the features that one model is trained on and served with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from provender.definitions.feature_view import FeatureView
from provender.definitions.making import Defined, set_fields
from provender.definitions.older_names import current_names
from provender.definitions.on_demand_feature_view import OnDemandFeatureView
from provender.definitions.places import caller_place
from provender.definitions.problems import (
    as_mapping,
    as_tuple,
    check_name,
    check_texts,
    check_type,
    report,
)
from provender.definitions.projection import Projection
from provender.errors import Problem

_OLDER = {"labels": "tags"}


@dataclass(frozen=True, init=False, repr=False)
class FeatureService(Defined):
    """The contract of a model: which features it receives, in which order, under which names.

    Args:
        name: The service's name.
        features: Feature views and on-demand feature views, whole or in part: ``view``,
            ``view[["a", "b"]]``, ``view.with_name("alias")``,
            ``view.with_join_key_map({"key": "column"})``.
        description: A description for people.
        tags: Labels of your choice.
        owner: Who is responsible for it.

    Raises:
        DefinitionError: Everything that is not valid, as one error.
    """

    name: str
    features: tuple[Projection, ...]
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    owner: str = ""
    place: str = field(default="", compare=False, repr=False)

    def __init__(
        self,
        name: str,
        features: Sequence[FeatureView | OnDemandFeatureView | Projection],
        description: str = "",
        tags: Mapping[str, str] | None = None,
        owner: str = "",
        **older: Any,
    ) -> None:
        place = caller_place()
        current, problems = current_names(FeatureService, older, _OLDER, place)
        problems += check_name("feature service", name, place)
        taken, wrong = _projections(name, features, place)
        what = f"feature service {name!r}"
        labels, unlike = as_mapping(what, current.get("tags", tags), place, "tags")
        problems += check_texts(what, {"description": description, "owner": owner}, place)
        report([*problems, *wrong, *unlike], self)
        set_fields(
            self,
            name=name,
            features=taken,
            description=description,
            tags=labels,
            owner=owner,
            place=place,
        )

    def to_document(self) -> dict[str, Any]:
        """Return the service as plain JSON data."""
        return {
            "name": self.name,
            "features": [projection.to_document() for projection in self.features],
            "description": self.description,
            "tags": dict(self.tags),
            "owner": self.owner,
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> FeatureService:
        """Return the service that `to_document` wrote."""
        features = [Projection.from_document(item) for item in document["features"]]
        return cls(**{**document, "features": features})


def _projections(
    service: str, features: object, place: str
) -> tuple[tuple[Projection, ...], list[Problem]]:
    """Return the projections of a service, those of one view under one name made one."""
    what, taken = f"feature of service {service!r}", dict[str, Projection]()
    allowed = "a feature view, or a part of one such as view[['a', 'b']]"
    if isinstance(features, FeatureView | OnDemandFeatureView | Projection):
        features = [features]
    items, problems = as_tuple(
        f"features of service {service!r}", features, allowed, place, "features"
    )
    for position, item in enumerate(items):
        kinds = (FeatureView, OnDemandFeatureView, Projection)
        problems += check_type(what, item, kinds, allowed, place, "features", position)
        if isinstance(item, FeatureView | OnDemandFeatureView):
            # a view stands for all of it; what is wrong then is the service's, not the view's
            item = replace(item.projection, place="")  # noqa: PLW2901
        if isinstance(item, Projection):
            before = taken.get(item.name)
            problems += _meeting(service, before, item, place)
            taken[item.name] = _together(before, item)
    if not taken and not problems:
        problems.append(Problem(f"feature service {service!r} has no features", place=place))
    return tuple(taken.values()), problems


def _meeting(
    service: str, before: Projection | None, item: Projection, place: str
) -> list[Problem]:
    """Return a problem when two parts of a service cannot have one name."""
    same = before is None or (before.view, before.join_key_map) == (item.view, item.join_key_map)
    if same:
        return []
    fact = f"feature service {service!r} has two different parts named {item.name!r}"
    fix = "give one of them another name: with_name()"
    return [Problem(fact, fix=fix, place=place)]


def _together(before: Projection | None, item: Projection) -> Projection:
    if before is None or before.features is None or item.features is None:
        return item if before is None else replace(before, features=None)
    return replace(before, features=tuple(dict.fromkeys((*before.features, *item.features))))
