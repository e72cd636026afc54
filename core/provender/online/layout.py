"""The layout of a stored value: which features it holds, in which order and of which types."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from provender.types import FeatureType, parse_type


@dataclass(frozen=True)
class Layout:
    """The features of a stored value.

    Attributes:
        columns: Feature names and types, in the order of the value's array.
    """

    columns: tuple[tuple[str, FeatureType], ...]

    @cached_property
    def fingerprint(self) -> int:
        """A number of 64 bits that stands first in every value of this layout."""
        text = "\x00".join(f"{name}\x01{kind}" for name, kind in self.columns)
        return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())

    def to_document(self) -> list[list[str]]:
        """Return the layout as plain JSON data."""
        return [[name, str(kind)] for name, kind in self.columns]

    @classmethod
    def from_document(cls, document: Sequence[Sequence[str]]) -> Layout:
        """Return the layout that `to_document` wrote."""
        return cls(tuple((name, parse_type(kind)) for name, kind in document))
