"""`RedshiftSource`: rows in a table of Redshift, or those of a query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from provender.definitions import DataSource
from provender.definitions.caller import caller_place
from provender.definitions.older_names import current_names
from provender.definitions.problems import as_mapping, report
from provender.errors import Problem

_OLDER = {"event_timestamp_column": "timestamp_field"}


@dataclass(frozen=True, init=False, repr=False)
class RedshiftSource(DataSource):
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
        description: What it is, for people.
        tags: Free labels.
        owner: Who looks after it.

    Raises:
        DefinitionError: With everything that is not valid.
    """

    kind: ClassVar[str] = "redshift"

    table: str | None
    query: str | None
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
        place = caller_place()
        current, problems = current_names(RedshiftSource, older, _OLDER, place)
        what = f"RedshiftSource {name or table!r}"
        mapping, unfit = as_mapping(what, field_mapping, place, "field_mapping")
        labels, unlike = as_mapping(what, tags, place, "tags")
        problems += [*unfit, *unlike]
        values = {
            "name": name or table,
            "timestamp_field": current.get("timestamp_field", timestamp_field) or None,
            "created_timestamp_column": created_timestamp_column or None,
            "field_mapping": mapping,
            "description": description,
            "tags": labels,
            "owner": owner,
            "place": place,
            "table": table or None,
            "query": query or None,
            "schema": schema or None,
            "database": database or None,
        }
        report([*problems, *_problems(values)], self)
        for attribute, value in values.items():
            object.__setattr__(self, attribute, value)

    def location(self) -> str:
        """Return the table, or the query in one line."""
        if self.table is None:
            return " ".join(str(self.query).split())
        return ".".join(part for part in (self.database, self.schema, self.table) if part)


def _problems(values: Mapping[str, Any]) -> list[Problem]:
    table, query, place = values["table"], values["query"], values["place"]
    if (table is None) == (query is None):
        got = "neither" if table is None else "both"
        fact = "a RedshiftSource has either a table or a query"
        return [Problem(fact, got=got, allowed="table= or query=", place=place)]
    if query is not None and not values["name"]:
        fact = "a RedshiftSource with a query has no name"
        return [Problem(fact, fix="give it one by name=", place=place)]
    if query is not None and (values["schema"] or values["database"]):
        fact = "a RedshiftSource with a query has no schema= or database="
        return [Problem(fact, fix="name the schema inside the query", place=place)]
    if values["database"] and not values["schema"] and "." not in str(table):
        fact = "a RedshiftSource with database= needs schema="
        return [Problem(fact, got=repr(table), fix="add schema=", place=place)]
    return []
