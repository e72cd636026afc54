"""The SQL registry before its conformance suite, on a real PostgreSQL."""

from __future__ import annotations

from uuid import uuid4

import pytest

psycopg = pytest.importorskip("psycopg", reason="PostgreSQL's driver psycopg is not installed")

from harness.tiers import examples  # noqa: E402
from provender import FeatureStore  # noqa: E402
from provender.errors import Conflict, RegistryError  # noqa: E402
from provender.testing.registry_suite import RegistrySuite  # noqa: E402
from provender.testing.suites.concurrency import in_processes, in_threads  # noqa: E402
from provender.testing.suites.concurrency_worker import registry_task  # noqa: E402
from provender.testing.suites.store_opener import StoreOpener  # noqa: E402
from servers.postgres import postgres_server, shared_database  # noqa: E402
from servers.shared import shared  # noqa: E402

MANY = examples(16, short=5)


@pytest.fixture(scope="module")
def server():
    return shared("postgres")


@pytest.fixture
def database(server):
    """The address of a database that has no tables."""
    name = f"registry_{uuid4().hex[:12]}"
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return server.url(database=name)


@pytest.fixture
def opener(database, tmp_path):
    return StoreOpener("registry", "local", "sql", tmp_path, {"url": database})


def statements(url):
    return psycopg.connect(url.replace("postgresql+psycopg", "postgresql"))


@pytest.fixture(scope="module")
def suite_database():
    with shared_database() as (server, name):
        yield server.url(database=name)


class TestPostgresRegistry(RegistrySuite):
    provider = "local"
    crowd = examples(16, short=5)
    store_type = "sql"

    @pytest.fixture
    def settings(self, suite_database):
        return {"url": suite_database}


def test_many_processes_make_the_tables_at_once(opener):
    in_processes([registry_task(opener, "p/catalog", number, 1) for number in range(MANY)])
    registry = opener.open()
    history = registry.history("p/catalog")
    assert [document.version for document in history] == list(range(1, MANY + 1))
    assert len(history[-1].payload.splitlines()) == MANY


def test_the_tables_are_made_once_however_many_threads_begin(opener):
    registries = [opener.open() for _ in range(MANY)]
    versions = in_threads(MANY, lambda n: registries[n].write(f"p/{n}", b"payload", 0))
    assert versions == [1] * MANY
    assert len(registries[0].names("p/")) == MANY


def test_reading_makes_no_tables(opener, database):
    registry = opener.open()
    assert registry.read("p/catalog") is None
    assert registry.history("p/catalog") == []
    assert registry.names() == []
    registry.delete("p/catalog", 0)
    with statements(database) as connection:
        found = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        assert found.fetchone() == (0,)


def test_a_version_that_another_transaction_writes_is_waited_for(opener, database):
    registry = opener.open()
    registry.write("p/catalog", b"one", 0)
    advance = "UPDATE provender_heads SET version = 2 WHERE name = 'p/catalog'"
    with statements(database) as other:
        other.execute(advance)
        patient = StoreOpener(
            "registry", "local", "sql", opener.repo_path, {"url": database, "timeout_seconds": 0.2}
        ).open()
        with pytest.raises(
            RegistryError, match=r"locked by another transaction for over 0\.2 seconds"
        ):
            patient.write("p/catalog", b"two", 1)
        other.rollback()
    assert patient.write("p/catalog", b"two", 1) == 2
    with pytest.raises(Conflict):
        patient.write("p/catalog", b"late", 1)


def test_a_serializable_database_conflicts_as_any_other(opener, database):
    name = database.rpartition("/")[2]
    with statements(database) as connection:
        connection.autocommit = True
        connection.execute(
            f"ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'"
        )
    in_processes([registry_task(opener, "p/catalog", number, 4) for number in range(MANY)])
    history = opener.open().history("p/catalog")
    assert len(history[-1].payload.splitlines()) == MANY * 4 == len(history)


def test_a_server_that_is_gone_is_told_without_the_password(tmp_path):
    with postgres_server() as short:
        url = short.url().replace("postgres@", "postgres:hunter2@")
        registry = StoreOpener("registry", "local", "sql", tmp_path, {"url": url}).open()
        assert registry.read("p/catalog") is None
    with pytest.raises(RegistryError, match="cannot be reached") as caught:
        registry.read("p/catalog")
    assert "hunter2" not in str(caught.value)


def test_a_plain_url_in_the_configuration_chooses_the_registry(database, tmp_path):
    (tmp_path / "feature_store.yaml").write_text(f"project: p\nregistry: {database}\n")
    with FeatureStore(tmp_path) as store:
        assert store.catalog.version == 0
        assert store.stores.plugins.store_type("registry").name == "sql"
