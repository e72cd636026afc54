"""On-demand features in training rows: computed batch by batch, as the joined rows come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from provender.errors import Problem, RequestError, listed, rename_close, same_name
from provender.plugin.contract.plan import ParquetSpine, Spine, TableSpine
from provender.plugin.kit.arrow_cast import readable_as
from provender.plugin.kit.parquet_spine import parquet_rows
from provender.plugin.kit.readers import reader_of
from provender.tabular.typed_column import DoesNotFit, entity_misfit, typed
from provender.transforms.step import Step
from provender.types import FeatureType

if TYPE_CHECKING:
    import pyarrow as pa


def check_requests(schema: pa.Schema, steps: Sequence[Step]) -> None:
    """Check that entity rows have the columns of request sources, and none named as a feature.

    Raises:
        RequestError: With every column that is missing, of another type, or named as a feature.
    """
    wanted: dict[str, tuple[FeatureType, str]] = {}
    for step in steps:
        for name, kind in step.requests.items():
            wanted.setdefault(name, (kind, step.transformation.view))
    problems = [
        problem
        for name, (kind, view) in wanted.items()
        for problem in _request(schema, name, kind, view)
    ]
    problems += [
        same_name(step.name, feature, output)
        for step in steps
        for feature, output in step.outputs.items()
        if output in schema.names
    ]
    if problems:
        raise RequestError.of(problems)


def bare_rows(spine: Spine) -> pa.RecordBatchReader:
    """Return entity rows to which nothing is joined: only request data are computed with.

    Raises:
        RequestError: They are the result of a query, or cannot be read.
    """
    if isinstance(spine, TableSpine):
        return spine.table.to_reader()
    if isinstance(spine, ParquetSpine):
        return parquet_rows(spine).to_reader()
    raise RequestError(
        "the entity rows are given as SQL, and no feature of a feature view is requested",
        fix="give them as a table, or request a feature of a feature view too",
    )


def _request(schema: pa.Schema, name: str, kind: FeatureType, view: str) -> list[Problem]:
    if name not in schema.names:
        fact = f"entity rows lack the column {name!r} of on-demand feature view {view!r}"
        fix = rename_close(name, schema.names) or f"add a column {name!r} of type {kind}"
        return [Problem(fact, allowed=listed(schema.names), fix=fix)]
    stored = schema.field(name).type
    if readable_as(stored, kind):
        return []
    fact = f"column {name!r} of the entity rows is not what view {view!r} computes with"
    return [Problem(fact, str(stored), str(kind), f"convert the column to {kind}")]


def with_computed(
    reader: pa.RecordBatchReader,
    steps: Sequence[Step],
    columns: Sequence[str],
    *,
    keys: Mapping[str, FeatureType],
) -> pa.RecordBatchReader:
    """Return joined rows with the features that are computed of them.

    Args:
        reader: The joined rows: the columns of the entity rows, and what was read.
        steps: What is computed.
        columns: The columns of the result, in their order.
        keys: The types of the join keys, which the entity rows may have in another one.
    """
    import pyarrow as pa

    kinds = {field.name: field.type for field in reader.schema}
    for step in steps:
        outputs = zip(step.outputs.values(), step.types, strict=True)
        kinds.update({name: kind.arrow() for name, kind in outputs})
    schema = pa.schema([pa.field(name, kinds[name]) for name in columns])

    def batches() -> Iterator[pa.RecordBatch]:
        first = 0
        for batch in reader:
            found = _computed(batch, steps, keys, first)
            yield pa.RecordBatch.from_arrays([found[name] for name in columns], schema=schema)
            first += batch.num_rows

    return reader_of(schema, batches(), reader)


def _computed(
    batch: pa.RecordBatch, steps: Sequence[Step], keys: Mapping[str, FeatureType], first: int
) -> dict[str, pa.Array]:
    found = dict(zip(batch.schema.names, batch.columns, strict=True))
    typed_keys = {name: _as(found, name, kind, first) for name, kind in keys.items()}
    for step in steps:
        sent = {name: _as(found, name, kind, first) for name, kind in step.requests.items()}
        given = {**found, **sent, **typed_keys}
        outputs = step.outputs.values()
        found |= dict(zip(outputs, step.run(given, batch.num_rows, first), strict=True))
    return found


def _as(found: Mapping[str, pa.Array], name: str, kind: FeatureType, first: int) -> pa.Array:
    """Return a column of the entity rows as the type that it is declared to have."""
    try:
        return typed(found[name], kind, exact_floats=True)
    except DoesNotFit as error:
        raise entity_misfit(name, error, kind, first) from error
