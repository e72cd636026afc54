"""Feature references such as ``view:feature``, resolved against the catalog."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from provender.catalog.catalog import Catalog
from provender.catalog.on_demand import CatalogOnDemandView
from provender.catalog.view import CatalogView
from provender.definitions import FeatureService, Field
from provender.definitions.projection import Projection
from provender.definitions.requested import Features, Requested, projection_of, requested
from provender.errors import NotFound, Problem, RequestError, did_you_mean, listed
from provender.plugin.contract.plan import ViewJoin

AnyView = CatalogView | CatalogOnDemandView


@dataclass(frozen=True, slots=True)
class Selection:
    """The features wanted from one view, and the names under which they are given.

    Attributes:
        view: The view.
        features: The features to read.
        outputs: The names under which they are given.
        name: What stands before their names where those are full.
        join_key_map: Join key of the view to the column of the entity rows that holds it.
    """

    view: CatalogView
    features: tuple[Field, ...]
    outputs: tuple[str, ...]
    name: str
    join_key_map: Mapping[str, str]

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns of the entity rows that hold the view's join keys."""
        return tuple(self.join_key_map.get(key.name, key.name) for key in self.view.keys)

    def feature_with(self, name: str, output: str) -> Selection:
        """Return the selection with one more feature."""
        features = (*self.features, self.view.feature(name))
        return replace(self, features=features, outputs=(*self.outputs, output))

    def join(self) -> ViewJoin:
        """Return the selection as a part of a point-in-time join."""
        read, ttl = self.view.read(self.features), self.view.view.ttl_us
        return ViewJoin(self.name, read, self.keys, self.outputs, ttl)


@dataclass(frozen=True, slots=True)
class OnDemandSelection:
    """The features wanted from one on-demand view, and the names under which they are given.

    Attributes:
        view: The view.
        features: The features to compute.
        outputs: The names under which they are given.
        name: What stands before their names where those are full.
    """

    view: CatalogOnDemandView
    features: tuple[Field, ...]
    outputs: tuple[str, ...]
    name: str

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns of the entity rows that hold the join keys of its sources."""
        return tuple(self.view.keys)


Selected = Selection | OnDemandSelection


def select(
    catalog: Catalog, features: Features | None, *, full_feature_names: bool
) -> list[Selected]:
    """Return what `features` name, view by view in the order of first mention.

    Args:
        catalog: The definitions.
        features: References ``view:feature``, or ``view`` for all features of a view; views or
            parts of them; a feature service; or the name of one.
        full_feature_names: Give ``view__feature`` instead of ``feature``.

    Raises:
        NotFound: With every view, feature or service that is not registered.
        RequestError: No features are given, or something else; two features, or two
            parts of views, would have one name; or the service is registered with another
            definition.
    """
    given = recordable(catalog, requested(features))
    if isinstance(given, str):
        given = catalog.service(given).service
    if isinstance(given, FeatureService):
        selections = _of_service(catalog, given, full_feature_names)
    else:
        selections = _of_parts(catalog, given, full_feature_names)
    _check_collisions(selections)
    return selections


def recordable(catalog: Catalog, given: Requested) -> Requested:
    """Return what names features with a view's name apart from a service's.

    Raises:
        NotFound: A name is that of neither.
    """
    if not isinstance(given, str) or given in catalog.document["services"]:
        return given
    views = {*catalog.document["views"], *catalog.document["on_demand_views"]}
    if given in views:
        return (given,)
    known = {*views, *catalog.document["services"]}
    raise NotFound(
        f"no feature service or feature view {given!r} in project {catalog.project!r}",
        allowed=listed(known),
        fix=did_you_mean(given, known),
    )


def _of_service(catalog: Catalog, service: FeatureService, full: bool) -> list[Selected]:
    registered = catalog.service(service.name)
    if registered.service != service:
        raise RequestError(
            f"feature service {service.name!r} is registered with another definition",
            fix="apply this definition, or use the registered one: get_feature_service()",
        )
    return [
        _selection(_view(catalog, part.view), registered.given[part.name], part, full)
        for part in service.features
    ]


def _of_parts(catalog: Catalog, parts: Sequence[str | Projection], full: bool) -> list[Selected]:
    wanted: dict[str, tuple[AnyView, Projection, dict[str, Field]]] = {}
    missing: list[Problem] = []
    wrong: list[Problem] = []
    for part in map(projection_of, parts):
        try:
            view, fields = _resolve(catalog, part)
        except NotFound as error:
            missing.extend(error.problems)
            continue
        _, before, known = wanted.setdefault(part.name, (view, part, {}))
        known.update({field.name: field for field in fields})
        wrong += [*_unknown_keys(view, part), *_meeting(before, part)]
    if missing:
        raise NotFound.of(missing)
    if wrong:
        raise RequestError.of(wrong)
    return [_selection(view, fields, part, full) for view, part, fields in wanted.values()]


def _unknown_keys(view: AnyView, part: Projection) -> list[Problem]:
    keys = [] if isinstance(view, CatalogOnDemandView) else [key.name for key in view.keys]
    fact = "join_key_map names {!r}, which is not a join key of feature view {!r}"
    return [
        Problem(fact.format(key, view.name), allowed=listed(keys))
        for key in part.join_key_map
        if key not in keys
    ]


def _meeting(one: Projection, other: Projection) -> list[Problem]:
    """Return a problem when two parts of a request cannot have one name."""
    if (one.view, dict(one.join_key_map)) == (other.view, dict(other.join_key_map)):
        return []
    fact = f"two different parts of the request are named {one.name!r}"
    return [Problem(fact, fix="give one of them another name: with_name()")]


def _selection(view: AnyView, names: Iterable[str], part: Projection, full: bool) -> Selected:
    fields = tuple(map(view.feature, names))
    outputs = tuple(f"{part.name}__{f.name}" if full else f.name for f in fields)
    if isinstance(view, CatalogOnDemandView):
        return OnDemandSelection(view, fields, outputs, part.name)
    return Selection(view, fields, outputs, part.name, part.join_key_map)


def _view(catalog: Catalog, name: str) -> AnyView:
    if name in catalog.document["on_demand_views"]:
        return catalog.on_demand_view(name)
    return catalog.view(name)


def _resolve(catalog: Catalog, part: Projection) -> tuple[AnyView, Sequence[Field]]:
    view = _view(catalog, part.view)
    return view, view.features if part.features is None else list(map(view.feature, part.features))


def _entity_columns(selections: Sequence[Selected]) -> dict[str, tuple[str, str]]:
    """Return the columns of the entity rows that are needed: by whom, and what they are."""
    requests = {
        name: (one.name, "request data")
        for one in selections
        if isinstance(one, OnDemandSelection)
        for name in one.view.requests
    }
    return {**requests, **{key: (one.name, "join key") for one in selections for key in one.keys}}


def _check_collisions(selections: Sequence[Selected]) -> None:
    homes: dict[str, list[str]] = {}
    short = False
    for selection in selections:
        for field, output in zip(selection.features, selection.outputs, strict=True):
            homes.setdefault(output, []).append(f"{selection.name}:{field.name}")
            short = short or field.name == output
    for column, (view, what) in _entity_columns(selections).items():
        if column in homes:
            homes[column].append(f"{view}:{column} ({what})")
    fix = "pass full_feature_names=True" if short else "request them separately"
    problems = [
        Problem(f"two columns of the result would be named {output!r}", got=listed(both), fix=fix)
        for output, both in homes.items()
        if len(both) > 1
    ]
    if problems:
        raise RequestError.of(problems)
