"""`BigQuerySource`: rows in a BigQuery table, or those of a query."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from provender.definitions import TableSource
from provender.errors import Problem

_TABLE = re.compile(
    r"((?P<project>([^`.:\s]+\.[^`.:\s]+:)?[^`.\s]+)\.)?(?P<dataset>[^`.\s]+)\.(?P<table>[^`.]+)"
)


@dataclass(frozen=True, init=False, repr=False)
class BigQuerySource(TableSource):
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
        description: A description for people.
        tags: Labels of your choice.
        owner: Who is responsible for it.

    Raises:
        DefinitionError: Everything that is not valid, as one error.
    """

    kind: ClassVar[str] = "bigquery"
    older_names: ClassVar[Mapping[str, str]] = {**TableSource.older_names, "table_ref": "table"}

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
        self._define(
            older,
            table=table,
            query=query,
            name=name,
            timestamp_field=timestamp_field,
            created_timestamp_column=created_timestamp_column,
            date_partition_column=date_partition_column,
            field_mapping=field_mapping,
            description=description,
            tags=tags,
            owner=owner,
        )

    def _own_problems(self) -> list[Problem]:
        if self.table is None or table_parts(self.table):
            return []
        allowed = "dataset.table or project.dataset.table"
        fact = "no BigQuery table has such a name"
        return [Problem(fact, repr(self.table), allowed, place=self._place_of("table"))]


def table_parts(text: str) -> tuple[str | None, str, str] | None:
    """Return project, dataset and table of ``[project.]dataset.table``; None: it is not one."""
    found = _TABLE.fullmatch(text)
    return (found["project"], found["dataset"], found["table"]) if found else None
