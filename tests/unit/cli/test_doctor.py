"""``provender doctor``: it tells everything that is wrong at once, each with what mends it."""

from __future__ import annotations

import json
import sqlite3

import pytest


@pytest.fixture
def doctor(provender):
    """Run the doctor and return its findings by subject."""

    def run(code=0):
        document = json.loads(provender("doctor", "--output", "json", code=code).stdout)
        assert document["ok"] == (code == 0)
        for one in document["findings"]:
            assert set(one) == {"subject", "ok", "detail", "fix", "stops"}
        return {one["subject"]: one for one in document["findings"]}

    return run


def wrong(found):
    return [subject for subject, one in found.items() if not one["ok"]]


def test_a_project_that_is_well(weather, provender, doctor):
    assert "nothing is registered yet" in doctor()["catalog"]["detail"]
    provender("apply")
    found = doctor()
    assert found["catalog"]["detail"] == "version 1, 2 feature views"
    assert found["data source weather.parquet"]["detail"] == "4 columns"
    assert "local.duckdb" in found["loading the plug-ins"]["detail"]
    assert "duckdb " in found["libraries"]["detail"]
    printed = provender("doctor").stdout
    assert printed.endswith("All checks passed.\n")
    assert all(line.startswith("ok    ") for line in printed.splitlines()[:-2])


def test_looking_leaves_nothing_behind(weather, provender, doctor):
    provender("apply")
    names = stored(weather)
    doctor()
    assert stored(weather) == names


def stored(repository):
    """Return the names of everything that the project's databases hold."""
    found = []
    for file in ("registry.db", "online.db"):
        connection = sqlite3.connect(repository.path / file)
        master = "SELECT name FROM sqlite_master WHERE type = 'table'"
        tables = [name for (name,) in connection.execute(master)]
        found += [(t, connection.execute(f'SELECT count(*) FROM "{t}"').fetchone()) for t in tables]
        connection.close()
    return sorted(found)


def test_without_a_project_the_machine_is_looked_at(provender, doctor):
    found = doctor(code=1)
    assert wrong(found) == ["configuration"]
    assert "provender init" in found["configuration"]["fix"]
    assert found["plug-in local"]["ok"]


def test_a_wrong_configuration_is_told_with_its_place(weather, doctor):
    weather.configure(online_store={"pth": "online.db"}, offline_store={"type": "duckbd"})
    found = doctor(code=1)
    (subject,) = wrong(found)
    assert subject == "loading the plug-ins"
    assert "feature_store.yaml:" in found[subject]["detail"]
    assert "duckdb" in found[subject]["fix"]
    weather.configure(online_store={"pth": "online.db"})
    found = doctor(code=1)
    assert wrong(found) == ["settings"]
    assert "unknown key 'online_store.pth'" in found["settings"]["detail"]
    assert found["registry"]["ok"]


def test_a_file_that_is_no_yaml(weather, doctor):
    (weather.path / "feature_store.yaml").write_text("project: [\n")
    found = doctor(code=1)
    assert wrong(found) == ["configuration"]
    assert "feature_store.yaml:" in found["configuration"]["detail"]


def test_everything_that_is_wrong_is_told_at_once(weather, doctor):
    weather.configure(registry="registry.db/no/file.db", online_store={"path": "online.db"})
    (weather.path / "registry.db").write_text("a file, not a directory")
    (weather.path / "online.db").write_text("no database, but a text that is long enough" * 9)
    (weather.path / "weather.parquet").unlink()
    features = weather.path / "features.py"
    right = features.read_text()
    features.write_text(right + "1 / 0\n")
    found = doctor(code=1)
    assert wrong(found) == ["registry", "online store", "definitions"]
    assert "ZeroDivisionError" in found["definitions"]["detail"]
    assert "features.py:19" in found["definitions"]["detail"]
    features.write_text(right)
    found = doctor(code=1)
    assert "data source weather.parquet" in wrong(found)
    assert found["data source delays.parquet"]["ok"]


def test_a_missing_column_is_told(weather, doctor):
    weather.rows("delays.parquet", {"origin": ["JFK"], "late": [1]})
    found = doctor(code=1)
    assert wrong(found) == ["data source delays.parquet"]
    assert "no column ts" in found["data source delays.parquet"]["detail"]


def test_people_are_told_the_fix(provender):
    printed = provender("doctor", code=1).stdout
    assert "FAIL  configuration: no feature_store.yaml here" in printed
    assert "        fix: create a repository with `provender init`" in printed
    assert "1 of " in printed


def test_nothing_printed_is_a_secret(weather, provender):
    weather.configure(registry={"type": "sql", "url": "postgresql://me:hunter2@127.0.0.1:9/x"})
    done = provender("doctor", code=1)
    assert "registry" in done.stdout
    assert "hunter2" not in done.stdout + done.stderr


def test_settings_of_the_engine_are_checked(weather, doctor):
    weather.configure(engine={"type": "processes", "workers": 0})
    found = doctor(code=1)
    assert wrong(found) == ["settings"]
    assert "engine.workers is not valid: 0; allowed: 1 or more" in found["settings"]["detail"]
    assert found["online store"]["ok"]


def test_a_provider_whose_settings_are_wrong_is_reported_once(weather, doctor):
    weather.configure(local={"pth": "online.db"})
    found = doctor(code=1)
    assert wrong(found) == ["settings"]
    assert found["engine"]["ok"]
