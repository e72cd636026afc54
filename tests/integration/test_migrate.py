"""The repository of docs/migrate.md, which says ``from feast import …``, runs as it is."""

from __future__ import annotations

import importlib.util
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from called.command import call
from provender import FeatureStore

PAGE = Path(__file__).parents[2] / "docs" / "migrate.md"
NOW = datetime.now(UTC).replace(microsecond=0)
AGES = [timedelta(hours=2), timedelta(hours=1), timedelta(days=3)]

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("feast") is not None, reason="the real feast is installed"
)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return the repository of the page, applied and loaded by the commands."""
    for name, text in re.findall(r'title="(.+?)"\n(.*?)```', PAGE.read_text(), re.DOTALL):
        (tmp_path / name).write_text(text)
    times = pa.array([NOW - age for age in AGES], pa.timestamp("us", "UTC"))
    columns = {"driver_id": [1, 1, 2], "event_timestamp": times, "created": times}
    values = {"rate": pa.array([0.25, 0.5, 0.75], pa.float32()), "trips": [10, 20, 30]}
    pq.write_table(pa.table({**columns, **values}), tmp_path / "trips.parquet")
    command(tmp_path, "apply")
    command(
        tmp_path,
        "materialize",
        f"{NOW - timedelta(days=5):%Y-%m-%dT%H:%M:%S}",
        f"{NOW:%Y-%m-%dT%H:%M:%S}",
    )
    return tmp_path


def command(repository: Path, *arguments: str) -> str:
    done = call(arguments, repository)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.filterwarnings("ignore:key '.*' of the Feast feature store is left out")
def test_the_repository_of_the_page_is_read(repository: Path) -> None:
    features = ["driver_stats:rate", "driver_stats:trips"]
    with FeatureStore(repository) as store:
        spine = pa.table({"driver_id": [3, 1, 2, 1], "event_timestamp": [NOW] * 4})
        rows = store.get_historical_features(entity_df=spine, features=features).to_arrow()
        online = store.get_online_features(features, {"driver_id": [1, 2, 3]}).to_dict()

    assert rows["driver_id"].to_pylist() == [3, 1, 2, 1]  # no row is lost, in the given order
    assert rows["rate"].to_pylist() == [None, 0.5, None, 0.5]
    assert rows["trips"].to_pylist() == [None, 20, None, 20]
    assert online["rate"] == [0.5, None, None]  # newest wins; the ttl of a day holds online, too
    assert online["trips"] == [20, None, None]


def test_what_says_nothing_here_is_left_out_with_a_warning(repository: Path) -> None:
    assert "'entity_key_serialization_version'" in command(repository, "plan")
