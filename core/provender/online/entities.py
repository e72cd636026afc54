"""Entity rows of an online request: a list of dicts or a dict of lists, made into columns."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from provender.errors import Problem, RequestError, listed, rename_close, value_text

_ALLOWED = "a list of dicts such as [{'driver_id': 1001}], or a dict of lists"


def to_columns(entity_rows: Any, keys: Collection[str]) -> tuple[dict[str, Sequence[Any]], int]:
    """Return entity rows by column, and their number.

    Args:
        entity_rows: One dict per row, or one list per column. Without columns there is one row
            for each empty dict; no dict at all means one row, where no join key is needed.
        keys: The join keys that are needed; further columns are kept as they are.

    Raises:
        RequestError: The rows are of another kind, ragged, or lack a join key.
    """
    if type(entity_rows) is list:  # the usual case, told without a look at abstract classes
        columns = _from_rows(entity_rows, keys)
    elif entity_rows is None and not keys:
        columns = {}
    elif isinstance(entity_rows, Mapping):
        columns = _from_mapping(entity_rows)
    elif isinstance(entity_rows, Sequence) and not isinstance(entity_rows, str | bytes):
        columns = _from_rows(entity_rows, keys)
    else:
        raise RequestError(
            "the entity rows have an unsupported type",
            got=value_text(entity_rows),
            allowed=_ALLOWED,
        )
    _check_keys(columns, keys)
    if columns:
        return columns, len(next(iter(columns.values())))
    alone = entity_rows is None or isinstance(entity_rows, Mapping)
    return columns, 1 if alone else len(entity_rows)


def _from_mapping(entity_rows: Mapping[str, Any]) -> dict[str, Sequence[Any]]:
    columns: dict[str, Sequence[Any]] = {}
    for name, values in entity_rows.items():
        if isinstance(values, str | bytes) or not hasattr(values, "__len__"):
            raise RequestError(
                f"entity column {name!r} is not a list", got=value_text(values), allowed=_ALLOWED
            )
        columns[name] = values if isinstance(values, list) else list(values)
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        raise RequestError("the entity columns have different lengths", got=value_text(lengths))
    return columns


def _from_rows(entity_rows: Sequence[Any], keys: Collection[str]) -> dict[str, Sequence[Any]]:
    if not entity_rows:
        return {name: [] for name in keys}
    first = entity_rows[0]
    try:
        columns: dict[str, Sequence[Any]] = {n: [row[n] for row in entity_rows] for n in first}
        ragged = len(entity_rows) > 1 and any(len(row) != len(first) for row in entity_rows)
    except (KeyError, TypeError, IndexError):
        ragged = True
    if ragged:
        raise RequestError("entity rows do not all have the same columns", allowed=_ALLOWED)
    return columns


def _check_keys(columns: Mapping[str, Any], keys: Collection[str]) -> None:
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
