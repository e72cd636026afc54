"""Feature references such as ``view:feature``, resolved against the catalog."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Sized
from dataclasses import dataclass, replace

from provender.catalog.catalog import Catalog
from provender.catalog.on_demand import CatalogOnDemandView
from provender.catalog.view import CatalogView
from provender.definitions import FeatureService, Field
from provender.definitions.projection import Projection
from provender.errors import NotFound, Problem, RequestError, listed, value_text
from provender.plugin.contract.plan import ViewJoin

Features = Sequence[str] | FeatureService | str
"""How features are named: references, a feature service, or the name of one."""
AnyView = CatalogView | CatalogOnDemandView
_ALLOWED = (
    "a list of references such as ['driver_stats:conv_rate', 'driver_stats:rating'], "
    "or the name of a feature service"
)


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
        features: References ``view:feature``, or ``view`` for all features of a view; a feature
            service; or the name of one.
        full_feature_names: Give ``view__feature`` instead of ``feature``.

    Raises:
        NotFound: With every view, feature or service that is not registered.
        RequestError: No features are given, a reference is not one, two features would have one
            name, or the service is not defined as it is registered.
    """
    features = _given(features)
    if isinstance(features, str):
        features = _service_named(catalog, features)
    if isinstance(features, FeatureService):
        selections = _of_service(catalog, features, full_feature_names)
    else:
        selections = _of_references(catalog, features, full_feature_names)
    _check_collisions(selections)
    return selections


def _given(features: Features | None) -> Features:
    """Return features as they are.

    Raises:
        RequestError: What names them is left out or empty.
    """
    if features is None:
        raise _none_given("None, or no argument")
    if isinstance(features, str) and not features.strip():
        raise _none_given(f"{value_text(features)}, a name without letters")
    if isinstance(features, Sized) and not len(features):
        raise _none_given(f"{value_text(features)}, which names no features")
    if isinstance(features, list | tuple):
        for position, reference in enumerate(features):
            if isinstance(reference, str) and not reference.strip():
                raise _none_given(f"{value_text(reference)} at features[{position}]")
    return features


def _service_named(catalog: Catalog, name: str) -> FeatureService:
    if ":" in name or name in catalog.document["views"].keys() | catalog.on_demand_view_names:
        raise _not_references(name)
    return catalog.service(name).service


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


def _of_references(catalog: Catalog, references: Sequence[str], full: bool) -> list[Selected]:
    if not isinstance(references, Iterable):
        raise _not_references(references)
    wanted: dict[str, dict[str, Field]] = {}
    problems: list[Problem] = []
    for reference in references:
        try:
            view, fields = _resolve(catalog, reference)
        except NotFound as error:
            problems.extend(error.problems)
            continue
        wanted.setdefault(view.name, {}).update({field.name: field for field in fields})
    if problems:
        raise NotFound.of(problems)
    if not wanted:
        raise _none_given("an iterator without any")
    return [
        _selection(_view(catalog, name), fields, Projection(name), full)
        for name, fields in wanted.items()
    ]


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


def _resolve(catalog: Catalog, reference: object) -> tuple[AnyView, Sequence[Field]]:
    if not isinstance(reference, str):
        raise _not_references(reference)
    name, colon, feature = reference.partition(":")
    view = _view(catalog, name)
    return view, [view.feature(feature)] if colon else view.features


def _none_given(got: str) -> RequestError:
    return RequestError("no features are requested", got=got, allowed=_ALLOWED)


def _not_references(got: object) -> RequestError:
    return RequestError(
        "the features are not given as references or a service",
        got=value_text(got),
        allowed=_ALLOWED,
        fix=f"put it into a list: [{got!r}]" if got and isinstance(got, str) else None,
    )


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
