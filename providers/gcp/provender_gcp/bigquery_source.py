"""`BigQuerySource`: rows in a BigQuery table, or those of a query."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from provender.definitions import DataSource
from provender.definitions.caller import caller_place
from provender.definitions.older_names import current_names
from provender.definitions.problems import as_mapping, report
from provender.errors import Problem

_OLDER = {"event_timestamp_column": "timestamp_field", "table_ref": "table"}
_TABLE = re.compile(
    r"((?P<project>([^`.:\s]+\.[^`.:\s]+:)?[^`.\s]+)\.)?(?P<dataset>[^`.\s]+)\.(?P<table>[^`.]+)"
)


@dataclass(frozen=True, init=False, repr=False)
class BigQuerySource(DataSource):
    """Rows in a BigQuery table or view, or those of a query.

    Args:
        table: ``dataset.table`` or ``project.dataset.table``.
        query: A query in GoogleSQL, instead of a table.
        name: The source's name; by default the table. A query needs one.
        timestamp_field: See `DataSource`.
        created_timestamp_column: See `DataSource`.
        date_partition_column: A DATE column that holds the day, in UTC, of the event timestamp
            and by which the table is partitioned, such as ``_PARTITIONDATE``: only the days that
            can matter are read. Partitions by the event timestamp itself need no word.
        field_mapping: See `DataSource`.
        description: What it is, for people.
        tags: Free labels.
        owner: Who looks after it.

    Raises:
        DefinitionError: With everything that is not valid.
    """

    kind: ClassVar[str] = "bigquery"

    table: str | None
    query: str | None
    date_partition_column: str | None

    def __init__(
        self,
        *,
        table: str | None = None,
        query: str | None = None,
        name: str | None = None,
        timestamp_field: str | None = None,
        created_timestamp_column: str | None = None,
        date_partition_column: str | None = None,
        field_mapping: Mapping[str, str] | None = None,
        description: str = "",
        tags: Mapping[str, str] | None = None,
        owner: str = "",
        **older: Any,
    ) -> None:
        place = caller_place()
        current, problems = current_names(BigQuerySource, older, _OLDER, place)
        table = current.get("table", table) or None
        what = f"BigQuerySource {name or table!r}"
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
            "table": table,
            "query": query or None,
            "date_partition_column": date_partition_column or None,
        }
        report([*problems, *_problems(table, query or None, name, place)], self)
        for attribute, value in values.items():
            object.__setattr__(self, attribute, value)

    def location(self) -> str:
        """Return the table, or the query in one line."""
        return self.table or " ".join(str(self.query).split())


def table_parts(text: str) -> tuple[str | None, str, str] | None:
    """Return project, dataset and table of ``[project.]dataset.table``; None: it is not one."""
    found = _TABLE.fullmatch(text)
    return (found["project"], found["dataset"], found["table"]) if found else None


def _problems(table: object, query: object, name: object, place: str) -> list[Problem]:
    if (table is None) == (query is None):
        got = "neither" if table is None else "both"
        fact = "a BigQuerySource has either a table or a query"
        return [Problem(fact, got=got, allowed="table= or query=", place=place)]
    if table is not None and not (isinstance(table, str) and table_parts(table)):
        allowed = "dataset.table or project.dataset.table"
        return [Problem("no BigQuery table has such a name", repr(table), allowed, place=place)]
    if query is not None and not isinstance(query, str):
        return [Problem("the query of a BigQuerySource is not text", repr(query), place=place)]
    if query is not None and not name:
        fact = "a BigQuerySource with a query has no name"
        return [Problem(fact, fix="give it one by name=", place=place)]
    return []
