"""`PostgresSource`: rows of a table, or those of a query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from provender.definitions import TableSource


@dataclass(frozen=True, init=False, repr=False)
class PostgresSource(TableSource):
    """Rows in PostgreSQL.

    Args:
        table: A table or view, such as ``trips`` or ``sales.trips``.
        query: A SELECT, instead of a table.
        name: The source's name; by default the table. A query needs one.
        timestamp_field: See `DataSource`.
        created_timestamp_column: See `DataSource`.
        field_mapping: See `DataSource`.
        description: A description for people.
        tags: Labels of your choice.
        owner: Who is responsible for it.

    Raises:
        DefinitionError: Everything that is not valid, as one error.
    """

    kind: ClassVar[str] = "postgres"

    def __init__(
        self,
        *,
        table: str | None = None,
        query: str | None = None,
        name: str | None = None,
        timestamp_field: str | None = None,
        created_timestamp_column: str | None = None,
        field_mapping: Mapping[str, str] | None = None,
        description: str = "",
        tags: Mapping[str, str] | None = None,
        owner: str = "",
        **older: Any,
    ) -> None:
        self._define(
            older,
            table=table,
            query=query,
            name=name,
            timestamp_field=timestamp_field,
            created_timestamp_column=created_timestamp_column,
            field_mapping=field_mapping,
            description=description,
            tags=tags,
            owner=owner,
        )
