"""The online tables that have to be dropped some day, so that none is left over.

An apply notes the tables that it prepares in a document of the registry before it makes them, until
a catalog names them. A table that a failed apply left is given up by the next commit: the catalog
says that its generation is never to be used, after which nobody can commit it any more, and it is
dropped. A table that was replaced by one of another generation is noted too, and dropped when
nobody can be reading it any longer.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any
from uuid import uuid4

from provender.clock import Clock, to_us
from provender.errors import RegistryError
from provender.plugin.contract.online_store import OnlineTable
from provender.plugin.contract.registry import Document, Registry, update_document

_Entry = tuple[str, int, str, int]
"""View, generation, who prepares the table (empty: nobody), and until when it is kept (µs)."""
_LONGEST = 300_000_000
"""How long an apply may take until another one may give its tables up, in µs; it then has to be
done again, but loses nothing."""


class Preparing:
    """The note of tables that are being prepared, or were replaced, in one project.

    Args:
        project: The project.
        registry: Where the note is kept.
        clock: The present.
    """

    def __init__(self, project: str, registry: Registry, clock: Clock) -> None:
        self._project = project
        self._name = f"{project}/preparing"
        self._registry = registry
        self._clock = clock

    @contextmanager
    def noted(self, tables: Sequence[OnlineTable]) -> Iterator[None]:
        """Note tables while the block prepares and commits them.

        When the block fails the note stays, and says that nobody prepares them any longer.

        Raises:
            RegistryError: The registry cannot be read or written.
        """
        if not tables:
            yield
            return
        owner, until = uuid4().hex, to_us(self._clock()) + _LONGEST
        ours = [(table.view, table.generation, owner, until) for table in tables]
        self._change(lambda noted: [*(e for e in noted if e[2] != owner), *ours])
        try:
            yield
        except BaseException:
            self._abandon(owner)
            raise
        with suppress(RegistryError):  # the catalog names them: a note that stays does no harm
            self._change(lambda noted: [e for e in noted if e[2] != owner])

    def _abandon(self, owner: str) -> None:
        """Note that nobody prepares the tables of `owner` any longer."""
        with suppress(RegistryError):  # then they are given up when their time is over
            self._change(lambda noted: [(*e[:3], 0) if e[2] == owner else e for e in noted])

    def note(self, tables: Sequence[OnlineTable], until: int) -> None:
        """Note tables that are to be dropped after an instant (µs), unless a catalog names them.

        Raises:
            RegistryError: The registry cannot be read or written.
        """
        ours = {(table.view, table.generation): ("", until) for table in tables}
        new = [(*table, *kept) for table, kept in ours.items()]
        self._change(lambda noted: [*(e for e in noted if e[:2] not in ours), *new])

    def all(self) -> list[OnlineTable]:
        """Return every table that is noted.

        Raises:
            RegistryError: The registry cannot be read or the note is damaged.
        """
        return self._tables({entry[:2] for entry in self._read()})

    def left(self) -> list[OnlineTable]:
        """Return the tables that need not be kept any longer.

        Raises:
            RegistryError: The registry cannot be read or the note is damaged.
        """
        noted, now = self._read(), to_us(self._clock())
        alive = {entry[:2] for entry in noted if entry[3] > now}
        return self._tables({entry[:2] for entry in noted} - alive)

    def forget(self, tables: Sequence[OnlineTable]) -> None:
        """Remove tables from the note.

        Raises:
            RegistryError: The registry cannot be read or written.
        """
        gone = {(table.view, table.generation) for table in tables}
        if gone:
            self._change(lambda noted: [entry for entry in noted if entry[:2] not in gone])

    def _tables(self, found: Collection[tuple[str, int]]) -> list[OnlineTable]:
        return [OnlineTable(self._project, view, None, number) for view, number in sorted(found)]

    def _read(self) -> list[_Entry]:
        return self._decode(self._registry.read(self._name))

    def _decode(self, found: Document | None) -> list[_Entry]:
        import msgspec.json

        if found is None:
            return []
        try:
            return msgspec.json.decode(found.payload, type=list[_Entry])
        except msgspec.MsgspecError as error:
            fact = (
                f"the record of the tables being prepared in project {self._project!r} is damaged"
            )
            raise RegistryError(fact, got=str(error)) from error

    def _change(self, change: Callable[[list[_Entry]], list[_Entry]]) -> None:
        import msgspec.json

        def changed(found: Document | None) -> bytes | None:
            entries = change(self._decode(found))
            return msgspec.json.encode(entries) if entries else None

        update_document(self._registry, self._name, changed)


def is_named(table: OnlineTable, document: Mapping[str, Any]) -> bool:
    """Return whether a catalog document names an online table: it is read, or being filled."""
    filling = document["filling"].get(table.view)
    filled = filling is not None and filling["generation"] == table.generation
    return filled or is_read(table, document)


def is_read(table: OnlineTable, document: Mapping[str, Any]) -> bool:
    """Return whether online reads under a catalog document read a table."""
    view = document["views"].get(table.view)
    return bool(view and view["definition"]["online"] and view["generation"] == table.generation)


def is_given_up(table: OnlineTable, document: Mapping[str, Any]) -> bool:
    """Return whether no catalog that follows a document can ever name a table."""
    view = document["views"].get(table.view)
    generation = view["generation"] if view else 0
    newest = max(generation, document["retired"].get(table.view, 0))
    return newest > table.generation and not is_named(table, document)


def giving_up(tables: Sequence[OnlineTable], document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document by which tables that nobody reads are given up, and dropped."""
    retired, dropping = dict(document["retired"]), list(document["dropping"])
    filling = dict(document["filling"])
    for table in tables:
        if is_named(table, document) and not is_read(table, document):
            del filling[table.view]
        if not is_read(table, document):
            retired[table.view] = max(retired.get(table.view, 0), table.generation + 1)
            if [table.view, table.generation] not in dropping:
                dropping.append([table.view, table.generation])
    return {**document, "filling": filling, "retired": retired, "dropping": dropping}
