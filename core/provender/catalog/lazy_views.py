"""The feature views of a stored catalog, each decoded when it is first needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from provender.errors import RegistryError

if TYPE_CHECKING:
    import msgspec


class StoredViews(Mapping[str, Any]):
    """View documents by name.

    Whoever serves a few views of a catalog of thousands pays for those few, in time and in
    memory. Threads may share it: at worst two of them decode the same view.

    Args:
        raw: The text of each view's document.
        name: The name of the catalog's document, for messages.
    """

    def __init__(self, raw: dict[str, msgspec.Raw], name: str) -> None:
        self._raw = raw
        self._decoded: dict[str, Any] = {}
        self._name = name

    def __getitem__(self, view: str) -> Any:
        if view not in self._decoded:
            self._decoded[view] = self._decode(self._raw[view])
        return self._decoded[view]

    def __iter__(self) -> Iterator[str]:
        return iter(self._raw)

    def __len__(self) -> int:
        return len(self._raw)

    def __contains__(self, view: object) -> bool:
        return view in self._raw

    def written_differently(self, other: StoredViews) -> set[str]:
        """Return the names of the views whose text is not the same in `other`, or not there."""
        theirs = other._raw
        mine = {name for name, raw in self._raw.items() if theirs.get(name) != raw}
        return mine | (theirs.keys() - self._raw.keys())

    def _decode(self, raw: msgspec.Raw) -> Any:
        import msgspec.json

        try:
            return msgspec.json.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise damaged(self._name, error) from error


def damaged(name: str, error: Exception) -> RegistryError:
    """Return the error that a document cannot be decoded."""
    return RegistryError(f"document {name!r} is damaged", got=str(error))
