"""JSON that users write, read so that no key of an object is given twice.

JSON leaves open what a repeated key means; most readers, msgspec among them, keep the last one.
"""

from __future__ import annotations

import json
from typing import Any

from provender.errors import value_text
from provender.names import repeated


class RepeatedKey(ValueError):  # noqa: N818 - reads as what it says
    """An object has a key twice.

    Attributes:
        key: The key.
    """

    def __init__(self, key: str) -> None:
        super().__init__(f"the key {value_text(key, 100)} is given twice in one object")
        self.key = key


def read_json(text: str | bytes) -> Any:
    """Return what a text of JSON says.

    Raises:
        RepeatedKey: An object has a key twice.
        ValueError: It is not JSON.
    """
    return _decoder.decode(text if isinstance(text, str) else text.decode())


def _record(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise RepeatedKey(repeated(key for key, _ in pairs)[0])
    return found


_decoder = json.JSONDecoder(object_pairs_hook=_record)
