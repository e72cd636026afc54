"""`BigQueryHarness`: puts the rows of the offline suite into tables of BigQuery."""

from __future__ import annotations

import io
import re
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from provender.testing.offline_suite import OfflineHarness
from provender_gcp import BigQuerySource
from provender_gcp.bigquery_types import table_field
from provender_gcp.bigquery_values import wrapped_table
from servers.bigquery import bigquery_client

_NAME = re.compile(r"""[^!"$()*,./;?@\[\\\]^`{}~]{1,300}""")
"""The names of columns that BigQuery allows; a test of others has nothing to test there."""


class BigQueryHarness(OfflineHarness):
    """Every column is loaded by Google's client in the form that keeps it exactly."""

    def __init__(self, opener: Any) -> None:
        super().__init__(opener)
        self.client = bigquery_client(dict(opener.settings))
        self.dataset = f"{self.client.project}.{opener.settings['dataset']}"
        self.folder = opener.repo_path
        self._made: list[str] = []

    def source(self, table: pa.Table, **columns: Any) -> BigQuerySource:
        if not all(map(_NAME.fullmatch, table.column_names)):
            pytest.skip("BigQuery has no columns of such names")
        return BigQuerySource(table=self.stored(table), **columns)

    def stored(self, table: pa.Table) -> str:
        from google.cloud import bigquery

        name = f"{self.dataset}.rows_{uuid4().hex}"
        self._made.append(name)
        fields = [table_field(field.name, field.type) for field in table.schema]
        self.client.create_table(bigquery.Table(name, fields))
        if table.num_rows:
            file = io.BytesIO()
            pq.write_table(wrapped_table(table), file)
            parquet = bigquery.ParquetOptions()
            parquet.enable_list_inference = True
            how = bigquery.LoadJobConfig(source_format="PARQUET", schema=fields)
            how.parquet_options = parquet
            self.client.load_table_from_file(file, name, rewind=True, job_config=how).result()
        return name

    def close(self) -> None:
        """Drop the tables, and close the clients and their connections."""
        self.store.close()
        for name in self._made:
            self.client.delete_table(name, not_found_ok=True)
        self.client.close()

    def leftovers(self) -> list[str]:
        found = [table.table_id for table in self.client.list_tables(self.dataset)]
        return [name for name in found if not name.startswith("rows_")]

    def spine_path(self, table: pa.Table) -> str:
        path = self.folder / f"{uuid4().hex}.parquet"
        pq.write_table(table, path)
        return str(path)

    def spine_query(self, table: pa.Table) -> str:
        return f"SELECT * FROM `{self.stored(table)}`"
