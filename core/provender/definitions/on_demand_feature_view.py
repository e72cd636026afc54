"""`OnDemandFeatureView`: features that a function computes when they are requested."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, get_args

from provender.definitions.entity import Entity
from provender.definitions.feature_view import FeatureView, entity_names
from provender.definitions.field import Field, checked_fields
from provender.definitions.function import Function, function_of
from provender.definitions.making import Defined, set_fields
from provender.definitions.older_names import current_names
from provender.definitions.places import argument_place, caller_place
from provender.definitions.problems import (
    as_mapping,
    as_tuple,
    check_name,
    check_texts,
    check_type,
    report,
)
from provender.definitions.projection import Projection
from provender.definitions.request_source import RequestSource
from provender.errors import Problem, listed, value_text

Mode = Literal["pandas", "python", "arrow"]
"""What the function takes and gives: a DataFrame, a dict of lists, or an Arrow table."""
OnError = Literal["raise", "null"]
"""What becomes of a row for which the function fails: an error, or nulls."""

_OLDER = {"inputs": "sources", "features": "schema", "udf": "function", "labels": "tags"}
_SOURCES: Final = "a feature view, a part of one such as view[['a', 'b']], or a RequestSource"


@dataclass(frozen=True, init=False, repr=False)
class OnDemandFeatureView(Defined):
    """Features that a function computes from other features and from values of the request.

    The same function runs for training rows and online, where the features are requested. It is
    given one column for each feature of its sources, for each column of its request sources and
    for each join key. A feature is named as in its view; where two columns would have one name,
    features are named in full, as ``driver_stats__rating``.

    Args:
        name: The view's name.
        sources: Feature views, whole or in part, and request sources.
        schema: The features that the function returns; further columns of its result are ignored.
        function: The function. It is imported where it runs, so it belongs into a module.
        mode: ``pandas``: it takes and returns a DataFrame with one row for each entity row, in
            their order; ``python``: a dict of lists; ``arrow``: a table.
        singleton: With the mode ``python``: it takes and returns a dict of values, one row.
        on_error: What becomes of a row for which it fails: ``raise`` an error, or ``null``.
        write_to_online_store: Compute the features when rows of the feature view are materialized
            or pushed, and store them online with the row, instead of computing them in each
            online read; the only source is then one feature view.
        entities: Entities (or their names) for people; the sources say which join keys are needed.
        description: A description for people.
        tags: Labels of your choice.
        owner: Who is responsible for it.

    Attributes:
        projections: What it takes of feature views.
        requests: Its request sources.

    Raises:
        DefinitionError: Everything that is not valid, as one error.
    """

    name: str
    projections: tuple[Projection, ...]
    requests: tuple[RequestSource, ...]
    schema: tuple[Field, ...]
    function: Function
    mode: Mode = "pandas"
    singleton: bool = False
    on_error: OnError = "raise"
    write_to_online_store: bool = False
    entities: tuple[str, ...] = ()
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    owner: str = ""
    place: str = field(default="", compare=False, repr=False)

    def __init__(
        self,
        name: str,
        *,
        sources: Sequence[FeatureView | Projection | RequestSource] | None = None,
        schema: Sequence[Field] | None = None,
        function: Callable[..., Any] | None = None,
        mode: Mode = "pandas",
        singleton: bool = False,
        on_error: OnError = "raise",
        write_to_online_store: bool = False,
        entities: Sequence[Entity | str] | None = None,
        description: str = "",
        tags: Mapping[str, str] | None = None,
        owner: str = "",
        **older: Any,
    ) -> None:
        place, what = caller_place(), f"on-demand feature view {name!r}"
        current, problems = current_names(OnDemandFeatureView, older, _OLDER, place)
        problems += check_name("on-demand feature view", name, place)
        given = current.get("sources", sources)
        projections, requests, wrong = _sources(what, given, place)
        fields, unfit = checked_fields(what, current.get("schema", schema), place)
        if not fields and not unfit:
            unfit = [Problem(f"{what} has no features", allowed="schema=[Field(…)]", place=place)]
        made, no_function = function_of(what, current.get("function", function), place)
        names, no_entities = entity_names(what, entities, place)
        labels, unlike = as_mapping(what, current.get("tags", tags), place, "tags")
        problems += [*_choices(what, mode, singleton, on_error, place), *unlike]
        if not wrong:
            problems += _stored(what, write_to_online_store, projections, requests, place)
        problems += check_texts(what, {"description": description, "owner": owner}, place)
        report([*problems, *wrong, *unfit, *no_function, *no_entities], self)
        set_fields(
            self,
            name=name,
            projections=projections,
            requests=requests,
            schema=fields,
            function=made or Function("", ""),
            mode=mode,
            singleton=singleton,
            on_error=on_error,
            write_to_online_store=write_to_online_store,
            entities=names,
            description=description,
            tags=labels,
            owner=owner,
            place=place,
        )

    @property
    def sources(self) -> tuple[Projection | RequestSource, ...]:
        """What it takes of feature views, and its request sources."""
        return (*self.projections, *self.requests)

    @property
    def projection(self) -> Projection:
        """The whole view, as a part of a feature service."""
        return Projection(self.name, place=self.place)

    def __getitem__(self, features: Sequence[str]) -> Projection:
        """Take some of the features for a feature service: ``view[["a", "b"]]``.

        Raises:
            DefinitionError: They are not a list of names, or a name is repeated.
        """
        return self.projection[features]

    def with_name(self, name: str) -> Projection:
        """Use the view in a feature service under another name.

        Raises:
            DefinitionError: The name is not valid.
        """
        return self.projection.with_name(name)

    def to_document(self) -> dict[str, Any]:
        """Return the view as plain JSON data."""
        return {
            "name": self.name,
            "features": [projection.to_document() for projection in self.projections],
            "requests": [request.to_document() for request in self.requests],
            "schema": [field.to_document() for field in self.schema],
            "function": self.function.to_document(),
            "mode": self.mode,
            "singleton": self.singleton,
            "on_error": self.on_error,
            "write_to_online_store": self.write_to_online_store,
            "entities": list(self.entities),
            "description": self.description,
            "tags": dict(self.tags),
            "owner": self.owner,
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> OnDemandFeatureView:
        """Return the view that `to_document` wrote; its function is not yet loaded."""
        view = object.__new__(cls)
        projections = tuple(map(Projection.from_document, document["features"]))
        view.__dict__.update(
            {part: value for part, value in document.items() if part != "features"},
            projections=projections,
            requests=tuple(map(RequestSource.from_document, document["requests"])),
            schema=tuple(map(Field.from_document, document["schema"])),
            function=Function.from_document(document["function"]),
            entities=tuple(document["entities"]),
            tags=dict(document["tags"]),
            place="",
        )
        return view


def on_demand_feature_view(
    *,
    sources: Sequence[FeatureView | Projection | RequestSource] | None = None,
    schema: Sequence[Field] | None = None,
    mode: Mode = "pandas",
    singleton: bool = False,
    on_error: OnError = "raise",
    write_to_online_store: bool = False,
    entities: Sequence[Entity | str] | None = None,
    name: str | None = None,
    description: str | None = None,
    tags: Mapping[str, str] | None = None,
    owner: str = "",
    **older: Any,
) -> Callable[[Callable[..., Any]], OnDemandFeatureView]:
    """Make an on-demand feature view of the function below; see `OnDemandFeatureView`.

    Args:
        sources: Feature views, whole or in part, and request sources.
        schema: The features that the function returns.
        mode: ``pandas``, ``python`` or ``arrow``.
        singleton: With the mode ``python``: the function takes and returns one row.
        on_error: What becomes of a row for which it fails: ``raise`` an error, or ``null``.
        write_to_online_store: Compute the features when rows are materialized or pushed.
        entities: Entities (or their names) for people.
        name: The view's name; by default the function's.
        description: A description for people; by default the docstring of the function.
        tags: Labels of your choice.
        owner: Who is responsible for it.
        **older: Arguments under their older names: ``inputs``, ``features``, ``labels``.

    Raises:
        DefinitionError: Everything that is not valid, as one error.
    """

    def decorate(function: Callable[..., Any]) -> OnDemandFeatureView:
        said = (getattr(function, "__doc__", None) or "").strip()
        return OnDemandFeatureView(
            name=getattr(function, "__name__", "") if name is None else name,
            sources=sources,
            schema=schema,
            function=function,
            mode=mode,
            singleton=singleton,
            on_error=on_error,
            write_to_online_store=write_to_online_store,
            entities=entities,
            description=said if description is None else description,
            tags=tags,
            owner=owner,
            **older,
        )

    return decorate


def _sources(
    what: str, given: object, place: str
) -> tuple[tuple[Projection, ...], tuple[RequestSource, ...], list[Problem]]:
    """Return what a view takes of feature views, its request sources, and what is wrong."""
    if isinstance(given, FeatureView | Projection | RequestSource):
        given = [given]
    if isinstance(given, Mapping):  # the older spelling names each
        given = list(given.values())
    items, problems = as_tuple(f"sources of {what}", given, _SOURCES, place, "sources")
    parts: dict[str, Projection] = {}
    requests: list[RequestSource] = []
    for position, item in enumerate(items):
        kinds = (FeatureView, Projection, RequestSource)
        problems += check_type(
            f"source of {what}", item, kinds, _SOURCES, place, "sources", position
        )
        if isinstance(item, RequestSource):
            requests.append(item)
        elif isinstance(item, FeatureView | Projection):
            part = replace(item.projection, place="") if isinstance(item, FeatureView) else item
            if part.name in parts:
                fact = f"{what} has two sources named {part.name!r}"
                fix = "take all features in one part, or give one another name: with_name()"
                at = argument_place(place, "sources", position)
                problems.append(Problem(fact, fix=fix, place=at))
            parts[part.name] = part
    if not items and not problems:
        at = argument_place(place, "sources")
        problems = [Problem(f"{what} has no sources", allowed=_SOURCES, place=at)]
    return tuple(parts.values()), tuple(requests), problems


def _choices(
    what: str, mode: object, singleton: object, on_error: object, place: str
) -> list[Problem]:
    """Return a problem for each choice that there is not."""
    chosen = {"mode": (mode, get_args(Mode)), "on_error": (on_error, get_args(OnError))}
    problems = [
        Problem(
            f"{name} of {what} is unknown",
            got=value_text(value),
            allowed=listed(map(repr, allowed)),
            place=argument_place(place, name),
        )
        for name, (value, allowed) in chosen.items()
        if not isinstance(value, str) or value not in allowed
    ]
    allowed = "True or False"
    problems += check_type(f"singleton of {what}", singleton, bool, allowed, place, "singleton")
    if singleton is True and mode in ("pandas", "arrow"):
        at = argument_place(place, "singleton")
        problems.append(
            Problem(
                f"{what} takes single rows, which are dicts",
                got=f"mode={mode!r}",
                allowed="mode='python'",
                place=at,
            )
        )
    return problems


def _stored(
    what: str,
    stored: object,
    projections: Sequence[Projection],
    requests: Sequence[RequestSource],
    place: str,
) -> list[Problem]:
    """Return a problem when features are to be stored that no single row decides."""
    name = "write_to_online_store"
    problems = check_type(f"{name} of {what}", stored, bool, "True or False", place, name)
    if stored is not True:
        return problems
    renamed = [one for one in projections if one.join_key_map]
    if len(projections) != 1 or requests or renamed:
        given = [*(one.name for one in projections), *(one.name for one in requests)]
        problems.append(
            Problem(
                f"{what} cannot be stored online: its features do not depend on one row alone",
                got=f"sources {listed(given)}" + (", with a join_key_map" if renamed else ""),
                allowed="one feature view as the only source",
                fix="leave write_to_online_store out: they are then computed in each read",
                place=argument_place(place, name),
            )
        )
    return problems
