"""From entity rows and selected views to the plan of a point-in-time join, all checked first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from provender.clock import parse_instant, to_us
from provender.errors import (
    Problem,
    RequestError,
    did_you_mean,
    listed,
    rename_close,
    same_name,
    value_text,
)
from provender.names import repeated
from provender.plugin.contract.offline_store import OfflineStore
from provender.plugin.contract.plan import HistoricalPlan, Spine, TableSpine, ViewJoin
from provender.plugin.kit.arrow_cast import readable_as
from provender.types import FeatureType, UnixTimestamp, from_arrow

if TYPE_CHECKING:
    import pyarrow as pa


def plan_join(
    spine: Spine,
    schema: pa.Schema,
    joins: Sequence[ViewJoin],
    *,
    timestamp: str,
    known_at: int | str | None = None,
    where_created: bool = False,
) -> tuple[HistoricalPlan, Spine]:
    """Return the plan, and the spine with its keys in types that can be compared.

    Args:
        spine: The entity rows.
        schema: Their columns.
        joins: The views to join.
        timestamp: The column with the timestamp of each row.
        known_at: Rows of sources created after this instant (µs) do not exist; or the column with
            such an instant for each entity row.
        where_created: Whether `known_at` may be given though the source of a view has no created
            timestamp: all its rows exist then.

    Raises:
        RequestError: With everything that does not fit: a missing or mistyped timestamp or join
            key, names that collide.
    """
    problems = [*_names(schema, joins), *_timestamp(schema, timestamp)]
    if known_at is not None and not where_created:
        problems += _unknown_creation(joins)
    problems += _instants(schema, known_at) if isinstance(known_at, str) else []
    for key, (kind, views) in _keys(joins).items():
        problems += _key(schema, key, kind, views, spine)
    if problems:
        raise RequestError.of(problems)
    kinds = {key: kind for key, (kind, _) in _keys(joins).items()}
    plan = HistoricalPlan(timestamp, tuple(schema.names), tuple(joins), known_at, kinds)
    if isinstance(spine, TableSpine):
        spine = TableSpine(_comparable(spine.table, plan.instant_columns()))
    return plan, spine


def spine_types(joins: Sequence[ViewJoin], *instants: object) -> dict[str, FeatureType]:
    """Return the declared types of columns of the entity rows.

    Args:
        joins: The views to join.
        instants: The columns that hold timestamps; what is not text names none.
    """
    keys = {key: kind for key, (kind, _) in _keys(joins).items()}
    return {**keys, **{name: UnixTimestamp for name in instants if isinstance(name, str)}}


def known_instant(
    value: date | str | None, schema: pa.Schema, offline: OfflineStore
) -> int | str | None:
    """Return what `HistoricalPlan.known_at` says: an instant (µs), a column, or nothing.

    Args:
        value: An instant, also as text, or the name of a column of the entity rows.
        schema: The columns of the entity rows.
        offline: The store that will join them.

    Raises:
        RequestError: It is neither, or the store does not join by such a column.
    """
    if value is None or isinstance(value, date):
        return None if value is None else to_us(parse_instant(value))
    if isinstance(value, str) and value in schema.names:
        check_known_at(value, offline)
        return value
    try:
        return to_us(parse_instant(value))
    except RequestError as error:
        raise RequestError(
            "known_at is neither a timestamp nor a column of the entity rows",
            got=value_text(value),
            allowed=f"ISO 8601, such as 2026-01-31T12:00:00 (UTC), a datetime, or one of the "
            f"columns {listed(schema.names)}",
            fix=did_you_mean(str(value), schema.names),
        ) from error


def check_known_at(known_at: int | str | None, offline: OfflineStore) -> None:
    """Check that a store can join by the `known_at` of a plan.

    Raises:
        RequestError: It is a column, and the store takes one instant for all entity rows.
    """
    if isinstance(known_at, str) and not offline.known_at_columns:
        raise RequestError(
            "the offline store takes one timestamp for known_at, not a column",
            got=f"column {known_at!r} of the entity rows",
            fix="join the entity rows of each timestamp in a call of their own",
        )


def _keys(joins: Sequence[ViewJoin]) -> Mapping[str, tuple[FeatureType, list[str]]]:
    """Return the type of each join key in the spine and the views that need it."""
    keys: dict[str, tuple[FeatureType, list[str]]] = {}
    for join in joins:
        for name, column in zip(join.spine_keys, join.read.keys, strict=True):
            keys.setdefault(name, (column.type, []))[1].append(join.view)
    return keys


def _names(schema: pa.Schema, joins: Sequence[ViewJoin]) -> list[Problem]:
    problems = []
    twice = repeated(schema.names)
    if twice:
        problems.append(
            Problem("the entity rows have two columns of the same name", got=listed(twice))
        )
    for join in joins:
        for output, feature in zip(join.outputs, join.read.features, strict=True):
            if output in schema.names:
                problems.append(same_name(join.view, feature.name, output))
    return problems


def _unknown_creation(joins: Sequence[ViewJoin]) -> list[Problem]:
    """Return a problem for each view of which nobody knows when its rows were created."""
    fix = "name the column by created_timestamp_column=, or leave known_at out"
    return [
        Problem(
            f"known_at= was given, but the source of view {join.view!r} has no created timestamp",
            fix=fix,
        )
        for join in joins
        if join.read.created is None
    ]


def _timestamp(schema: pa.Schema, timestamp: str) -> list[Problem]:
    if timestamp not in schema.names:
        another = "name another by timestamp_field="
        fix = rename_close(timestamp, schema.names)
        fix = f"{fix}, or {another}" if fix else another
        fact = f"entity rows have no column {timestamp!r} with the timestamp of each row"
        return [Problem(fact, allowed=listed(schema.names), fix=fix)]
    return _instants(schema, timestamp)


def _instants(schema: pa.Schema, name: str) -> list[Problem]:
    """Return a problem when a column is not one of instants."""
    kind = schema.field(name).type
    if readable_as(kind, UnixTimestamp):
        return []
    fact = f"column {name!r} of the entity rows is not a timestamp"
    return [Problem(fact, got=str(kind), fix="convert it, for example with pandas.to_datetime")]


def _key(
    schema: pa.Schema, key: str, kind: FeatureType, views: Sequence[str], spine: Spine
) -> list[Problem]:
    if key not in schema.names:
        fact = f"entity rows lack the join key {key!r} of {listed(views)}"
        fix = rename_close(key, schema.names) or f"add a column {key!r}"
        return [Problem(fact, allowed=listed(schema.names), fix=fix)]
    stored = schema.field(key).type
    if readable_as(stored, kind):
        return []
    found = from_arrow(stored)
    floats = kind.name.startswith("Int") and found and found.name.startswith("Float")
    if floats and isinstance(spine, TableSpine) and _whole(spine.table.column(key)):
        return []
    fix = f"convert the column to {kind}"
    fix += " (pandas: astype('Int64') keeps missing values)" if floats else ""
    return [
        Problem(
            f"join key {key!r} of the entity rows is not of its type", str(stored), str(kind), fix
        )
    ]


def _whole(column: pa.ChunkedArray) -> bool:
    """Whether every value of a float column is a whole number that a float holds exactly.

    pandas turns integers with missing values into floats; such keys are taken as meant.
    """
    import pyarrow.compute as pc

    exact = pc.and_(pc.equal(pc.floor(column), column), pc.less(pc.abs(column), 2.0**53))
    return bool(pc.all(pc.or_(exact, pc.is_nan(column)), min_count=0).as_py())


def _comparable(table: pa.Table, instants: Sequence[str]) -> pa.Table:
    """Return the table with its instants as ``timestamp[us, UTC]``."""
    import pyarrow as pa

    from provender.plugin.kit.arrow_cast import cast_column

    for name in instants:
        place = table.schema.get_field_index(name)
        field = pa.field(name, pa.timestamp("us", "UTC"))
        column = table.column(place)
        if column.type != field.type:
            table = table.set_column(place, field, cast_column(column, field))
    return table
