"""Where the rows of feature views come from: files, tables of warehouses, programs, requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, ClassVar

import provender
from provender import definitions as ours
from provender_feast.definitions.definition import Definition, placed, refuse
from provender_feast.definitions.field import Field
from provender_feast.errors import DataSourceNoNameException


class PushMode(Enum):
    """Where pushed rows go."""

    ONLINE = 1
    OFFLINE = 2
    ONLINE_AND_OFFLINE = 3


class FileFormat:
    """The format of files."""


class ParquetFormat(FileFormat):
    """Parquet, which is what Provender reads."""


class DataSource(Definition):
    """The base of sources.

    Attributes:
        timestamp_field: The column with the event timestamp.
        created_timestamp_column: The column with the time at which a row was written.
        field_mapping: Column name in the source to field name in the view.
    """

    timestamp_field: str = ""
    created_timestamp_column: str = ""
    field_mapping: dict[str, str]

    def __init__(
        self,
        *,
        name: str,
        timestamp_field: str | None = "",
        created_timestamp_column: str | None = "",
        field_mapping: Mapping[str, str] | None = None,
        description: str | None = "",
        tags: Mapping[str, str] | None = None,
        owner: str | None = "",
    ) -> None:
        self.name = name
        self.timestamp_field = timestamp_field or ""
        self.created_timestamp_column = created_timestamp_column or ""
        self.field_mapping = dict(field_mapping or {})
        self.description = description or ""
        self.tags = dict(tags or {})
        self.owner = owner or ""

    def _shared(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "timestamp_field": self.timestamp_field or None,
            "created_timestamp_column": self.created_timestamp_column or None,
            "field_mapping": self.field_mapping,
            "description": self.description,
            "tags": self.tags,
            "owner": self.owner,
        }


class FileSource(DataSource):
    """Rows in Parquet files.

    Args:
        path: A path, relative to the feature repository, or a URL.
        name: The source's name; by default the path.
        timestamp_field: The column with the event timestamp.
        created_timestamp_column: The column with the time at which a row was written.
        field_mapping: Column name in the file to field name in the view.
        file_format: Parquet.
        description: A description for people.
        tags: Labels of your choice.
        owner: Who is responsible for it.
        event_timestamp_column: The older name of `timestamp_field`.
        s3_endpoint_override: Not supported: put it into the URL.
    """

    def __init__(
        self,
        *,
        path: str,
        name: str | None = "",
        event_timestamp_column: str | None = "",
        file_format: FileFormat | None = None,
        created_timestamp_column: str | None = "",
        field_mapping: Mapping[str, str] | None = None,
        s3_endpoint_override: str | None = None,
        description: str | None = "",
        tags: Mapping[str, str] | None = None,
        owner: str | None = "",
        timestamp_field: str | None = "",
    ) -> None:
        super().__init__(
            name=name or path,
            timestamp_field=timestamp_field or event_timestamp_column,
            created_timestamp_column=created_timestamp_column,
            field_mapping=field_mapping,
            description=description,
            tags=tags,
            owner=owner,
        )
        what = f"source {self.name!r}"
        override = {"s3_endpoint_override": (s3_endpoint_override, "")}
        refuse(what, override, "write s3://bucket/path?endpoint_override=… as the path")
        if not isinstance(file_format, ParquetFormat | None):
            refuse(what, {"file_format": (file_format, None)}, "write the rows as Parquet")
        self.path = path
        self._checked(self.to_provender)

    def to_provender(self) -> provender.FileSource:
        """Return Provender's definition."""
        return placed(provender.FileSource(self.path, **self._shared()), self.place)


class TableSource(DataSource):
    """Rows of a table, or of a query, of a warehouse; its provider's package has the definition."""

    own: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        *,
        name: str | None = None,
        table: str | None = None,
        query: str | None = None,
        **shared: Any,
    ) -> None:
        if not name and not table:
            raise DataSourceNoNameException
        super().__init__(name=name or table or "", **shared)
        self.table = table or ""
        self.query = query or ""

    def _located(self) -> dict[str, Any]:
        own = {name: getattr(self, name) or None for name in self.own}
        return {**self._shared(), "table": self.table or None, "query": self.query or None, **own}


class BigQuerySource(TableSource):
    """A table or a query of BigQuery.

    Args:
        name: The source's name; by default the table.
        timestamp_field: The column with the event timestamp.
        table: ``project.dataset.table``.
        created_timestamp_column: The column with the time at which a row was written.
        field_mapping: Column name in the table to field name in the view.
        date_partition_column: The column that the table is partitioned by.
        query: A query, instead of a table.
        description: A description for people.
        tags: Labels of your choice.
        owner: Who is responsible for it.
    """

    own = ("date_partition_column",)

    def __init__(
        self,
        *,
        name: str | None = None,
        timestamp_field: str | None = None,
        table: str | None = None,
        created_timestamp_column: str | None = "",
        field_mapping: Mapping[str, str] | None = None,
        date_partition_column: str | None = None,
        query: str | None = None,
        description: str | None = "",
        tags: Mapping[str, str] | None = None,
        owner: str | None = "",
    ) -> None:
        super().__init__(
            name=name,
            table=table,
            query=query,
            timestamp_field=timestamp_field,
            created_timestamp_column=created_timestamp_column,
            field_mapping=field_mapping,
            description=description,
            tags=tags,
            owner=owner,
        )
        self.date_partition_column = date_partition_column or ""
        self._checked(self.to_provender)

    def to_provender(self) -> ours.DataSource:
        """Return Provender's definition."""
        from provender_gcp import BigQuerySource as Ours

        return placed(Ours(**self._located()), self.place)


