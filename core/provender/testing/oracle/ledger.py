"""The law of materialization: which rows the online store must hold after each run."""

from __future__ import annotations

import copy
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from provender.clock import to_us
from provender.plugin.contract.plan import CREATED_TIMESTAMP, EVENT_TIMESTAMP, SourceRead, Window
from provender.testing.oracle.difference import explain_unordered
from provender.testing.oracle.identity import identity, shown
from provender.testing.oracle.rows import Row
from provender.testing.oracle.window import key_identity, rows_in

Kept = Literal["copied", "lost", "none"]
"""What becomes of rows that are only online: they are copied, lost, or there are none."""
_Pair = tuple[int, bool, int]


@dataclass(frozen=True)
class _Moved:
    """A row that a run moved, or may have moved; `features` are those that it was moved with."""

    row: dict[str, Any]
    features: frozenset[str]
    turn: int
    must: bool


class LedgerOracle:
    """Follows the runs of one view and knows what has to be online after them.

    For each key the online row must be at least as new as the newest row that had to be moved,
    and has to be a row that was there to be moved, with the features that the view had then: a
    run may find more than it has to, it never loses, invents or goes back.

    The source's rows are always given in the order in which they arrived, for a late row is one
    that was not there when its time was moved.

    Args:
        read: The view's source and columns.
        ttl: The view's time to live in µs; None: for ever.
        lookback: The configured overlap in µs.
    """

    def __init__(self, read: SourceRead, ttl: int | None = None, lookback: int = 0) -> None:
        self._read = read
        self._ttl = ttl
        self._lookback = lookback
        self._turn = 0
        self._moved: list[_Moved] = []
        self._covered: list[tuple[int | None, int]] = []
        self._covered_with, self._covered_ttl = self._features, ttl
        self._created_seen: list[tuple[int, int]] = []
        self._served: dict[Hashable, Row] = {}
        self._pushed: set[int] = set()

    @property
    def _features(self) -> frozenset[str]:
        return frozenset(column.name for column in self._read.features)

    def copy(self) -> LedgerOracle:
        """Return an oracle that goes its own way from here."""
        twin = copy.copy(self)
        twin._moved, twin._covered = [*self._moved], [*self._covered]
        twin._created_seen, twin._served = [*self._created_seen], {**self._served}
        twin._pushed = {*self._pushed}
        return twin

    def materialize(self, rows: Sequence[Row], start: int, end: int, *, done: bool = True) -> None:
        """Follow ``materialize(start, end)``; both ends in µs.

        Args:
            rows: The source's rows, in the order in which they arrived.
            start: The first instant in µs.
            end: The last instant in µs.
            done: Whether it ended well; else nobody knows how far it came.
        """
        self._turn += 1
        for row in rows_in(self._read, Window(start, end), rows):
            self._move(row, must=done)
        if done:
            self._cover(rows, start, end)

    def materialize_incremental(self, rows: Sequence[Row], end: int, *, done: bool = True) -> None:
        """Follow ``materialize_incremental(end)``.

        What must be moved are the rows up to `end` and within the time to live that no run
        covered yet, and those that came late: created at or after the newest created timestamp
        that a run could see before they arrived (or nobody knows when), less `lookback`; or
        within `lookback` of where the ledger ended; or pushed.

        Args:
            rows: The source's rows, in the order in which they arrived.
            end: The last instant in µs.
            done: Whether it ended well; else nobody knows how far it came.
        """
        self._turn += 1
        floor = end - self._ttl if self._ttl else None
        for position, row in enumerate(rows):
            within = rows_in(self._read, Window(floor, end), [row])
            must = bool(within) and (not self._covers(within[0]) or self._late(position, within[0]))
            for found in rows_in(self._read, Window(None, end), [row]):
                self._move(found, must=done and must)
        if done:
            self._cover(rows, floor, end)
            later = {p for p in self._pushed if to_us(rows[p][self._read.timestamp]) > end}
            self._pushed = later

    def push(self, positions: Iterable[int]) -> None:
        """Follow a push into the source: however late its rows are, the next run moves them.

        Args:
            positions: Where the rows stand among the source's rows.
        """
        self._pushed.update(positions)

    def write(self, rows: Sequence[Row], *, done: bool = True) -> None:
        """Follow a write of rows straight into the online store.

        Args:
            rows: The rows, under the names that `rows_in` gives them.
            done: Whether it ended well; else nobody knows which of them were written.
        """
        self._turn += 1
        for row in rows:
            self._move(dict(row), must=done)

    def change(self, read: SourceRead, ttl: int | None) -> None:
        """Follow a change of the view.

        With other features, or a longer time to live, everything has to be moved again. What is
        online stays there until it is replaced.
        """
        self._read, self._ttl = read, ttl

    def sweep(self, before: int) -> None:
        """Follow a sweep: a row whose event is before an instant (µs) may be gone."""
        self._moved = [
            replace(moved, must=moved.must and _pair(moved.row)[0] >= before)
            for moved in self._moved
        ]
        served = self._served.items()
        self._served = {key: row for key, row in served if _pair(row)[0] >= before}

    def remove(self, position: int) -> None:
        """Follow a row that is taken out of the source: what was moved of it stays online.

        Args:
            position: Where it was among the source's rows.
        """
        seen = self._created_seen
        self._created_seen = [(count - (position < count), newest) for count, newest in seen]
        self._pushed = {p - (p > position) for p in self._pushed if p != position}

    def rebuild(self, rows: Sequence[Row], end: int, now: int, kept: Kept) -> None:
        """Follow a rebuild: online is what the source has up to an instant, and what was kept.

        Args:
            rows: The source's rows, in the order in which they arrived.
            end: The last instant in µs.
            now: The present in µs: what is too old by then is not kept.
            kept: What became of the rows that were only online.
        """
        self._turn += 1
        floor = end - self._ttl if self._ttl else None
        if self._ttl:
            self.sweep(now - self._ttl)
        before = [replace(moved, must=False) for moved in self._moved]
        oldest = now - self._ttl if self._ttl else 0
        self._moved = [m for m in before if kept == "copied" and _pair(m.row)[0] >= oldest]
        self._served = {} if kept == "lost" else self._served
        for row in rows_in(self._read, Window(floor, end), rows):
            self._move(row, must=True)
        self._covered, self._created_seen = [], []
        self._cover(rows, floor, end)
        self._pushed = {p for p in self._pushed if to_us(rows[p][self._read.timestamp]) > end}

    def repair(
        self, rows: Sequence[Row], keys: Sequence[Row], end: int, *, done: bool = True
    ) -> None:
        """Follow a repair: online, some keys have the newest rows of the source, or none.

        Rows after the end are moved by the next run, whatever it has covered.

        Args:
            rows: The source's rows, in the order in which they arrived.
            keys: The keys.
            end: The last instant in µs.
            done: Whether it ended well; else nobody knows how far it came.
        """
        self.forget(keys, done=done)
        asked = {self._key(key) for key in keys}
        floor = end - self._ttl if self._ttl else None
        for position, row in enumerate(rows):
            for found in rows_in(self._read, Window(None, None), [row]):
                event = to_us(found[EVENT_TIMESTAMP])
                if self._key(found) not in asked:
                    continue
                if event > end:
                    self._pushed.add(position)
                elif floor is None or event >= floor:
                    self._move(found, must=done)

    def forget(self, keys: Sequence[Row], *, done: bool = True) -> None:
        """Follow the erasure of some keys.

        Args:
            keys: The keys.
            done: Whether it ended well; else nobody knows which of them are gone.
        """
        self._turn += 1
        asked = {self._key(key) for key in keys}
        ours = [moved for moved in self._moved if self._key(moved.row) in asked]
        self._moved = [moved for moved in self._moved if moved not in ours]
        if not done:
            self._moved += [replace(moved, must=False) for moved in ours]
        self._served = {k: row for k, row in self._served.items() if k not in asked}

    def serve(self, online: Sequence[Row]) -> None:
        """Note what was seen online: it stays, and nothing older may ever be seen again."""
        self._served.update((self._key(row), row) for row in online)

    def explain(self, online: Sequence[Row]) -> str | None:
        """Return what is wrong with the rows of the online store; None when nothing is.

        Args:
            online: One row per key that is online: the keys, the features that it has, and
                ``__event_timestamp``, and ``__created_timestamp`` where it is known.
        """
        stored = {self._key(row): row for row in online}
        if len(stored) < len(online):
            return "a key is online more than once"
        lost = self._lost(stored)
        invented = [row for row in online if not self._is_one_of(row)]
        if not lost and not invented:
            return None
        got = [stored[k] for k in map(self._key, lost) if k in stored]
        got += [row for row in invented if row not in got]
        named = set(online[0]) if online else set(lost[0])
        slim = [{c: v for c, v in row.items() if c in named} for row in lost]
        return "the online store is not what the ledger promises\n" + (
            explain_unordered(slim, got) or f"  {', '.join(map(shown, got))}"
        )

    def expected(self) -> list[dict[str, Any]]:
        """Return the newest row of each key that has to be online, as `latest` gives rows."""
        return list(self._newest().values())

    def _move(self, row: dict[str, Any], *, must: bool) -> None:
        if None not in [row[column.name] for column in self._read.keys]:
            self._moved.append(_Moved(row, self._features, self._turn, must))

    def _cover(self, rows: Sequence[Row], start: int | None, end: int) -> None:
        if not self._counts():
            self._covered, self._created_seen = [], []
        self._covered_with, self._covered_ttl = self._features, self._ttl
        self._covered.append((start, end))
        there = rows_in(self._read, Window(None, end), rows)
        created = [to_us(row[CREATED_TIMESTAMP]) for row in there if row[CREATED_TIMESTAMP]]
        if created:
            self._created_seen.append((len(rows), max(created)))

    def _counts(self) -> bool:
        """Whether what was covered counts: for these features, and no shorter time to live."""
        ttl, before = self._ttl, self._covered_ttl
        longer = bool(before) and (not ttl or ttl > (before or 0))
        return self._covered_with == self._features and not longer

    def _covers(self, row: Row) -> bool:
        event = to_us(row[EVENT_TIMESTAMP])
        return self._counts() and any(
            (start is None or start <= event) and event <= end for start, end in self._covered
        )

    def _late(self, position: int, row: Row) -> bool:
        """Whether a row of a covered stretch has to be found all the same."""
        if position in self._pushed:
            return True
        if self._read.created is not None:
            created = row[CREATED_TIMESTAMP]
            seen = [newest for count, newest in self._created_seen if count <= position]
            if not seen or created is None or to_us(created) >= max(seen) - self._lookback:
                return True
        reached = max(end for _, end in self._covered)
        return bool(to_us(row[EVENT_TIMESTAMP]) >= reached - self._lookback)

    def _newest(self) -> dict[Hashable, dict[str, Any]]:
        newest: dict[Hashable, dict[str, Any]] = {}
        for row in (moved.row for moved in self._moved if moved.must):
            key = self._key(row)
            if key not in newest or _pair(row) >= _pair(newest[key]):
                newest[key] = row
        return newest

    def _lost(self, stored: dict[Hashable, Row]) -> list[Row]:
        """Return the rows that had to be online, or were, and for which there is an older one."""
        return [
            row
            for key, row in [*self._newest().items(), *self._served.items()]
            if key not in stored
            or _pair(stored[key])[0] < _pair(row)[0]
            or (CREATED_TIMESTAMP in stored[key] and _pair(stored[key]) < _pair(row))
        ]

    def _is_one_of(self, row: Row) -> bool:
        """Whether a row that is online was moved, with just the features that it has.

        Of equal pairs the later written stays, so runs before the last that had to move it do
        not count.
        """
        same = list(self._same_pair(row))
        since = max((moved.turn for moved in same if moved.must), default=0)
        has = self._features.intersection(row)
        values = {column: identity(value) for column, value in row.items()}
        return any(
            moved.turn >= since
            and moved.features & self._features == has
            and {column: identity(moved.row[column]) for column in row} == values
            for moved in same
        )

    def _same_pair(self, row: Row) -> Iterator[_Moved]:
        known = CREATED_TIMESTAMP in row
        for moved in self._moved:
            ours, theirs = _pair(moved.row), _pair(row)
            equal = ours == theirs if known else ours[0] == theirs[0]
            if equal and self._key(moved.row) == self._key(row):
                yield moved

    def _key(self, row: Row) -> Hashable:
        return key_identity(self._read, row)


def _pair(row: Row) -> _Pair:
    created = row.get(CREATED_TIMESTAMP)
    return to_us(row[EVENT_TIMESTAMP]), created is not None, to_us(created) if created else 0
