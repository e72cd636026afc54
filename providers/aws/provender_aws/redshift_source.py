"""`RedshiftSource`: rows in a table of Redshift, or those of a query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from provender.definitions import TableSource
from provender.errors import Problem


@dataclass(frozen=True, init=False, repr=False)
class RedshiftSource(TableSource):
    """Rows in a table or view of Redshift, or those of a query.

    Args:
        table: ``table``, ``schema.table`` or ``database.schema.table``.
        query: A query in Redshift's SQL, instead of a table.
        schema: The schema of a table that is named without one.
        database: The database of the table; by default that of the store.
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

    kind: ClassVar[str] = "redshift"

    schema: str | None
    database: str | None

    def __init__(
        self,
        *,
        table: str | None = None,
        query: str | None = None,
        schema: str | None = None,
        database: str | None = None,
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
            schema=schema,
            database=database,
            name=name,
            timestamp_field=timestamp_field,
            created_timestamp_column=created_timestamp_column,
            field_mapping=field_mapping,
            description=description,
            tags=tags,
            owner=owner,
        )

    def _own_problems(self) -> list[Problem]:
        if self.query is not None and (self.schema or self.database):
            fact = "a RedshiftSource with a query has no schema= or database="
            fix = "name the schema inside the query"
            return [Problem(fact, fix=fix, place=self._place_of("schema"))]
        if self.database and not self.schema and "." not in str(self.table):
            fact, got = "a RedshiftSource with database= needs schema=", repr(self.table)
            return [Problem(fact, got, fix="add schema=", place=self._place_of("database"))]
        return []

    def location(self) -> str:
        """Return the table, or the query in one line."""
        if self.table is None:
            return super().location()
        return ".".join(part for part in (self.database, self.schema, self.table) if part)
