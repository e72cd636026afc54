"""`Records`: what is recorded of saved datasets, one document of the registry for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from provender.datasets.storage import Storage
from provender.errors import NotFound, RegistryError, did_you_mean, listed
from provender.names import check_given_name
from provender.offline.retrieval_job import HistoricalRequest
from provender.plugin.contract.registry import Document, Registry

FORMAT: Final = 1
"""The version of the documents' layout."""


@dataclass(frozen=True, slots=True)
class Record:
    """What is recorded of a saved dataset.

    Attributes:
        name: Its name.
        created: When its rows were requested, in µs.
        request: What was requested.
        entity_columns: The columns of the entity rows; the features follow them.
        query: The query, where the offline store uses SQL.
        storage: Where the rows are.
        rows: How many there are.
        digest: Their digest.
        columns: Their Arrow schema, serialized.
        tags: Labels.
    """

    name: str
    created: int
    request: HistoricalRequest
    entity_columns: tuple[str, ...]
    query: str | None
    storage: Storage
    rows: int
    digest: str
    columns: bytes
    tags: dict[str, str]


@dataclass(frozen=True, slots=True)
class Found:
    """What the registry has under a name: a record, or the mark that one is about to be written.

    Attributes:
        version: The version of the document; 0: there is none.
        record: The record, if there is one.
    """

    version: int
    record: Record | None


class Records:
    """The saved datasets of a project in a registry.

    Args:
        project: The project's name.
        registry: The registry.
    """

    def __init__(self, project: str, registry: Registry) -> None:
        self._project = project
        self._prefix = f"{project}/dataset/"
        self._registry = registry

    def find(self, name: str) -> Found:
        """Return what there is under a name.

        Raises:
            RegistryError: The registry cannot be read, or the document is damaged or of a layout
                that this version does not know.
        """
        check_given_name("saved dataset", name)
        found = self._registry.read(self._prefix + name)
        return Found(0, None) if found is None else Found(found.version, _decode(found, name))

    def get(self, name: str) -> Record:
        """Return a record.

        Raises:
            NotFound: There is none of that name.
            RegistryError: See `find`.
        """
        record = self.find(name).record
        if record is not None:
            return record
        known = [record.name for record in self.all()]
        raise NotFound(
            f"no saved dataset {name!r} in project {self._project!r}",
            allowed=listed(known),
            fix=did_you_mean(name, known) or "`provender datasets create` makes one",
        )

    def all(self) -> list[Record]:
        """Return all records, by name.

        Raises:
            RegistryError: See `find`.
        """
        names = self._registry.names(self._prefix)
        found = (self.find(name.removeprefix(self._prefix)).record for name in names)
        return [record for record in found if record is not None]

    def claim(self, name: str, found: Found) -> int:
        """Mark that a record is about to be written, and return the version of the mark.

        Raises:
            Conflict: Somebody else has written the document since it was found.
            RegistryError: The registry cannot be written.
        """
        return self._registry.replace(self._prefix + name, _encode(None), found.version)

    def write(self, record: Record, version: int) -> None:
        """Write a record in the place of a mark, or of another record.

        Raises:
            Conflict: The document has another version.
            RegistryError: The registry cannot be written.
        """
        self._registry.replace(self._prefix + record.name, _encode(record), version)

    def delete(self, name: str, version: int) -> None:
        """Remove the document of a name.

        Raises:
            Conflict: The document has another version.
            RegistryError: The registry cannot be written.
        """
        self._registry.delete(self._prefix + name, version)


def _encode(record: Record | None) -> bytes:
    import msgspec.json

    document: Mapping[str, Any] = {"format": FORMAT, "dataset": record and asdict(record)}
    return msgspec.json.encode(document)


def _decode(found: Document, name: str) -> Record | None:
    import msgspec.json

    try:
        document = msgspec.json.decode(found.payload)
        if document["format"] == FORMAT:
            return msgspec.convert(document["dataset"], Record | None, builtin_types=())
    except (msgspec.MsgspecError, KeyError, TypeError, ValueError) as error:
        raise RegistryError(
            f"the record of saved dataset {name!r} is damaged", got=str(error)
        ) from error
    raise RegistryError(
        f"saved dataset {name!r} has a format that this version cannot read",
        got=f"format {document['format']!r}",
        allowed=f"format {FORMAT}",
        fix="use the version of provender that wrote it, or a newer one",
    )
