"""On-demand feature views as they are registered, with the columns that their functions take."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from provender.catalog.services import Views, given_features
from provender.definitions import Field, OnDemandFeatureView
from provender.definitions.places import argument_place
from provender.errors import NotFound, Problem, did_you_mean, listed, shortened
from provender.names import check_given_name
from provender.types import FeatureType, parse_type


@dataclass(frozen=True, slots=True)
class Input:
    """A feature that a function takes.

    Attributes:
        part: The name of the source that it comes from.
        feature: Its name there.
        column: The column in which the function finds it.
        type: Its type.
    """

    part: str
    feature: str
    column: str
    type: FeatureType


@dataclass(frozen=True)
class CatalogOnDemandView:
    """A registered on-demand feature view.

    Attributes:
        view: The definition; its function may not be loaded.
        given: For each of its sources, by name, the features that it is given, with their types
            as text: a contract that only another commit of the view changes.
        keys: The columns of the entity rows by which its sources are looked up, with their types.
    """

    view: OnDemandFeatureView
    given: Mapping[str, Mapping[str, str]]
    keys: Mapping[str, FeatureType]

    def __repr__(self) -> str:
        inputs = shortened(f"{name}: {kind}" for name, kind in self.columns.items())
        return f"<CatalogOnDemandView {self.name!r} of {inputs}>"

    @property
    def name(self) -> str:
        """The view's name."""
        return self.view.name

    @property
    def features(self) -> tuple[Field, ...]:
        """The features that it computes."""
        return self.view.schema

    @cached_property
    def requests(self) -> Mapping[str, FeatureType]:
        """The columns of the entity rows that it computes with, and their types."""
        return {field.name: field.dtype for source in self.view.requests for field in source.schema}

    @cached_property
    def inputs(self) -> tuple[Input, ...]:
        """The features that its function takes."""
        names = Counter(name for features in self.given.values() for name in features)
        names.update({*self.keys, *self.requests})
        return tuple(
            Input(part, name, name if names[name] == 1 else f"{part}__{name}", parse_type(kind))
            for part, features in self.given.items()
            for name, kind in features.items()
        )

    @cached_property
    def columns(self) -> Mapping[str, FeatureType]:
        """The columns that its function takes, and their types."""
        features = {one.column: one.type for one in self.inputs}
        return {**self.keys, **self.requests, **features}

    def feature(self, name: str) -> Field:
        """Return one feature.

        Raises:
            NotFound: The view has no such feature.
            RequestError: The name is not text.
        """
        check_given_name("feature", name)
        names = [field.name for field in self.features]
        if name in names:
            return self.features[names.index(name)]
        raise NotFound(
            f"on-demand feature view {self.name!r} has no feature {name!r}",
            allowed=listed(names),
            fix=did_you_mean(name, names),
        )

    def stored_columns(self) -> dict[str, tuple[str, FeatureType]]:
        """Return the column in which each feature is stored online, and its type.

        The column's name depends on how the feature is computed: what another function wrote is
        not taken for what this one would have written.
        """
        return {
            field.name: (f"{self.name}:{field.name}:{self.fingerprint}", field.dtype)
            for field in self.features
        }

    @cached_property
    def fingerprint(self) -> str:
        """What stands for the way in which the features are computed, in hexadecimal digits."""
        view = self.view
        parts = [view.function.fingerprint, view.mode, view.singleton, view.on_error]
        text = repr([*parts, sorted((one.column, str(one.type)) for one in self.inputs)])
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

    def to_document(self) -> dict[str, Any]:
        """Return the view as plain JSON data."""
        given = {
            part: [{"name": name, "dtype": kind} for name, kind in features.items()]
            for part, features in self.given.items()
        }
        keys = {name: str(kind) for name, kind in self.keys.items()}
        return {"definition": self.view.to_document(), "given": given, "taken_keys": keys}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> CatalogOnDemandView:
        """Return the view that `resolve_on_demand` wrote."""
        given = {
            part: {feature["name"]: feature["dtype"] for feature in features}
            for part, features in document["given"].items()
        }
        keys = {name: parse_type(kind) for name, kind in document["taken_keys"].items()}
        return cls(OnDemandFeatureView.from_document(document["definition"]), given, keys)


def resolve_on_demand(
    view: OnDemandFeatureView, views: Views
) -> tuple[dict[str, Any] | None, list[Problem]]:
    """Return the document of an on-demand feature view, and what is wrong with it.

    Args:
        view: The definition.
        views: All feature views that there will be.

    Returns:
        None where nobody knows what the view would be given, with all problems.
    """
    given: dict[str, Any] = {}
    keys: dict[str, str] = {}
    problems: list[Problem] = []
    for part in view.projections:
        if views.is_unclear(part.view):
            return None, problems
        found, wrong = given_features(part, views.documents)
        given[part.name] = found
        problems += [_of(view, problem, part.place) for problem in wrong]
        for _, name, kind in views.documents.get(part.view, {}).get("keys", ()):
            column = part.join_key_map.get(name, name)
            if keys.setdefault(column, kind) != kind:
                fact = f"its sources have join keys of different types in column {column!r}"
                problems.append(_of(view, Problem(fact, got=f"{keys[column]} and {kind}")))
    problems += [_of(view, problem) for problem in _requests(view, keys)]
    if problems:
        return None, problems
    return {"definition": view.to_document(), "given": given, "taken_keys": keys}, []


def with_keys_of(registered: dict[str, Any], views: Views) -> dict[str, Any]:
    """Return the document of a registered view with the join keys that its sources will have.

    Args:
        registered: The document.
        views: All feature views that there will be.
    """
    view = OnDemandFeatureView.from_document(registered["definition"])
    resolved, _ = resolve_on_demand(view, views)
    return registered if resolved is None else {**registered, "taken_keys": resolved["taken_keys"]}


def stored_computed(document: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return the on-demand views whose features are stored online, by the view that stores them.

    Args:
        document: The catalog's document.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for _, one in sorted(document["on_demand_views"].items()):
        if one["definition"]["write_to_online_store"]:
            found.setdefault(one["definition"]["features"][0]["view"], []).append(one)
    return found


def _requests(view: OnDemandFeatureView, keys: Mapping[str, str]) -> Iterator[Problem]:
    """Yield a problem for each column of the entity rows that would have two meanings."""
    fix = "give one of them another name"
    types: dict[str, str] = {}
    for source in view.requests:
        for field in source.schema:
            kind = str(field.dtype)
            if field.name in keys:
                fact = f"request source {source.name!r} has a column named like a join key"
                yield Problem(fact, got=repr(field.name), fix=fix, place=field.place or None)
            elif types.setdefault(field.name, kind) != kind:
                fact = f"two request sources have a column {field.name!r}"
                got = f"{types[field.name]} and {kind}"
                yield Problem(fact, got=got, fix=fix, place=field.place or None)


def _of(view: OnDemandFeatureView, problem: Problem, place: str = "") -> Problem:
    fact = f"on-demand feature view {view.name!r}: {problem.fact}"
    at = problem.place or place or argument_place(view.place, "sources") or None
    return Problem(fact, problem.got, problem.allowed, problem.fix, at)
