"""feature_store.yaml: everything that is wrong is told at once, with file:line:col."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from provender.config import config_schema, load_config, store_settings
from provender.errors import ConfigError
from provender.plugin import StoreConfig, StoreType


@pytest.fixture
def write(tmp_path):
    def file(text):
        path = tmp_path / "feature_store.yaml"
        path.write_text(text)
        return path

    return file


def problems(path):
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    return str(caught.value)


def test_a_whole_configuration_is_read(write, tmp_path):
    config = load_config(
        write(
            """
project: fraud
provider: local
registry: data/registry.db
online_store: {path: data/online.db}
offline_store: duckdb
plugins: [otel]
definitions: ["features/*.py"]
materialization:
  lookback: 24h
  batch_rows: 10
local: {colour: green}
"""
        )
    )
    assert (config.project, config.provider, config.plugins) == ("fraud", "local", ("otel",))
    assert config.repo_path == tmp_path.resolve()
    assert config.stores["registry"].shorthand == "data/registry.db"
    assert config.stores["online"].type is None
    assert config.stores["online"].settings == {"path": "data/online.db"}
    assert config.stores["offline"].type == "duckdb"
    assert config.stores["engine"].type is None
    assert config.materialization.lookback == timedelta(days=1)
    assert config.materialization.batch_rows == 10
    assert config.definitions == ("features/*.py",)
    assert config.provider_settings == {"colour": "green"}


def test_a_directory_stands_for_its_file(write, tmp_path):
    write("project: fraud")
    assert load_config(tmp_path).project == "fraud"
    assert load_config(tmp_path).provider == "local"


def test_everything_wrong_is_told_at_once_with_its_place(write):
    path = write(
        "project: 1bad\nprovder: gcp\nmaterialization:\n  lookbak: 3h\n  batch_rows: many\n"
    )
    text = problems(path)
    assert f"{path}:1:1: project is not valid" in text
    assert f"{path}:2:1: unknown key 'provder'" in text
    assert "did you mean 'provider'?" in text
    assert f"{path}:4:3: unknown key 'materialization.lookbak'" in text
    assert "did you mean 'lookback'?" in text
    assert f"{path}:5:3: materialization.batch_rows is not valid" in text
    assert "got: 'many'" in text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty or no mapping"),
        ("- project", "empty or no mapping"),
        ("project: [a", "not valid YAML"),
        ("project:\n\t- a", "not valid YAML"),
        ("provider: local", "key 'project' is missing"),
        ("project: a\nproject: b", "feature_store.yaml:2:1: key 'project' stands twice"),
        ("project: &x a\nprovider: *x", "aliases are not allowed"),
        ("project: !!python/object/apply:os.system ['true']", "project is not valid"),
        ("project: a\nonline_store: {type: [1]}", "online_store.type is not a text"),
        ("project: a\nonline_store: {path: ${X}}", "quote a value that holds"),
        ("project: a\nregistry: 7", "registry is not valid"),
    ],
)
def test_what_is_no_configuration_is_one_clear_error(write, text, message):
    assert message in problems(write(text))


def test_a_missing_file_says_how_to_make_one(tmp_path):
    assert "provender init" in problems(tmp_path)


def test_text_that_is_not_utf8_is_refused(tmp_path):
    path = tmp_path / "feature_store.yaml"
    path.write_bytes(b"project: \xff\xfe")
    assert "not UTF-8" in problems(path)


def test_variables_come_from_the_environment(write, monkeypatch):
    monkeypatch.setenv("PROJECT", "fraud")
    monkeypatch.setenv("ROWS", "7")
    config = load_config(
        write(
            "project: ${PROJECT}\nregistry: ${WHERE:-data}/r-$${x}.db\n"
            "materialization: {batch_rows: '${ROWS}'}"
        )
    )
    assert config.project == "fraud"
    assert config.stores["registry"].shorthand == "data/r-${x}.db"
    assert config.materialization.batch_rows == 7


def test_an_unset_variable_is_told_with_its_place(write):
    text = problems(write("project: a\nregistry: ${NOT_SET_ANYWHERE}"))
    assert "feature_store.yaml:2:1: environment variable NOT_SET_ANYWHERE is not set" in text
    assert "${NOT_SET_ANYWHERE:-…}" in text


def test_what_comes_from_the_environment_is_never_shown(write, monkeypatch):
    monkeypatch.setenv("SECRET", "hunter2 is not a project")
    text = problems(write("project: ${SECRET}"))
    assert "hunter2" not in text
    assert "${SECRET}" in text


def test_keys_that_mean_nothing_here_are_left_out(write):
    config = load_config(
        write("project: a\nentity_key_serialization_version: 3\nauth: {type: no_auth}")
    )
    assert config.project == "a"


class Settings(StoreConfig):
    path: str = "x.db"
    size: int = Field(default=1, ge=1)


def test_a_store_checks_its_own_section(write):
    kind = StoreType("some", Settings, shorthand="path")
    config = load_config(
        write("project: a\nonline_store:\n  path: y.db\n  size: 3\nregistry: z.db")
    )
    assert store_settings(config.stores["online"], kind) == Settings(path="y.db", size=3)
    assert store_settings(config.stores["registry"], kind) == Settings(path="z.db")
    assert store_settings(config.stores["offline"], kind) == Settings()
    path = write("project: a\nonline_store:\n  pth: y.db\n  size: 0\n")
    with pytest.raises(ConfigError) as caught:
        store_settings(load_config(path).stores["online"], kind)
    text = str(caught.value)
    assert f"{path.resolve()}:3:3: unknown key 'online_store.pth'" in text.replace(
        str(path), str(path.resolve())
    )
    assert "did you mean 'path'?" in text
    assert ":4:3: online_store.size is not valid" in text
    with pytest.raises(ConfigError, match="takes no plain string"):
        store_settings(
            load_config(write("project: a\nregistry: z")).stores["registry"],
            StoreType("s", Settings),
        )


def test_a_url_chooses_the_sql_registry(write):
    config = load_config(write("project: a\nregistry: postgresql+psycopg://me@host/features"))
    assert config.stores["registry"].type == "sql"


def test_the_schema_lists_every_key():
    schema = config_schema()
    assert {"project", "provider", "registry", "online_store", "plugins"} <= set(
        schema["properties"]
    )
    assert schema["required"] == ["project"]
    assert schema["additionalProperties"] is False


@given(st.text(max_size=80))
def test_any_text_is_a_configuration_or_one_error(text):
    import tempfile

    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "feature_store.yaml"
        path.write_text(text, encoding="utf-8", errors="surrogatepass")
        with contextlib.suppress(ConfigError):
            load_config(path)
