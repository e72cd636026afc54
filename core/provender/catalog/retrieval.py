"""`Retrieval`: what has to be read and computed so that selected features can be given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from provender.arguments import check_flags
from provender.catalog.catalog import Catalog
from provender.catalog.selection import (
    OnDemandSelection,
    Selected,
    Selection,
    select,
)
from provender.definitions import Field
from provender.definitions.projection import Projection
from provender.definitions.requested import Features
from provender.transforms.loading import Functions
from provender.transforms.step import Step
from provender.transforms.transformation import transformation_of
from provender.types import FeatureType

_HIDDEN = "provender_input_"
"""What begins the name of a column that is read for functions only, and not given."""


@dataclass(frozen=True)
class Retrieval:
    """What is read of feature views, and what is computed of that.

    Attributes:
        reads: What is read, with the columns that only functions need.
        steps: What is computed.
        outputs: The names of the features that are given, in the order of the request.
    """

    reads: tuple[Selection, ...]
    steps: tuple[Step, ...]
    outputs: tuple[str, ...]


def retrieval(
    catalog: Catalog,
    features: Features | None,
    functions: Functions,
    *,
    full_feature_names: bool,
    online: bool = False,
) -> Retrieval:
    """Return what has to be read and computed; a feature is read once, whoever needs it.

    Args:
        catalog: The definitions.
        features: What is asked for.
        functions: Finds the functions of on-demand feature views.
        full_feature_names: Give ``view__feature`` instead of ``feature``.
        online: Whether it is read online, where some on-demand features are stored.

    Raises:
        NotFound: With every view, feature or service that is not registered.
        RequestError: The request is not valid; see `select`.
        TransformError: A function cannot be loaded.
    """
    check_flags(full_feature_names=full_feature_names)
    selected = select(catalog, features, full_feature_names=full_feature_names)
    if online:
        selected = [_as_stored(catalog, one) for one in selected]
    reads = _Reads([one for one in selected if isinstance(one, Selection)])
    steps = [
        _step(one, reads.inputs(catalog, one), functions)
        for one in selected
        if isinstance(one, OnDemandSelection)
    ]
    outputs = tuple(name for one in selected for name in one.outputs)
    return Retrieval(tuple(reads.all), tuple(steps), outputs)


def _as_stored(catalog: Catalog, one: Selected) -> Selected:
    """Return a selection of features that are stored online as a read of where they are stored."""
    if isinstance(one, Selection) or not one.view.view.write_to_online_store:
        return one
    part = one.view.view.projections[0]
    columns = one.view.stored_columns()
    fields = tuple(_column(field, *columns[field.name]) for field in one.features)
    return Selection(catalog.view(part.view), fields, one.outputs, one.name, {})


def _column(feature: Field, name: str, kind: FeatureType) -> Field:
    """Return a feature as the column in which it is stored, whose name no feature can have."""
    return Field.from_document({**feature.to_document(), "name": name, "dtype": str(kind)})


class _Reads:
    """What is read of feature views, completed by what functions need.

    Args:
        selections: What is asked for itself.
    """

    def __init__(self, selections: Sequence[Selection]) -> None:
        self.all = list(selections)
        self._hidden = 0

    def inputs(self, catalog: Catalog, wanted: OnDemandSelection) -> dict[str, str]:
        """Return the columns that a function takes, and where each will be read."""
        columns = {name: name for name in (*wanted.keys, *wanted.view.requests)}
        parts = {part.name: part for part in wanted.view.view.projections}
        for one in wanted.view.inputs:
            columns[one.column] = self._read(catalog, parts[one.part], one.feature)
        return columns

    def _read(self, catalog: Catalog, part: Projection, feature: str) -> str:
        """Return the column in which a feature is read."""
        place = self._place(catalog, part)
        known = self.all[place]
        for field, output in zip(known.features, known.outputs, strict=True):
            if field.name == feature:
                return output
        output = f"{_HIDDEN}{self._hidden}"
        self._hidden += 1
        self.all[place] = known.feature_with(feature, output)
        return output

    def _place(self, catalog: Catalog, part: Projection) -> int:
        """Return where the view of a part is read by the same keys; it is added otherwise."""
        view = catalog.view(part.view)
        added = Selection(view, (), (), part.name, part.join_key_map)
        for place, known in enumerate(self.all):
            if known.view.name == view.name and known.keys == added.keys:
                return place
        self.all.append(added)
        return len(self.all) - 1


def _step(wanted: OnDemandSelection, columns: Mapping[str, str], functions: Functions) -> Step:
    view = wanted.view
    run = transformation_of(view.view, functions.of(view.view), view.columns)
    names = [field.name for field in wanted.features]
    outputs = dict(zip(names, wanted.outputs, strict=True))
    return Step(wanted.name, run, columns, view.requests, outputs)
