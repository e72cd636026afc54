"""The local provider before the conformance suites."""

from uuid import uuid4

import pyarrow.parquet as pq
import pytest

from harness.tiers import examples
from provender.definitions import FileSource
from provender.testing.offline_suite import OfflineHarness, OfflineStoreSuite
from provender.testing.online_suite import OnlineStoreSuite
from provender.testing.plugin_suite import PluginSuite
from provender.testing.registry_suite import RegistrySuite


class ParquetHarness(OfflineHarness):
    def __init__(self, opener):
        super().__init__(opener)
        self.root = opener.repo_path

    def source(self, table, **columns):
        return FileSource(self.spine_path(table), **columns)

    def leftovers(self):
        spilled = [file for file in self.root.glob("spill/**/*") if file.is_file()]
        return [str(file) for file in [*spilled, *self.root.glob("**/.appended-*")]]

    def spine_path(self, table):
        folder = self.root / uuid4().hex
        folder.mkdir()
        pq.write_table(table, folder / "rows.parquet")
        return str(folder)

    def spine_query(self, table):
        return f"SELECT * FROM '{self.spine_path(table)}/rows.parquet'"


class ParquetSuite(OfflineStoreSuite):
    provider = "local"

    @pytest.fixture
    def settings(self):
        return {"temp_directory": "spill", "max_spill": "1GB"}

    @pytest.fixture
    def harness(self, opener):
        return ParquetHarness(opener)


@pytest.mark.values(26)
class TestDuckDB(ParquetSuite):
    pass


@pytest.mark.values(4)
class TestWithoutAsOfJoin(ParquetSuite):
    """The join that dialects without ASOF JOIN get."""

    @pytest.fixture
    def harness(self, opener):
        made = ParquetHarness(opener)
        made.store.has_as_of_join = False
        return made


class TestSqlite(OnlineStoreSuite):
    provider = "local"
    crowd = examples(8, short=4)


class TestFileRegistry(RegistrySuite):
    provider = "local"
    crowd = examples(16, short=5)


class TestSqlRegistry(RegistrySuite):
    provider = "local"
    crowd = examples(16, short=5)
    store_type = "sql"

    @pytest.fixture
    def settings(self, tmp_path):
        return {"url": f"sqlite:///{tmp_path}/registry.db"}


class TestPlugin(PluginSuite):
    provider = "local"
    settings = {"sql": {"url": "sqlite:///registry.db"}}  # noqa: RUF012
