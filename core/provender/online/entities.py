"""Entity rows of an online request, any table, made into columns of Python values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from provender.errors import Problem, RequestError, listed, rename_close, value_text
from provender.tabular.given_rows import GivenRows, at_hand, given_column, given_rows, python_values
from provender.tabular.typed_column import DoesNotFit, typed
from provender.types import FeatureType

_ALLOWED = "a list of dicts such as [{'driver_id': 1001}], or a dict of lists"
_WHAT = "entity rows"


def to_columns(
    entity_rows: Any, keys: Mapping[str, FeatureType]
) -> tuple[dict[str, Sequence[Any]], int]:
    """Return entity rows by column, and their number.

    Args:
        entity_rows: A table, as `given_rows` takes it; lists of dicts and dicts of lists are the
            fastest. Without columns there is one row for each empty dict; no dict at all means one
            row, where no join key is needed.
        keys: The join keys that are needed, and their types; further columns are kept.

    Raises:
        RequestError: The rows are of another kind, ragged, or lack a join key.
    """
    if type(entity_rows) is list:  # the usual case, told without a look at abstract classes
        columns = _from_rows(entity_rows, keys)
    elif entity_rows is None and not keys:
        columns = {}
    elif isinstance(entity_rows, Mapping):
        columns = _from_mapping(entity_rows, keys)
    else:
        entity_rows = at_hand(entity_rows, _WHAT)
        if not isinstance(entity_rows, Sequence) or isinstance(entity_rows, str | bytes):
            table = given_rows(entity_rows, _WHAT)
            _check_keys(table.columns, keys)
            return _from_table(table, keys), table.count
        columns = _from_rows(entity_rows, keys)
    _check_keys(columns, keys)
    if columns:
        return columns, len(next(iter(columns.values())))
    alone = entity_rows is None or isinstance(entity_rows, Mapping)
    return columns, 1 if alone else len(entity_rows)


def _from_mapping(
    entity_rows: Mapping[str, Any], keys: Mapping[str, FeatureType]
) -> dict[str, Sequence[Any]]:
    columns: dict[str, Sequence[Any]] = {}
    for name, values in entity_rows.items():
        if isinstance(values, list):
            columns[name] = values
        else:
            columns[name] = _python_values(given_column(name, values), keys.get(name))
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        raise RequestError("the entity columns have different lengths", got=value_text(lengths))
    return columns


def _from_rows(
    entity_rows: Sequence[Any], keys: Mapping[str, FeatureType]
) -> dict[str, Sequence[Any]]:
    if not entity_rows:
        return {name: [] for name in keys}
    first = entity_rows[0]
    if type(first) is not dict and not isinstance(first, Mapping):
        return _from_table(given_rows(entity_rows, _WHAT), keys)  # record batches
    try:
        columns: dict[str, Sequence[Any]] = {n: [row[n] for row in entity_rows] for n in first}
        ragged = len(entity_rows) > 1 and any(len(row) != len(first) for row in entity_rows)
    except (KeyError, TypeError, IndexError):
        ragged = True
    if ragged:
        raise RequestError("entity rows do not all have the same columns", allowed=_ALLOWED)
    return columns


def _from_table(rows: GivenRows, keys: Mapping[str, FeatureType]) -> dict[str, Sequence[Any]]:
    return {
        name: _python_values(column, keys.get(name), exact_floats=rows.exact_floats)
        for name, column in rows.columns.items()
    }


def _python_values(
    column: Any, kind: FeatureType | None, *, exact_floats: bool = False
) -> Sequence[Any]:
    """Return the values of a column; those that do not fit the type of a key as they are."""
    if isinstance(column, list):
        return column
    if kind is not None:
        with suppress(DoesNotFit):
            column = typed(column, kind, exact_floats=exact_floats)
    return python_values(column)


def _check_keys(columns: Mapping[str, Any], keys: Mapping[str, FeatureType]) -> None:
    missing = [key for key in keys if key not in columns]
    if missing:
        raise RequestError.of(
            Problem(
                f"entity rows lack the join key {key!r}",
                got=f"columns: {listed(columns)}",
                allowed=listed(keys),
                fix=rename_close(key, columns) or f"add {key!r} to each row",
            )
            for key in missing
        )
