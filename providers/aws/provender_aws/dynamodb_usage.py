"""`Usage`: the capacity units that DynamoDB says were used."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import Any


class Usage:
    """Counts units, in any number of threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._units: dict[str, float] = {"read units": 0.0, "write units": 0.0}

    def note(self, kind: str, answer: Mapping[str, Any]) -> None:
        """Add what an answer tells.

        Args:
            kind: ``read units`` or ``write units``.
            answer: What the client returned.
        """
        told = answer.get("ConsumedCapacity") or ()
        parts: Iterable[Mapping[str, Any]] = (told,) if isinstance(told, Mapping) else told
        units = sum(float(part.get("CapacityUnits", 0)) for part in parts)
        with self._lock:
            self._units[kind] += units

    def told(self) -> dict[str, float]:
        """Return the units so far."""
        with self._lock:
            return {kind: units for kind, units in self._units.items() if units}
