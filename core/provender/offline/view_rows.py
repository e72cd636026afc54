"""`ViewRows`: the rows of one view, without entity rows to join them to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal, get_args

from provender.clock import from_us
from provender.errors import RequestError, listed, shortened, value_text
from provender.offline.planner import plan_join
from provender.offline.result import Result
from provender.plugin.contract.offline_store import OfflineStore
from provender.plugin.contract.plan import (
    EVENT_TIMESTAMP,
    SourceRead,
    TableSpine,
    ViewJoin,
    Window,
)
from provender.plugin.kit.readers import reader_of, reading

if TYPE_CHECKING:
    import pyarrow as pa

Mode = Literal["events", "snapshot", "ranges"]
"""Every row; the newest of each entity as of an instant; or from when to when each row held."""
EVENT: Final = "event_timestamp"
VALID_FROM, VALID_TO = "valid_from", "valid_to"


class ViewRows(Result):
    """The rows of one view within a window of time, the same in every store.

    ``events``: each row with its event timestamp, also of those that a later created one replaced.
    ``snapshot``: the newest row of each entity as of the window's end, none older than the ttl; the
    row that a join at that instant finds. ``ranges``: for each instant at which an entity has a
    row, the values that hold from then on (as a join finds them) in ``[valid_from, valid_to)``:
    until the entity's next row within the window, at most for the ttl, both of whose ends count;
    null: nothing ends it. Snapshots are sorted by entity, ranges by entity and time; events have no
    order.

    Args:
        store: The offline store.
        view: The view's name.
        read: Its source and columns.
        window: The first and last instant, and what is known.
        mode: See above.
        ttl: How long a row is valid in µs; None or 0: for ever.

    Raises:
        RequestError: There is no such mode, a column of the result would have the name of a
            feature, or `known_at` is asked of a source without a created timestamp.
    """

    def __init__(
        self,
        store: OfflineStore,
        view: str,
        read: SourceRead,
        window: Window,
        mode: Mode,
        ttl: int | None,
    ) -> None:
        _check(view, read, window, mode)
        self._store = store
        self._view = view
        self._read = read
        self._window = window
        self._mode = mode
        self._ttl = ttl or None

    def __repr__(self) -> str:
        columns = (*self._read.keys, *self._read.features)
        names = shortened(column.name for column in columns)
        ends = [
            f" {word} {from_us(at).isoformat()}"
            for word, at in (("from", self._window.start), ("to", self._window.end))
            if at is not None
        ]
        return f"<ViewRows of {self._view!r}, {self._mode}{''.join(ends)}: {names}; not read yet>"

    def _run(self) -> pa.RecordBatchReader:
        if self._mode == "ranges":
            return self._ranges().to_reader()
        if self._mode == "events":
            return _named(self._store.rows(self._read, self._window))
        with reading(_named(self._store.latest(self._read, self._within_ttl()))) as reader:
            latest = reader.read_all()
        return _sorted(latest, self._keys).to_reader()

    @property
    def _keys(self) -> list[str]:
        return [column.name for column in self._read.keys]

    def _within_ttl(self) -> Window:
        """Return the window without the rows that are too old at its end."""
        window = self._window
        if self._ttl is None or window.end is None:
            return window
        oldest = window.end - self._ttl
        start = oldest if window.start is None else max(window.start, oldest)
        return replace(window, start=start)

    def _ranges(self) -> pa.Table:
        keys = self._keys
        spine = self._instants(keys)
        outputs = tuple(column.name for column in self._read.features)
        join = ViewJoin(self._view, self._read, tuple(keys), outputs, self._ttl)
        plan, rows = plan_join(
            TableSpine(spine),
            spine.schema,
            [join],
            timestamp=VALID_FROM,
            known_at=self._window.known_at,
        )
        with reading(self._store.historical(plan, rows)) as reader:
            found = reader.read_all()
        place = found.schema.get_field_index(VALID_FROM) + 1
        return found.add_column(place, VALID_TO, _ends(spine, keys, self._ttl))

    def _instants(self, keys: Sequence[str]) -> pa.Table:
        """Return each instant at which an entity has a row, once, by entity and time."""
        import pyarrow.compute as pc

        bare = replace(self._read, features=())
        with reading(self._store.rows(bare, self._window)) as reader:
            found = reader.read_all()
        found = found.rename_columns([VALID_FROM, *found.column_names[1:]]).select(
            [*keys, VALID_FROM]
        )
        there = pc.is_valid(found.column(VALID_FROM))
        for key in keys:
            there = pc.and_(there, pc.is_valid(found.column(key)))
        given = found.filter(there)
        distinct = _plain(given).group_by([*keys, VALID_FROM]).aggregate([])
        return _sorted(distinct.cast(given.schema), [*keys, VALID_FROM])


def _check(view: str, read: SourceRead, window: Window, mode: str) -> None:
    if not isinstance(mode, str) or mode not in get_args(Mode):
        raise RequestError("unknown mode", got=value_text(mode), allowed=listed(get_args(Mode)))
    if window.known_at is not None and read.created is None:
        raise RequestError(
            f"known_at= was given, but the source of view {view!r} has no created timestamp",
            fix="name the column by created_timestamp_column=, or leave known_at out",
        )
    own = (VALID_FROM, VALID_TO) if mode == "ranges" else (EVENT,)
    names = {column.name for column in (*read.keys, *read.features)}
    if clash := names & set(own):
        raise RequestError(
            "a column of the result would have the name of a feature",
            got=listed(sorted(clash)),
            fix="request only the other features, or rename it with field_mapping=",
        )


def _named(reader: pa.RecordBatchReader) -> pa.RecordBatchReader:
    """Return rows with the event timestamp under its name and without the created one."""
    import pyarrow as pa

    fields = list(reader.schema)
    schema = pa.schema([pa.field(EVENT, fields[0].type), *fields[2:]])
    assert fields[0].name == EVENT_TIMESTAMP  # noqa: S101 - as `read_schema` says

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in reader:
            columns = [batch.column(0), *batch.columns[2:]]
            yield pa.RecordBatch.from_arrays(columns, schema=schema)

    return reader_of(schema, batches(), reader)


def _sorted(table: pa.Table, names: Sequence[str]) -> pa.Table:
    """Return rows in the order of some columns."""
    import pyarrow.compute as pc

    if not names:
        return table
    plain = _plain(table.select(names))
    return table.take(pc.sort_indices(plain, [(name, "ascending") for name in names]))


def _plain(table: pa.Table) -> pa.Table:
    """Return a table with extension types as their storage: Arrow cannot compare them."""
    import pyarrow as pa

    kinds = [getattr(field.type, "storage_type", field.type) for field in table.schema]
    return table.cast(pa.schema(zip(table.column_names, kinds, strict=True)))


def _ends(spine: pa.Table, keys: Sequence[str], ttl: int | None) -> pa.ChunkedArray:
    """Return the end of each range: the next instant of the entity, or when the ttl is over."""
    import pyarrow as pa
    import pyarrow.compute as pc

    begins = spine.column(VALID_FROM).combine_chunks().cast(pa.int64())
    count = len(begins)
    same = pa.array([True] * max(count - 1, 0), pa.bool_())
    plain = _plain(spine.select(keys))
    for key in keys:
        column = plain.column(key).combine_chunks()
        same = pc.and_(same, pc.equal(column.slice(0, max(count - 1, 0)), column.slice(1)))
    following = pc.if_else(same, begins.slice(1), pa.scalar(None, pa.int64()))
    ends = pa.concat_arrays([following, pa.nulls(min(count, 1), pa.int64())])
    if ttl is not None:
        ends = pc.min_element_wise(ends, pc.add(begins, ttl + 1))
    return ends.cast(pa.timestamp("us", "UTC"))
