"""`FileSource`: rows in Parquet files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from provender.definitions.making import set_fields
from provender.definitions.older_names import current_names
from provender.definitions.places import caller_place
from provender.definitions.problems import as_mapping, check_texts, check_type, report
from provender.definitions.source import DataSource

_OLDER = {"event_timestamp_column": "timestamp_field", "file_url": "path"}


@dataclass(frozen=True, init=False, repr=False)
class FileSource(DataSource):
    """Rows in a Parquet file, a directory of them, or a glob.

    Folders named ``name=value`` below the path are columns of the files in them, of the type that
    is declared, unless a file has the column itself.

    Args:
        path: A local path (relative to the feature repository) or any URL that pyarrow's
            filesystems read (``s3://``, ``gs://``, …); it may be a glob.
        name: The source's name; by default the path.
        timestamp_field: See `DataSource`; by default the only timestamp column of the
            data.
        created_timestamp_column: See `DataSource`.
        field_mapping: See `DataSource`.
        description: A description for people.
        tags: Labels of your choice.
        owner: Who is responsible for it.

    Raises:
        DefinitionError: Everything that is not valid, as one error.
    """

    kind: ClassVar[str] = "file"

    path: str

    def __init__(
        self,
        path: str | None = None,
        *,
        name: str | None = None,
        timestamp_field: str | None = None,
        created_timestamp_column: str | None = None,
        field_mapping: Mapping[str, str] | None = None,
        description: str = "",
        tags: Mapping[str, str] | None = None,
        owner: str = "",
        **older: Any,
    ) -> None:
        place = caller_place()
        current, problems = current_names(FileSource, older, _OLDER, place)
        path = current.get("path", path)
        problems += check_type(
            "path of FileSource", path, str, "a path or URL as text", place, "path"
        )
        label = name if isinstance(name, str) and name else path
        what = f"source {label!r}"
        timestamp = current.get("timestamp_field", timestamp_field)
        texts = {"name": name, "timestamp_field": timestamp, "description": description}
        texts |= {"created_timestamp_column": created_timestamp_column, "owner": owner}
        mapping, unfit = as_mapping(what, field_mapping, place, "field_mapping")
        labels, unlike = as_mapping(what, tags, place, "tags")
        problems += [*unfit, *unlike, *check_texts(what, texts, place)]
        report(problems, self)
        set_fields(
            self,
            name=label,
            timestamp_field=timestamp or None,
            created_timestamp_column=created_timestamp_column or None,
            field_mapping=mapping,
            description=description,
            tags=labels,
            owner=owner,
            place=place,
            path=path,
        )

    def location(self) -> str:
        """Return the path or URL."""
        return self.path
