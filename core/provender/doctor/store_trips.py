"""The stores: each is built and tried once; everything that is written is removed."""

from __future__ import annotations

from uuid import uuid4

from provender.clock import Clock, duration_text, from_us, to_us
from provender.errors import Conflict, RegistryError, StoreError, value_text
from provender.plugin import OnlineStore, OnlineTable, Registry

_NAME = "provender_doctor_"
"""What the names of a scratch document and a scratch table begin with."""
_SKEW_US = 60_000_000
"""How far two machines' clocks may be apart before it is told: a minute."""


def registry_trip(registry: Registry, project: str) -> str:
    """Write a document, see that an older version cannot replace it, and remove it.

    Raises:
        RegistryError: The registry cannot do that.
    """
    name = f"{project}/{_NAME}{uuid4().hex}"
    version = registry.write(name, b"1", 0)
    try:
        found = registry.read(name)
        if found is None or found.payload != b"1":
            raise RegistryError(
                "the registry does not return what was written", got=value_text(found)
            )
        _refuses(registry, name)
    finally:
        registry.delete(name, version)
    return "can be read and written; a write based on an older version is refused"


def _refuses(registry: Registry, name: str) -> None:
    try:
        registry.write(name, b"2", 0)
    except Conflict:
        return
    raise RegistryError(
        "the registry lets a write replace a version that its writer has not seen",
        fix="use another registry: with this one, concurrent applies undo each other's changes",
    )


def online_trip(online: OnlineStore, project: str) -> str:
    """Write a row, read it, and remove its table.

    Raises:
        StoreError: The store cannot do that.
    """
    table, row = OnlineTable(project, f"{_NAME}{uuid4().hex}"), (b"key", 1, 1, b"value")
    online.prepare([table])
    try:
        online.write(table, [row])
        found = online.read(table, [row[0]])
    finally:
        online.drop([table])
    if found != [row]:
        raise StoreError("the online store does not return what was written", got=value_text(found))
    return "can be written and read"


def clock_skew(last: int, clock: Clock) -> str:
    """Compare the clock of this machine with that of who wrote last.

    Args:
        last: When the newest version of the catalog was written, µs since 1970 in UTC.
        clock: Returns the current time.

    Raises:
        StoreError: This machine is behind.
    """
    behind = last - to_us(clock())
    if behind > _SKEW_US:
        span = duration_text(round(behind, -6))
        raise StoreError(
            "the clock of this machine is behind that of the machine that applied last",
            got=f"{span}, after a commit at {from_us(last).isoformat()}",
            fix="set both with NTP: incremental loads end at the current time",
        )
    return f"not behind the last commit, at {from_us(last).isoformat(timespec='seconds')}"
