"""`TableRepair`: online rows of one table, made equal to those that the offline store has.

Newest wins, so that a run never takes back what was wrong once: a row that is in the source no
longer, or is an older one there now. A repair does. It looks at the online rows first and at the
offline store after that, so that a row which is in both is found in both. What comes online later
is another row than the one that was seen:

- A row that is missing online, is older, or has other values at the same instant is written as
  any other: a newer one that came meanwhile stays.
- A row that is newer online is replaced by a compare-and-swap. When it is another one by then, its
  key is looked at once more; what came meanwhile and is newer than the offline row stays.
- A row without an offline row is deleted, if it is still the same one just before. No store
  compares what it deletes, so that a row which comes between these two requests is lost. The same
  holds for a row that is newer online in a store that cannot swap: it is deleted, and then the
  offline row is written; a reader may find none in between.

A run that has read the source before it was mended may write the old row again after the repair.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from provender.catalog.view import CatalogView
from provender.clock import to_us
from provender.errors import StoreError
from provender.materialize.moving import RowEncoder
from provender.offline.planner import plan_join
from provender.plugin.contract.online_store import OnlineRow
from provender.plugin.contract.plan import Column, TableSpine, ViewJoin, read_schema
from provender.plugin.kit.readers import reading
from provender.project_context import ProjectContext
from provender.repair.entities import encoded_keys
from provender.types import UnixTimestamp

if TYPE_CHECKING:
    import pyarrow as pa

Counts = Counter[str]
"""How many entities came to what, by the attributes of `RepairReport`."""
Seen = OnlineRow | None

_PORTION = 10_000
"""The most entities that are looked at together."""
_LOOKS = 5
"""How often an entity is looked at whose online row changes each time."""
_ASKED, _EVENT, _CREATED = "asked", "event", "created"


class TableRepair:
    """Repairs rows of one table.

    Args:
        project: The project.
        view: The view, in the generation of the table.
        end: The last event timestamp that counts (µs); None: that of the moment.
    """

    def __init__(self, project: ProjectContext, view: CatalogView, end: int | None) -> None:
        stores = project.stores
        self._clock = project.clock
        self._offline, self._online = stores.offline, stores.online
        self._view, self._table, self._end = view, view.table, end
        self._swaps = "swap" in stores.plugins.store_type("online").capabilities
        self._portion = min(_PORTION, project.config.materialization.batch_rows)
        self._encode = RowEncoder(view, project.functions)
        self._counts = Counts()

    def repair(self, keys: pa.Table) -> Counts:
        """Repair the rows of some entities, each given once, and return what came of them.

        Raises:
            SourceError: The rows cannot be read.
            StoreError: A store failed; some rows may be repaired.
        """
        self._online.prepare([self._table])
        for start in range(0, keys.num_rows, self._portion):
            self._repair(keys.slice(start, self._portion))
        return self._counts

    def _repair(self, keys: pa.Table) -> None:
        """Repair a portion; those whose online row changed meanwhile are looked at again."""
        first: dict[bytes, Seen] = {}
        for _ in range(_LOOKS):
            encoded = encoded_keys(self._view, keys)
            online = dict(zip(encoded, self._online.read(self._table, encoded), strict=True))
            changed = self._equalized(online, self._wanted(keys), {**online, **first})
            if not changed:
                return
            first = {**online, **first}
            keys = keys.take([place for place, key in enumerate(encoded) if key in changed])
        raise StoreError(
            f"rows of feature view {self._view.name!r} changed each time they were repaired",
            got=f"{keys.num_rows} of them, {_LOOKS} times",
            fix="repair them again when nobody writes them",
        )

    def _wanted(self, keys: pa.Table) -> dict[bytes, OnlineRow]:
        """Return the rows that the offline store has of some entities, by their online keys."""
        import pyarrow as pa

        names = [f"key_{place}" for place in range(keys.num_columns)]
        end = to_us(self._clock()) if self._end is None else self._end
        asked = pa.repeat(pa.scalar(end, UnixTimestamp.arrow()), keys.num_rows)
        spine = pa.table([*keys.columns, asked], names=[*names, _ASKED])
        join = _join(self._view, names)
        plan, rows = plan_join(TableSpine(spine), spine.schema, [join], timestamp=_ASKED)
        with reading(self._offline.historical(plan, rows)) as reader:
            found = reader.read_all().combine_chunks()
        there = found.filter(found.column(_EVENT).is_valid())
        event = there.column(_EVENT)
        created = there.column(_CREATED) if _CREATED in join.outputs else None
        columns = [
            event,
            pa.nulls(len(event), event.type) if created is None else created,
            *(there.column(name) for name in names),
            *(there.column(name) for name in join.outputs[: len(self._view.features)]),
        ]
        batch = pa.table(columns, schema=read_schema(self._view.read()))
        return {row[0]: row for part in batch.to_batches() for row in self._encode(part)}

    def _equalized(
        self,
        online: Mapping[bytes, Seen],
        wanted: Mapping[bytes, OnlineRow],
        first: Mapping[bytes, Seen],
    ) -> set[bytes]:
        """Make rows equal, and return the keys whose online row was another one by then.

        Args:
            online: The row of each key as it was seen just before the offline store was read.
            wanted: The offline rows.
            first: The row of each key as it was seen at first.
        """
        new: list[OnlineRow] = []
        older: list[tuple[OnlineRow, OnlineRow]] = []
        gone: list[OnlineRow] = []
        for key, stored in online.items():
            row = wanted.get(key)
            if stored == row:
                self._counts["equal"] += 1
            elif row is not None and (stored is None or stored[1:3] <= row[1:3]):
                new.append(row)
            elif stored is None or stored != first[key]:
                self._counts["kept"] += 1
            elif row is None:
                gone.append(stored)
            else:
                older.append((stored, row))
        replace_rows = self._swap if self._swaps else self._delete_and_write
        changed = self._delete(gone, "deleted") | replace_rows(older)
        self._write(new, "written")
        return changed

    def _delete(self, rows: Sequence[OnlineRow], what: str | None = None) -> set[bytes]:
        """Delete rows that are still the same, and return the keys of the others."""
        if not rows:
            return set()
        seen = self._online.read(self._table, [row[0] for row in rows])
        same = [row[0] for row, now in zip(rows, seen, strict=True) if row == now]
        self._online.delete(self._table, same)
        if what is not None:
            self._counts[what] += len(same)
        return {row[0] for row in rows}.difference(same)

    def _swap(self, rows: Sequence[tuple[OnlineRow, OnlineRow]]) -> set[bytes]:
        """Replace rows that are still the same, and return the keys of the others."""
        changed = set()
        for stored, row in rows:
            if self._online.swap(self._table, row[0], stored, row):
                self._counts["replaced"] += 1
            else:
                changed.add(row[0])
        return changed

    def _delete_and_write(self, rows: Sequence[tuple[OnlineRow, OnlineRow]]) -> set[bytes]:
        """Do what `_swap` does, for a store that cannot swap."""
        changed = self._delete([stored for stored, _ in rows])
        self._write([row for _, row in rows if row[0] not in changed], "replaced")
        return changed

    def _write(self, rows: Sequence[OnlineRow], what: str) -> None:
        kept_back = (self._online.write(self._table, rows) or 0) if rows else 0
        self._counts[what] += len(rows) - kept_back
        self._counts["kept"] += kept_back


def _join(view: CatalogView, keys: Sequence[str]) -> ViewJoin:
    """Return the join that gives the offline row of each entity, with its timestamps.

    They come last: of the rows of one instant, the features decide which one is the newest.

    Args:
        view: The view.
        keys: The column of the entity rows for each of its join keys.
    """
    read = view.read()
    instants = {_EVENT: read.timestamp, **({_CREATED: read.created} if read.created else {})}
    extra = [Column(source, name, UnixTimestamp) for name, source in instants.items()]
    features = tuple(f"feature_{place}" for place in range(len(read.features)))
    read = replace(read, features=(*read.features, *extra))
    return ViewJoin(view.name, read, tuple(keys), (*features, *instants), view.view.ttl_us)
