"""What all tests share: a feature repository in a temporary directory, and a clock that stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import settings
from hypothesis import strategies as st

from built.wheels import core_environment, core_wheel, environment  # noqa: F401 - fixtures
from called.fixtures import provender, weather  # noqa: F401 - fixtures
from provender import FeatureStore

pytest_plugins = ["harness.run", "harness.leaks", "harness.tiers", "harness.speed"]
pytest_plugins += ["harness.order", "servers.shared"]

# how long an example takes depends on what else the machine does
settings.register_profile("unhurried", settings.default, deadline=None)
settings.load_profile("unhurried")

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="session", autouse=True)
def table_of_characters() -> None:
    """Let Hypothesis make what takes 3 s of processor in a fresh clone, before any test does."""
    st.text().validate()


class StandingClock:
    """A clock that moves only when it is told to."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> None:
        self.now += timedelta(**span)


class Repository:
    """A feature repository with the local provider."""

    def __init__(self, path: Path, clock: StandingClock) -> None:
        path.mkdir(exist_ok=True)
        self.path = path
        self.clock = clock
        self._open: list[FeatureStore] = []
        self.configure()

    def configure(self, **keys: Any) -> None:
        import yaml

        config = {
            "project": "test",
            "provider": "local",
            "registry": "registry.db",
            "online_store": {"path": "online.db"},
            "offline_store": {"max_spill": "1GB"},
            **keys,
        }
        (self.path / "feature_store.yaml").write_text(yaml.safe_dump(config))

    def store(self) -> FeatureStore:
        store = FeatureStore(self.path, clock=self.clock)
        self._open.append(store)
        return store

    def rows(self, file: str, columns: Mapping[str, Sequence[Any] | pa.Array]) -> str:
        """Write a Parquet file and return its path inside the repository."""
        target = self.path / file
        target.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table(dict(columns)), target)
        return file

    def close(self) -> None:
        for store in self._open:
            store.close()


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def repository(tmp_path: Path, clock: StandingClock) -> Iterator[Repository]:
    found = Repository(tmp_path, clock)
    yield found
    found.close()


@pytest.fixture
def instants() -> Callable[..., pa.Array]:
    """Return Arrow instants given as hours before noon, or as datetimes."""

    def make(*values: float | datetime | None) -> pa.Array:
        moments = [NOON - timedelta(hours=v) if isinstance(v, int | float) else v for v in values]
        return pa.array(moments, pa.timestamp("us", "UTC"))

    return make
