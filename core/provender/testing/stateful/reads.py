"""What a feature store returns in a story, compared with the oracle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from provender.clock import EPOCH, from_us, to_us
from provender.online.keys import KeyCodec
from provender.plugin.contract.online_store import NO_CREATED_TIMESTAMP, OnlineTable
from provender.plugin.contract.plan import CREATED_TIMESTAMP, EVENT_TIMESTAMP
from provender.store import FeatureStore
from provender.tables.ledger import table_document
from provender.tables.preparing import Preparing
from provender.testing.oracle.difference import explain_join
from provender.testing.oracle.identity import identity, shown
from provender.testing.oracle.online import status
from provender.testing.oracle.rows import rows_of, table_of
from provender.testing.stateful.oracle import QUERY, StoryOracle
from provender.testing.stateful.scenario import VIEW, Definition, Scenario
from provender.types import String, UnixTimestamp

if TYPE_CHECKING:
    from datetime import datetime

    import pyarrow as pa


class StoryClock:
    """A clock that is moved by the story."""

    def __init__(self, now: int) -> None:
        self.now = now
        self._aside = False

    def __call__(self) -> datetime:
        """Return the present."""
        return EPOCH if self._aside else from_us(self.now)

    def __enter__(self) -> None:
        """Be at 1970 for a while: then no row is too old, and all that is stored is served."""
        self._aside = True

    def __exit__(self, *error: object) -> None:
        self._aside = False


def asked_keys(shape: Scenario) -> list[tuple[str | None, ...]]:
    """Return the keys that are looked at: all of the story, one that is missing, one null."""
    return [*shape.keys, ("none",) * shape.parts, (None,) * shape.parts]


def stored_rows(
    store: FeatureStore, clock: StoryClock, shape: Scenario, definition: Definition
) -> list[dict[str, Any]]:
    """Return what is stored online, as the oracle of the ledger takes it."""
    with clock:
        answer = read_online(store, shape, definition)
    rows = []
    for position, key in enumerate(asked_keys(shape)):
        event = answer["v__ts"][position]
        if event is None:
            continue
        row = dict(zip(shape.names, key, strict=True))
        for name in definition.features:
            if answer[f"{name}__status"][position] != "NOT_FOUND":
                row[name] = answer[name][position]
        rows.append(row | {EVENT_TIMESTAMP: event, CREATED_TIMESTAMP: _created(store, key)})
    return rows


def read_online(store: FeatureStore, shape: Scenario, definition: Definition) -> dict[str, Any]:
    """Return the view's features of all `asked_keys`, with timestamps and statuses."""
    columns = dict(zip(shape.names, zip(*asked_keys(shape), strict=True), strict=True))
    entities = {name: list(values) for name, values in columns.items()}
    references = [f"{VIEW}:{name}" for name in definition.features]
    response = store.get_online_features(references, entities)
    return response.to_dict(include_event_timestamps=True, include_statuses=True)


def explain_serving(
    store: FeatureStore,
    clock: StoryClock,
    shape: Scenario,
    definition: Definition,
    stored: Sequence[dict[str, Any]],
) -> str | None:
    """Return where what is served now is not what is stored, or has another status."""
    answer = read_online(store, shape, definition)
    by_key = {tuple(row[name] for name in shape.names): row for row in stored}
    for position, key in enumerate(asked_keys(shape)):
        row = by_key.get(key, {})
        event = to_us(row[EVENT_TIMESTAMP]) if row else None
        for name in definition.features:
            expected = status(
                row.get(name),
                found=bool(row),
                event_us=event,
                ttl_us=definition.ttl,
                now_us=clock.now,
            )
            if name not in row and expected == "NULL_VALUE":
                expected = "NOT_FOUND"
            value = row.get(name) if expected == "PRESENT" else None
            got = answer[name][position], answer[f"{name}__status"][position]
            if (identity(got[0]), got[1]) != (identity(value), expected):
                return f"{name} of {key}: {shown(value)} {expected} is right, not {got}"
    return None


def explain_history(
    store: FeatureStore,
    oracle: StoryOracle,
    spine: Sequence[dict[str, Any]],
    known_at: int | None = None,
) -> str | None:
    """Return where a point-in-time read of the whole view disagrees with the oracle."""
    references = [f"{VIEW}:{name}" for name in oracle.definition.features]
    known = None if known_at is None else from_us(known_at)
    table = _spine_table(oracle.shape, spine)
    job = store.get_historical_features(table, references, known_at=known, timestamp_field=QUERY)
    return explain_join(oracle.historical(spine, known_at), rows_of(job.to_arrow()))


def source_rows(store: FeatureStore, oracle: StoryOracle) -> list[int]:
    """Return the serial numbers of the rows that are in the source, ascending."""
    from provender.plugin import Window, reading

    read = oracle.shape.read(replace(oracle.definition, features=("v",)))
    with reading(store.stores.offline.rows(read, Window())) as reader:
        return sorted(row["v"] for row in rows_of(reader))


def left_over(store: FeatureStore) -> list[str]:
    """Return what there is of tables of the view that nobody reads."""
    catalog, registry = store.refresh(), store.stores.registry
    project, table = catalog.project, catalog.view(VIEW).table
    found = [f"announced: {name}" for name in catalog.document["filling"]]
    found += [f"noted: {t.name}" for t in Preparing(project, registry, store.stores.clock).all()]
    for part in ("ledger", "tasks", "removed"):
        others = set(registry.names(f"{project}/{part}/")) - {table_document(part, table)}
        found += [f"recorded: {name}" for name in sorted(others)]
    before = [OnlineTable(project, VIEW, None, number) for number in range(table.generation)]
    return found + [f"rows in {t.name}" for t in before if store.stores.online.count(t)]


def _spine_table(shape: Scenario, spine: Sequence[dict[str, Any]]) -> pa.Table:
    import pyarrow as pa

    fields = [(name, String.arrow()) for name in shape.names]
    return table_of(spine, pa.schema([*fields, (QUERY, UnixTimestamp.arrow())]))


def _created(store: FeatureStore, key: tuple[str | None, ...]) -> datetime | None:
    """Return the created timestamp of a stored row, which no response shows."""
    view = store.catalog.view(VIEW)
    codec = KeyCodec([(part.name, part.type) for part in view.keys])
    values = {part.name: [value] for part, value in zip(view.keys, key, strict=True)}
    (encoded,) = codec.encode_values(values, 1)
    assert encoded is not None
    (row,) = store.stores.online.read(view.table, [encoded])
    assert row is not None
    return None if row[2] == NO_CREATED_TIMESTAMP else from_us(row[2])
