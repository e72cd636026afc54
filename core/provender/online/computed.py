"""On-demand features of an online response: computed of what was read and what was sent."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import chain
from typing import Any

from provender.errors import Problem, RequestError, listed, rename_close
from provender.online.response import Status, ViewResult
from provender.online.scalars import packed_column, unpacker
from provender.tabular.typed_column import DoesNotFit, entity_misfit, is_typed, typed
from provender.transforms.step import Step
from provender.transforms.transformation import Form
from provender.types import FeatureType

Columns = Mapping[str, Sequence[Any]]


class ComputedFeatures:
    """Completes what was read of feature views by what is computed of it.

    Args:
        steps: What is computed.
        outputs: The names of all features that are given, in their order.
        keys: The types of the join keys.

    Attributes:
        steps: What is computed.
        outputs: The names of all features that are given, in their order.
        types: The types of the join keys, and of what comes with a request.
    """

    def __init__(
        self, steps: Sequence[Step], outputs: Sequence[str], keys: Mapping[str, FeatureType]
    ) -> None:
        self.steps = steps
        self.outputs = outputs
        self._requests = {name: kind for step in steps for name, kind in step.requests.items()}
        self.types: Mapping[str, FeatureType] = {**self._requests, **keys}
        self._computed = {name: step.name for step in steps for name in step.outputs.values()}
        self._places = {name: place for place, name in enumerate(outputs)}

    def check(self, columns: dict[str, Sequence[Any]], rows: int) -> None:
        """Check that the entity rows have what comes with a request; without rows it is added.

        Raises:
            RequestError: A column is missing, or has the name of a feature.
        """
        if not rows:
            columns.update({name: [] for name in self._requests if name not in columns})
        if missing := [name for name in self._requests if name not in columns]:
            raise RequestError.of(self._missing(name, columns) for name in missing)
        computed = self._computed
        if both := computed.keys() & columns.keys():
            raise RequestError.of(
                Problem(
                    f"a column of the entity rows is named like feature {computed[name]}:{name}",
                    fix="rename the column, or request full_feature_names",
                )
                for name in sorted(both)
            )

    def _missing(self, name: str, columns: Columns) -> Problem:
        view = next(step.name for step in self.steps if name in step.requests)
        return Problem(
            f"entity rows lack the column {name!r} of on-demand feature view {view!r}",
            got=f"columns: {listed(columns)}",
            allowed=f"a value of type {self._requests[name]} in each row",
            fix=rename_close(name, columns) or f"add {name!r} to each row",
        )

    def complete(self, columns: Columns, rows: int, read: Sequence[ViewResult]) -> list[ViewResult]:
        """Return the features that are given, in the order of the request.

        Args:
            columns: The entity rows.
            rows: Their number.
            read: What was read of feature views.

        Raises:
            RequestError: A value that came with the request is not of its type.
            TransformError: A function failed for a row, or did not return what it declares.
        """
        found: dict[str, Sequence[Any]] = {
            name: _typed(name, columns[name], kind) for name, kind in self.types.items()
        }
        for view in read:
            found |= view.columns()
        computed = [_result(step, step.run_as(_VALUES, found, rows), rows) for step in self.steps]
        given = [*_asked(read, self._places), *computed]
        return sorted(given, key=lambda view: self._places[view.outputs[0]])


def _typed(name: str, values: Sequence[Any], kind: FeatureType) -> Sequence[Any]:
    """Return values as Python has them of a type.

    Raises:
        RequestError: One is of another type.
    """
    try:
        return _python(values, kind, True)
    except DoesNotFit as error:
        raise entity_misfit(name, error, kind) from error


def _python(column: Any, kind: FeatureType, exact_floats: bool) -> Sequence[Any]:
    """Return a column of a type as a read from the store gives its values.

    Args:
        column: Python values, or an Arrow array.
        kind: The type.
        exact_floats: Whether floats that are whole numbers are read as integers.

    Raises:
        DoesNotFit: With the rows that are not of the type.
    """
    if isinstance(column, list | tuple):
        plain = list(column)
        if is_typed(plain, kind):
            return plain
        column = plain
    values = packed_column(typed(column, kind, exact_floats=exact_floats), kind)
    convert = unpacker(kind)
    if convert is None:
        return values
    return [None if value is None else convert(value) for value in values]


_VALUES: Form[Sequence[Any]] = Form(
    of=_python, null=lambda _: [None], joined=lambda parts: [*chain.from_iterable(parts)]
)
"""Features as a read from the store gives them."""


def _result(step: Step, lists: Sequence[Sequence[Any]], rows: int) -> ViewResult:
    return ViewResult(
        tuple(step.outputs.values()),
        step.types,
        list(zip(*lists, strict=True)),
        [Status.PRESENT] * rows,
        [frozenset()] * rows,
        [None] * rows,
        step.name,
    )


def _asked(read: Sequence[ViewResult], outputs: Collection[str]) -> list[ViewResult]:
    """Return what was read without the columns that only functions needed."""
    asked = []
    for view in read:
        places = [place for place, name in enumerate(view.outputs) if name in outputs]
        if len(places) == len(view.outputs):
            asked.append(view)
        elif places:
            asked.append(_part(view, places))
    return asked


def _part(view: ViewResult, places: Sequence[int]) -> ViewResult:
    return ViewResult(
        [view.outputs[place] for place in places],
        [view.types[place] for place in places],
        [[row[place] for place in places] for row in view.rows],
        view.statuses,
        [
            frozenset(new for new, place in enumerate(places) if place in lacks)
            for lacks in view.missing
        ],
        view.events,
        view.view,
    )
