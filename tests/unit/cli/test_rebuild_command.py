"""``provender rebuild``: what it says, what it asks, and how it is stopped."""

from __future__ import annotations

import signal
import sqlite3
from contextlib import closing

import pytest

from provender_local.sqlite_store import SqliteStore

NOON = "2026-03-01T12:00:00"
FOUND = "feature view 'weather' that are not in its source would be lost"


@pytest.fixture(autouse=True)
def mended(run, weather, instants):
    """The newest wind at JFK was wrong, and is removed from the source after it was loaded."""
    weather.configure(registry={"path": "registry.db", "write_cache_ttl_seconds": 0})
    run("apply")
    run("materialize-incremental", NOON)
    columns = {"origin": ["JFK", "LGA"], "ts": instants(4, 2), "wind": [1.0, 2.0]}
    weather.rows("weather.parquet", {**columns, "note": ["mended", "odd"]})
    return weather


@pytest.fixture
def pushed(mended):
    """A row that is only online."""
    row = {"origin": "SFO", "ts": mended.clock(), "wind": 9.0, "note": "pushed"}
    with mended.store() as store:
        store.write_to_online_store("weather", [row])
    return mended


def winds(run):
    pairs = [part for key in ("JFK", "LGA", "EWR", "SFO") for part in ("--entity", f"origin={key}")]
    answer = run("get-online", *pairs, "--features", "weather:wind", "--output", "json")
    return dict(zip(answer["origin"], answer["wind"], strict=True))


OLD = {"JFK": 1.5, "LGA": "NaN", "EWR": 3.0, "SFO": None}
NEW = {"JFK": 1.0, "LGA": 2.0, "EWR": None, "SFO": None}


def tables(repository):
    with closing(sqlite3.connect(repository.path / "online.db")) as database:
        found = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        return sorted(name for (name,) in found)


def test_all_is_said(run):
    lines = run("rebuild", "weather").splitlines()
    assert lines[0].startswith("Rebuilding 1 feature view to 20")
    assert lines[0].endswith(" into the sqlite online store.")
    assert lines[1].startswith("weather from the beginning to 20")
    assert lines[2].startswith("  2 rows in ")
    assert lines[3:] == ["Rebuilt weather: generation 1 is served now"]
    assert winds(run) == NEW
    assert run("rebuild", "--end", NOON).splitlines()[-2:] == [
        "Rebuilt delays: generation 1 is served now",
        "Rebuilt weather: generation 2 is served now",
    ]


def test_the_answer_as_json(run, pushed):
    answer = run("rebuild", "weather", "--end", NOON, "--keep-pushed", "--output", "json")
    (view,) = answer.pop("views")
    assert answer == {"store": "sqlite", "used": {}}
    assert view == {
        "view": "weather",
        "generation": 1,
        "end": "2026-03-01T12:00:00+00:00",
        "rows": 2,
        "kept": 3,
        "dropped": None,
        "error": None,
    }
    assert winds(run)["SFO"] == 9.0


def test_a_view_that_fails_is_in_the_answer_and_the_others_are_rebuilt(run, mended):
    (mended.path / "delays.parquet").unlink()
    delays, wind = run("rebuild", "--output", "json", code=1)["views"]
    assert (delays["generation"], delays["error"]["type"]) == (0, "SourceError")
    assert (wind["generation"], wind["rows"], wind["error"]) == (1, 2, None)
    assert winds(run) == NEW


def test_rows_that_are_only_online_need_consent(run, pushed, provender):
    told = provender("rebuild", "weather", cwd=pushed.path, code=1).stderr
    assert f"error: online rows of {FOUND}" in told
    assert "got: 3 rows, such as that of {'origin': " in told
    assert "--keep-pushed" in told
    assert "--yes" in told
    assert winds(run) == {**OLD, "SFO": 9.0}
    error = run("rebuild", "weather", "--output", "json", code=1)["error"]
    assert error["type"] == "DataLoss"
    assert run("rebuild", "weather", "--yes").splitlines()[-1] == (
        "Rebuilt weather: generation 3 is served now; "  # two were given up
        "dropped 3 rows that the source does not have"
    )
    assert winds(run) == NEW


def test_the_materializations_rebuild_too(run, pushed):
    kept = run("materialize", "--rebuild", "-v", "weather", "--keep-pushed")
    assert kept.splitlines()[-1] == (
        "Rebuilt weather: generation 1 is served now; kept 3 rows that the source does not have"
    )
    run("materialize-incremental", "2026-03-01T08:30:00", "--rebuild", "-v", "weather", "--yes")
    assert winds(run) == {**dict.fromkeys(NEW), "JFK": 1.0}, "rows up to END"


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["rebuild", "wether"], 1, "did you mean 'weather'"),
        (["rebuild", "--end", "soon"], 1, "--end is not a timestamp"),
        (["materialize-incremental", "soon", "--rebuild"], 1, "END is not a timestamp"),
        (["materialize", "2026-01-01", NOON, "--rebuild"], 2, "leave START and END out"),
        (["materialize", "2026-01-01", NOON, "--yes"], 2, "are options of --rebuild"),
        (["materialize-incremental", NOON, "--keep-pushed"], 2, "are options of --rebuild"),
        (["materialize-incremental", "--rebuild"], 2, "Missing argument 'END'"),
        (["materialize"], 2, "Missing argument 'START'"),
    ],
    ids=lambda part: " ".join(part) if isinstance(part, list) else None,
)
def test_what_is_wrong_is_told_and_changes_nothing(run, mended, provender, arguments, code, told):
    assert told in provender(*arguments, cwd=mended.path, code=code).stderr
    assert winds(run) == OLD


def test_ctrl_c_leaves_the_old_rows_and_nothing_else(run, mended, provender, monkeypatch):
    signal.signal(signal.SIGINT, signal.default_int_handler)  # it may be ignored
    before = tables(mended)

    def write(*_):
        signal.raise_signal(signal.SIGINT)

    with monkeypatch.context() as patched:
        patched.setattr(SqliteStore, "write", write)
        done = provender("rebuild", "weather", cwd=mended.path, code=130)
    assert "Stopped. Each feature view serves its old rows or its new ones" in done.stderr
    assert done.stderr.endswith("interrupted\n")
    assert winds(run) == OLD
    assert tables(mended) == before
    assert "Stop filling weather" in run("log")
    run("rebuild", "weather")
    assert winds(run) == NEW
