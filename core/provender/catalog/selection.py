"""Feature references such as ``view:feature``, resolved against the catalog."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from provender.catalog.catalog import Catalog
from provender.catalog.view import CatalogView
from provender.definitions import Field
from provender.errors import NotFound, Problem, RequestError, listed
from provender.plugin.reading import ViewJoin


@dataclass(frozen=True, slots=True)
class Selection:
    """The features wanted from one view, and the names under which they are given."""

    view: CatalogView
    features: tuple[Field, ...]
    outputs: tuple[str, ...]

    def join(self) -> ViewJoin:
        """Return the selection as a part of a point-in-time join."""
        keys = tuple(key.name for key in self.view.keys)
        read, ttl = self.view.read(self.features), self.view.view.ttl_us
        return ViewJoin(self.view.name, read, keys, self.outputs, ttl)


def select(
    catalog: Catalog, references: Sequence[str], *, full_feature_names: bool
) -> list[Selection]:
    """Return what `references` name, view by view in the order of first mention.

    Args:
        catalog: The definitions.
        references: ``view:feature``, or ``view`` for all features of a view.
        full_feature_names: Give ``view__feature`` instead of ``feature``.

    Raises:
        NotFound: With every view or feature that is not registered.
        RequestError: A reference is not one, or two features would have one name.
    """
    if isinstance(references, str) or not references:
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
    selections = [
        Selection(
            catalog.view(name),
            tuple(fields.values()),
            tuple(f"{name}__{field}" if full_feature_names else field for field in fields),
        )
        for name, fields in wanted.items()
    ]
    _check_collisions(selections)
    return selections


def _resolve(catalog: Catalog, reference: object) -> tuple[CatalogView, Sequence[Field]]:
    if not isinstance(reference, str):
        raise _not_references(reference)
    name, colon, feature = reference.partition(":")
    view = catalog.view(name)
    return view, [view.feature(feature)] if colon else view.features


def _not_references(got: object) -> RequestError:
    return RequestError(
        "features are not named",
        got=repr(got),
        allowed="a list of references such as ['driver_stats:conv_rate', 'driver_stats:rating']",
    )


def _check_collisions(selections: Sequence[Selection]) -> None:
    homes: dict[str, list[str]] = {}
    for selection in selections:
        for output in selection.outputs:
            homes.setdefault(output, []).append(selection.view.name)
        for key in selection.view.keys:
            if key.name in selection.outputs:
                homes[key.name].append(f"{selection.view.name} (join key)")
    problems = [
        Problem(
            f"two columns of the result would be named {output!r}",
            got=listed(f"{view}:{output}" for view in views),
            fix="ask with full_feature_names=True",
        )
        for output, views in homes.items()
        if len(views) > 1
    ]
    if problems:
        raise RequestError.of(problems)
