"""A store without SQL is a small class: a folder of Parquet files before the offline suite."""

import inspect
import re
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from provender.definitions import DataSource, FileSource
from provender.errors import SourceError
from provender.plugin import PluginContext, StoreConfig, StoreType, cast_rows
from provender.plugin.arrow import ArrowOfflineStore
from provender.plugin.parquet import read_table
from provender.testing.offline_suite import OfflineHarness, OfflineStoreSuite

PAGE = (Path(__file__).parents[2] / "docs" / "write-a-provider.md").read_text()


class FolderStore(ArrowOfflineStore):
    """Folders of Parquet files: a source is a folder, and rows are added as one more file."""

    def __init__(self, config: StoreConfig, context: PluginContext) -> None:
        self._root = context.repo_path

    def table(self, source: DataSource) -> pa.Table:
        """Return all rows of a folder."""
        return read_table(source.location(), self._root)

    def append(self, source: DataSource, table: pa.Table) -> None:
        """Add rows to a folder, all of them or none: a file is there once it has its name."""
        stored = self.schema(source)
        if set(table.column_names) != set(stored.names):
            raise SourceError(
                f"the rows do not have the columns of {source.location()}",
                got=", ".join(table.column_names),
                allowed=", ".join(stored.names),
            )
        rows = cast_rows(table.select(stored.names), stored)
        folder = self._root / source.location()
        hidden = folder / f".{uuid4().hex}"
        pq.write_table(rows, hidden)
        hidden.rename(folder / f"{uuid4().hex}.parquet")


class FolderHarness(OfflineHarness):
    def __init__(self, root):
        self.kind = StoreType("folder", StoreConfig, CLAIMED)
        self.root, self.store = root, FolderStore(StoreConfig(), PluginContext("test", root))

    def source(self, table, **columns):
        name = uuid4().hex
        (self.root / name).mkdir()
        pq.write_table(table, self.root / name / "0.parquet")
        return FileSource(name, **columns)

    def leftovers(self):
        return [path.name for path in self.root.rglob(".*")]

    def spine_path(self, table):
        path = self.root / f"{uuid4().hex}.parquet"
        pq.write_table(table, path)
        return str(path)


CLAIMED = frozenset({"parquet_spine", "nested", "zero_in_text", "negative_zero"})


class TestFolder(OfflineStoreSuite):
    provider = "folder"  # is not installed: the harness makes the store

    def capabilities(self):
        return CLAIMED

    @pytest.fixture
    def harness(self, tmp_path):
        return FolderHarness(tmp_path)


def test_the_page_shows_the_store():
    shown = re.search(r'```python title="a folder of Parquet files"\n(.*?)```', PAGE, re.DOTALL)[1]
    text = inspect.getsource(FolderStore)
    assert text in shown
    assert len(shown.splitlines()) <= 60
