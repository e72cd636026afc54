"""Feature services as they are registered, with the types of their features."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from provender.definitions import FeatureService
from provender.definitions.places import argument_place
from provender.definitions.projection import Projection
from provender.errors import Problem, did_you_mean, listed, shortened


@dataclass(frozen=True)
class Views:
    """The feature views that services may name.

    Attributes:
        documents: Those that there will be, by name.
        unclear: The names of those that have problems: nobody knows what they would give.
        complete: Whether one that is not there is missing for certain.
    """

    documents: Mapping[str, Any]
    unclear: Collection[str] = ()
    complete: bool = True

    def is_unclear(self, name: str) -> bool:
        """Whether nothing can be said of a view."""
        return name in self.unclear or (name not in self.documents and not self.complete)


@dataclass(frozen=True)
class CatalogService:
    """A registered feature service.

    Attributes:
        service: The definition.
        given: For each of its parts, by name, the features that it was given, with their types
            as text: a contract that only another commit of the service changes.
    """

    service: FeatureService
    given: Mapping[str, Mapping[str, str]]

    def __repr__(self) -> str:
        given = shortened(f"{view}:{name}" for view, names in self.given.items() for name in names)
        return f"<CatalogService {self.service.name!r}, given {given}>"

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> CatalogService:
        """Return the service that `resolve_service` wrote."""
        given = {name: _types(features) for name, features in document["given"].items()}
        return cls(FeatureService.from_document(document["definition"]), given)


def resolve_service(service: FeatureService, views: Views) -> tuple[dict[str, Any], list[Problem]]:
    """Return the document of a service, and what is wrong with it.

    Args:
        service: The definition.
        views: All feature views that there will be.
    """
    given: dict[str, Any] = {}
    problems: list[Problem] = []
    for part in service.features:
        if views.is_unclear(part.view):
            continue
        found, wrong = given_features(part, views.documents)
        given[part.name] = found
        problems += [_of(service, part, problem) for problem in wrong]
    return {"definition": service.to_document(), "given": given}, problems


def broken_contracts(kind: str, takers: Mapping[str, Any], views: Views) -> Iterable[Problem]:
    """Yield a problem for each feature that a definition was given and that would go.

    Args:
        kind: What the definitions are, such as ``feature service``.
        takers: Their documents: those that are registered and stay as they are.
        views: All feature views that there will be.
    """
    for name, document in takers.items():
        for part in document["definition"]["features"]:
            if views.is_unclear(part["view"]):
                continue
            view = views.documents.get(part["view"])
            there = _types(_features(view)) if view else {}
            for feature in document["given"][part["name"]]:
                if there.get(feature["name"]) != feature["dtype"]:
                    what = f"{kind} {name!r}"
                    yield _gone(what, part["view"], feature, there.get(feature["name"]))


def _gone(taker: str, view: str, feature: Mapping[str, str], now: str | None) -> Problem:
    got = f"it would be of type {now}" if now else "it would no longer exist"
    return Problem(
        f"{taker} is given {view}:{feature['name']} of type {feature['dtype']}",
        got=got,
        fix=f"apply a matching definition of {taker} together with this change",
    )


def given_features(
    part: Projection, views: Mapping[str, Any]
) -> tuple[list[dict[str, str]], list[Problem]]:
    """Return name and type of each feature that a part takes of its view, and what is wrong.

    Args:
        part: What is taken.
        views: The documents of the views that there will be, by name.
    """
    view = views.get(part.view)
    if view is None:
        fix = did_you_mean(part.view, views) or "define it, or apply both together"
        return [], [Problem(f"no feature view {part.view!r}", allowed=listed(views), fix=fix)]
    there = {feature["name"]: feature for feature in _features(view)}
    problems = [
        Problem(
            f"feature view {part.view!r} has no feature {name!r}",
            allowed=listed(there),
            fix=did_you_mean(name, there),
        )
        for name in part.features or ()
        if name not in there
    ]
    problems += _unknown_keys(part, view)
    wanted = there if part.features is None else part.features
    return [there[name] for name in wanted if name in there], problems


def _unknown_keys(part: Projection, view: Mapping[str, Any]) -> list[Problem]:
    keys = [name for _, name, _ in view.get("keys", ())]
    return [
        Problem(
            f"join_key_map names {key!r}, which is not a join key of feature view {part.view!r}",
            allowed=listed(keys),
        )
        for key in part.join_key_map
        if key not in keys
    ]


def _features(view: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return name and type of the features of a view's document."""
    keys = {name for _, name, _ in view.get("keys", ())}
    fields = view["definition"]["schema"]
    return [{"name": f["name"], "dtype": f["dtype"]} for f in fields if f["name"] not in keys]


def _types(features: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {feature["name"]: feature["dtype"] for feature in features}


def _of(service: FeatureService, part: Projection, problem: Problem) -> Problem:
    fact = f"feature service {service.name!r}: {problem.fact}"
    place = part.place or argument_place(service.place, "features") or None
    return Problem(fact, problem.got, problem.allowed, problem.fix, place)