class RedshiftSource(TableSource):
    """A table or a query of Redshift.

    Args:
        name: The source's name; by default the table.
        timestamp_field: The column with the event timestamp.
        table: The table.
        schema: Its schema; by default ``public``.
        created_timestamp_column: The column with the time at which a row was written.
        field_mapping: Column name in the table to field name in the view.
        query: A query, instead of a table.
        description: A description for people.
        tags: Labels of your choice.
        owner: Who is responsible for it.
        database: Its database; by default that of the offline store.
    """

    own = ("schema", "database")

    def __init__(
        self,
        *,
        name: str | None = None,
        timestamp_field: str | None = "",
        table: str | None = None,
        schema: str | None = None,
        created_timestamp_column: str | None = "",
        field_mapping: Mapping[str, str] | None = None,
        query: str | None = None,
        description: str | None = "",
        tags: Mapping[str, str] | None = None,
        owner: str | None = "",
        database: str | None = "",
    ) -> None:
        super().__init__(
            name=name,
            table=table,
            query=query,
            timestamp_field=timestamp_field,
            created_timestamp_column=created_timestamp_column,
            field_mapping=field_mapping,
            description=description,
            tags=tags,
            owner=owner,
        )
        self.schema = (schema or "public") if table else ""
        self.database = database or ""
        self._checked(self.to_provender)

    def to_provender(self) -> ours.DataSource:
        """Return Provender's definition."""
        from provender_aws import RedshiftSource as Ours

        return placed(Ours(**self._located()), self.place)


class PostgreSQLSource(TableSource):
    """A table or a query of PostgreSQL.

    Args:
        name: The source's name; by default the table.
        query: A query, instead of a table.
        table: The table.
        timestamp_field: The column with the event timestamp.
        created_timestamp_column: The column with the time at which a row was written.
        field_mapping: Column name in the table to field name in the view.
        description: A description for people.
        tags: Labels of your choice.
        owner: Who is responsible for it.
    """

    def __init__(
        self,
        *,
        name: str | None = None,
        query: str | None = None,
        table: str | None = None,
        timestamp_field: str | None = "",
        created_timestamp_column: str | None = "",
        field_mapping: Mapping[str, str] | None = None,
        description: str | None = "",
        tags: Mapping[str, str] | None = None,
        owner: str | None = "",
    ) -> None:
        super().__init__(
            name=name,
            table=table,
            query=query,
            timestamp_field=timestamp_field,
            created_timestamp_column=created_timestamp_column,
            field_mapping=field_mapping,
            description=description,
            tags=tags,
            owner=owner,
        )
        self._checked(self.to_provender)

    def to_provender(self) -> ours.DataSource:
        """Return Provender's definition."""
        from provender_postgres import PostgresSource as Ours

        return placed(Ours(**self._located()), self.place)


class PushSource(DataSource):
    """Rows that a program pushes, with the batch source that keeps them.

    Args:
        name: The name to push to.
        batch_source: Where all rows are stored.
        description: A description for people.
        tags: Labels of your choice.
        owner: Who is responsible for it.
    """

    def __init__(
        self,
        *,
        name: str,
        batch_source: DataSource | None = None,
        description: str | None = "",
        tags: Mapping[str, str] | None = None,
        owner: str | None = "",
    ) -> None:
        super().__init__(name=name, description=description, tags=tags, owner=owner)
        self.batch_source = batch_source
        self._checked(self.to_provender)

    def to_provender(self) -> provender.PushSource:
        """Return Provender's definition."""
        stored = None if self.batch_source is None else self.batch_source.to_provender()
        made = provender.PushSource(
            self.name,
            stored,
            description=self.description,
            tags=self.tags,
            owner=self.owner,
        )
        return placed(made, self.place)


class RequestSource(DataSource):
    """Columns that come with a request, for on-demand feature views.

    Args:
        name: A name for people.
        schema: The columns.
        timestamp_field: Not used.
        description: A description for people.
        tags: Labels of your choice.
        owner: Who is responsible for it.
    """

    def __init__(
        self,
        *,
        name: str,
        schema: Sequence[Field],
        timestamp_field: str | None = None,
        description: str | None = "",
        tags: Mapping[str, str] | None = None,
        owner: str | None = "",
    ) -> None:
        super().__init__(
            name=name,
            timestamp_field=timestamp_field,
            description=description,
            tags=tags,
            owner=owner,
        )
        self.schema = list(schema)
        self._checked(self.request)

    def request(self) -> provender.RequestSource:
        """Return Provender's definition."""
        fields = [field.to_provender() for field in self.schema]
        made = provender.RequestSource(self.name, fields, self.description, self.tags, self.owner)
        return placed(made, self.place)
