"""`Destination`: where a store writes a result itself, without sending it to the client."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Destination:
    """A place for the result of a join that its store itself can write.

    Attributes:
        kind: One of the store's `OfflineStore.destinations`, such as ``bigquery``.
        name: The place as that kind names it: a table, or a URL.
        replace: Whether existing data is replaced; otherwise it is an error.
    """

    kind: str
    name: str
    replace: bool = False
