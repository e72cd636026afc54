"""`check_function`: a function is tried on generated rows before its view is registered.

A function sees many rows of a training set at once and a few rows of an online request. What it
returns for a row must not depend on the rows around it, or a model is served other features than
it was trained on. So each row is computed alone and with others, and compared.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from provender.definitions.on_demand_feature_view import OnDemandFeatureView
from provender.errors import Problem, TransformError, TransformWarning, value_text
from provender.transforms.transformation import Transformation, transformation_of
from provender.types import FeatureType

if TYPE_CHECKING:
    import pyarrow as pa

_PLAIN_ROWS = 5
_TOLERANCE = 1e-9
"""How far two floats may be apart, relative to their size: sums of many rows are added in another
order than those of few."""
_DAY = date(2026, 1, 2)
_NOON = datetime(2026, 1, 2, 12, 30, tzinfo=UTC)


def check_function(view: OnDemandFeatureView, inputs: Mapping[str, FeatureType]) -> list[Problem]:
    """Return what is wrong with a view's function.

    It is run on plain rows, which it has to take, and on rows with zeros, negative numbers, empty
    texts and nulls: a warning names what it does not take.

    Args:
        view: The view; its function is at hand.
        inputs: The columns that the function takes, and their types.
    """
    if view.function.call is None:
        return []
    strict = transformation_of(view, view.function.call, inputs, null_on_error=False)
    try:
        plain = _plain_rows(inputs)
        strict.at_once(_columns(plain, inputs), len(plain))
        edges = _edge_rows(inputs)
        taken = plain + _those_taken(view, strict, edges)
        return _differences(view, strict, taken)
    except TransformError as error:
        return [_placed(view, problem) for problem in error.problems]


def _those_taken(
    view: OnDemandFeatureView, strict: Transformation, rows: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """Return the rows that a function takes, and warn of the first that it does not take.

    Raises:
        TransformError: What it returns is not what it declares.
    """
    taken: list[Mapping[str, Any]] = []
    failed: list[TransformError] = []
    for row in rows:
        try:
            strict.run(_columns([row], strict.inputs), 1)
            taken.append(row)
        except TransformError as error:
            if error.__cause__ is None or _is_ours(error.__cause__):
                raise
            failed.append(error)
    if failed and view.on_error == "raise":
        problem = failed[0].problems[0]
        message = (
            f"the function of on-demand feature view {view.name!r} fails for some rows that may "
            f"come: {problem.got}; reads of such rows fail, unless the view has on_error='null'"
        )
        file, _, line = view.place.rpartition(":")
        warnings.warn_explicit(message, TransformWarning, file or "unknown", int(line or 0))
    return taken


def _is_ours(error: BaseException) -> bool:
    return type(error).__module__.startswith("provender.")


def _differences(
    view: OnDemandFeatureView, run: Transformation, rows: Sequence[Mapping[str, Any]]
) -> list[Problem]:
    """Return a problem for the first row that is another alone than among others."""
    together = run.at_once(_columns(rows, run.inputs), len(rows))
    for number, row in enumerate(rows):
        alone = run.run(_columns([row], run.inputs), 1)
        for name, whole, single in zip(run.outputs, together, alone, strict=True):
            one, other = whole[number].as_py(), single[0].as_py()
            if not _same(one, other):
                fact = f"on-demand feature view {view.name!r}: feature {name!r} depends on the "
                return [
                    Problem(
                        fact + "other rows of the call",
                        got=f"{value_text(one)} among {len(rows)} rows, {value_text(other)} alone, "
                        f"for {value_text(row)}",
                        allowed="the same value whichever rows come with it, and at any time",
                        fix="compute it from the row alone; what needs many rows belongs into "
                        "the source of a feature view",
                        place=view.place or None,
                    )
                ]
    return []


def _same(one: Any, other: Any) -> bool:
    """Whether two values are the same, floats nearly and NaN too."""
    if isinstance(one, float) and isinstance(other, float):
        both = math.isnan(one) and math.isnan(other)
        return both or math.isclose(one, other, rel_tol=_TOLERANCE, abs_tol=0.0)
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)


def _placed(view: OnDemandFeatureView, problem: Problem) -> Problem:
    place = problem.place if ":" in (problem.place or "").rpartition("/")[2] else None
    return Problem(
        problem.fact, problem.got, problem.allowed, problem.fix, place or view.place or None
    )


def _columns(
    rows: Sequence[Mapping[str, Any]], inputs: Mapping[str, FeatureType]
) -> dict[str, pa.Array]:
    from provender.tabular.typed_column import typed

    return {name: typed([row[name] for row in rows], kind) for name, kind in inputs.items()}


def _plain_rows(inputs: Mapping[str, FeatureType]) -> list[Mapping[str, Any]]:
    return [
        {name: _plain(kind, number + place) for place, (name, kind) in enumerate(inputs.items(), 1)}
        for number in range(_PLAIN_ROWS)
    ]


def _edge_rows(inputs: Mapping[str, FeatureType]) -> list[Mapping[str, Any]]:
    """Return rows of one edge each: all zero or empty, all negative, one null, all null."""
    plain = _plain_rows(inputs)[0]
    zero = {name: _edge(kind, 0) for name, kind in inputs.items()}
    below = {name: _edge(kind, -1) for name, kind in inputs.items()}
    nulls = [{**plain, name: None} for name in inputs]
    return [zero, below, *nulls, dict.fromkeys(inputs)]


def _plain(kind: FeatureType, number: int) -> Any:
    """Return a value that nothing is special about, another one for each number."""
    simple: dict[str, Any] = {
        "Bool": number % 2 == 0,
        "Int32": number,
        "Int64": number,
        "Float32": number + 0.5,
        "Float64": number + 0.5,
        "String": f"text {number}",
        "Json": f'{{"number": {number}}}',
        "Bytes": f"bytes {number}".encode(),
        "UnixTimestamp": _NOON + timedelta(hours=number),
        "Date": _DAY + timedelta(days=number),
        "Uuid": UUID(int=number),
    }
    return simple[kind.name] if kind.name in simple else _nested(kind, number, _plain)


def _edge(kind: FeatureType, number: int) -> Any:
    """Return zero, an empty text or container; or a negative number."""
    simple: dict[str, Any] = {
        "Bool": False,
        "Int32": number,
        "Int64": number,
        "Float32": float(number),
        "Float64": float(number),
        "String": "",
        "Json": "{}",
        "Bytes": b"",
        "UnixTimestamp": datetime(1970, 1, 1, tzinfo=UTC) + timedelta(hours=number),
        "Date": date(1970, 1, 1) + timedelta(days=number),
        "Uuid": UUID(int=0),
        "Array": [],
        "Map": {},
    }
    return simple[kind.name] if kind.name in simple else _nested(kind, number, _edge)


def _nested(kind: FeatureType, number: int, value: Any) -> Any:
    if kind.name == "Decimal":
        return Decimal(number).scaleb(-min((kind.digits or (38, 9))[1], 2))
    if kind.name == "Array":
        return [value(kind.items[0], number), value(kind.items[0], number + 1)]
    if kind.name == "Map":
        return {value(kind.items[0], number): value(kind.items[1], number)}
    return {label: value(item, number) for label, item in zip(kind.labels, kind.items, strict=True)}
