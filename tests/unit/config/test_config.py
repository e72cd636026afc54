"""feature_store.yaml: everything that is wrong is told at once, with file:line:col."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from harness.tiers import examples
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
        ("", "empty or not a mapping"),
        ("- project", "empty or not a mapping"),
        ("project: [a", "not valid YAML"),
        ("project:\n\t- a", "not valid YAML"),
        ("provider: local", "key 'project' is missing"),
        ("project: a\nproject: b", "feature_store.yaml:2:1: key 'project' is given twice"),
        ("project: &x a\nprovider: *x", "aliases are not allowed"),
        ("project: !!python/object/apply:os.system ['true']", "is not allowed"),
        ("project: !!python/name:os.system", "cannot be read as 'python/name:os.system'"),
        ("project: !!bool maybe", "cannot be read as 'bool'"),
        ("project: !!timestamp soon", "cannot be read as 'timestamp'"),
        ("project: !!int ''", "cannot be read as 'int'"),
        ("project: " + "[" * 1000, "nested too deeply"),
        ("project: a\0b", "feature_store.yaml:1:11: the configuration is not valid YAML"),
        ("project: a\n? [b]\n: c", "feature_store.yaml:2:3: a key is not a string"),
        ("project: a\n---\nproject: b", "not valid YAML"),
        ("#" * 1_000_001, "too large"),
        ("project: a\nonline_store: {type: [1]}", "online_store.type is not a string"),
        ("project: a\nonline_store: {path: ${X}}", "quote a value that holds"),
        ('project: a\nregistry: "C:\\data"', "only between single quotes"),
        ("project: a\nregistry: 7", "allowed: a string or a mapping"),
        ("project: a\nplugins: otel", "allowed: a list"),
        ("project: a\nmaterialization: {batch_rows: 0}", "allowed: 1 or more"),
        ("project: a\nmaterialization: {batch_rows: 1.5}", "allowed: a whole number"),
        ("project: a\nserver: {threads: 1001}", "allowed: 1000 or less"),
        ("project: a\nlocal: 7", "allowed: a mapping with settings of the provider"),
        ("project: a.b", "project is not valid"),
        ("project: a\nauth: {type: oidc}", "has no access control"),
        ("project: a\nmaterialization: {lookback: 24}", "90m, 24h, 7d"),
        ("project: a\nmaterialization: {lookback: 3 parsecs}", "90m, 24h, 7d"),
        ("project: a\nmaterialization: {lookback: PTxH}", "90m, 24h, 7d"),
        ("project: a\nmaterialization: {lookback: 999999999w}", "lookback is not valid"),
        ("project: a\nmaterialization: {lookback: -PT1H}", "lookback is not valid"),
        ("project: a\nregistry: ${A-b}", "${ does not begin a variable"),
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


def test_an_empty_variable_is_told_by_its_name(write, monkeypatch):
    monkeypatch.setenv("EMPTY", "")
    text = problems(write("project: a\nregistry: ${EMPTY}"))
    assert "feature_store.yaml:2:1: environment variable EMPTY is empty" in text
    assert "${EMPTY:-…}" in text
    write("project: a\nregistry: ${EMPTY:-r.db}\nauthor: '${EMPTY:-}'")
    assert load_config(write("project: a\nregistry: r${EMPTY}.db")).stores["registry"].shorthand


def test_what_comes_from_the_environment_is_never_shown(write, monkeypatch):
    monkeypatch.setenv("SECRET", "hunter2 is not a project")
    text = problems(write("project: ${SECRET}"))
    assert "hunter2" not in text
    assert "${SECRET}" in text


def test_nothing_from_the_environment_is_shown_from_around_or_below(write, monkeypatch):
    monkeypatch.setenv("SECRET", "hunter2")
    text = problems(write("project: a\nregistry: ['${SECRET}']\nplugins: {a: 'x${SECRET}'}"))
    assert "hunter2" not in text
    assert "['${SECRET}']" in text
    assert "{'a': 'x${SECRET}'}" in text


def test_nothing_from_the_environment_is_shown_by_what_a_plug_in_says(write, monkeypatch):
    monkeypatch.setenv("SECRET", "hunter2")
    path = write("project: a\nregistry: my://${SECRET}@host\nonline_store: {url: '${SECRET}'}")
    config, kind = load_config(path), StoreType("some", Talkative, shorthand="url")
    for role, place in (("registry", "2:1"), ("online", "3:16")):
        with pytest.raises(ConfigError) as caught:
            store_settings(config.stores[role], kind)
        text = str(caught.value)
        assert "hunter2" not in text
        assert f"feature_store.yaml:{place}: " in text
        assert "${SECRET}" in text


class Inner(BaseModel):
    token: SecretStr | None = None
    size: int = 1


class Secretive(StoreConfig):
    password: SecretStr | None = None
    inner: Inner | None = None
    many: tuple[Inner, ...] = ()

    @model_validator(mode="after")
    def _never(self):
        raise ValueError("never right")


@pytest.mark.parametrize(
    "section",
    [
        "{password: hunter2}",
        "{password: [hunter2]}",
        "{inner: {token: hunter2}}",
        "{inner: {token: [hunter2]}}",
        "{many: [{token: hunter2}]}",
        "{many: [{token: hunter2, size: x}, {token: [hunter2]}]}",
    ],
)
def test_a_secret_is_not_shown_even_when_it_is_written_out(write, section):
    config = load_config(write(f"project: a\nonline_store: {section}"))
    with pytest.raises(ConfigError) as caught:
        store_settings(config.stores["online"], StoreType("some", Secretive))
    assert "hunter2" not in str(caught.value)
    assert "***" in str(caught.value)


@pytest.mark.parametrize("value", ["", None])
def test_a_default_stands_for_a_variable_that_is_empty_or_not_set(write, monkeypatch, value):
    if value is not None:
        monkeypatch.setenv("STAGE", value)
    path = write("project: a_${STAGE:-test}\nregistry: '${STAGE:-}$${STAGE}'")
    config = load_config(path)
    assert config.project == "a_test"
    assert config.stores["registry"].shorthand == "${STAGE}"


def test_keys_of_feast_are_left_out_with_a_warning_at_their_line(write):
    path = write("project: a\nentity_key_serialization_version: 3\nauth: {type: no_auth}")
    with pytest.warns(UserWarning, match="of the Feast feature store is left out") as caught:
        config = load_config(path)
    assert config.project == "a"
    told = {(w.filename, w.lineno, str(w.message).split("'")[1]) for w in caught}
    assert told == {(str(path), 2, "entity_key_serialization_version"), (str(path), 3, "auth")}


def test_a_key_with_nothing_after_it_says_nothing(write):
    config = load_config(write("project: a\nplugins:\nonline_store:\nmaterialization:\nlocal:\n"))
    assert config.plugins == ()
    assert config.materialization.lookback == timedelta(0)
    assert config.provider_settings == {}


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("90s", timedelta(seconds=90)),
        ("90m", timedelta(minutes=90)),
        ("24h", timedelta(days=1)),
        ("7 d", timedelta(days=7)),
        ("2w", timedelta(days=14)),
        ("PT36H", timedelta(hours=36)),
        ("P1DT30M", timedelta(days=1, minutes=30)),
    ],
)
def test_durations(write, text, span):
    path = write(f"project: a\nmaterialization: {{lookback: {text}}}")
    assert load_config(path).materialization.lookback == span


@pytest.mark.parametrize("name", ["fraud.yml", "store.yaml", "settings", "my.config"])
def test_the_file_may_have_any_name(tmp_path, name):
    path = tmp_path / name
    path.write_text("project: a")
    assert load_config(path).file == path.resolve()


def test_a_missing_file_is_named_as_it_was_asked_for(tmp_path):
    assert "no other.yaml here" in problems(tmp_path / "other.yaml")
    assert "no feature_store.yaml here" in problems(tmp_path / "nowhere")
    assert "no feature_store.yaml here" in problems(tmp_path / "v1.0")


def test_relative_paths_start_at_the_real_file(write, tmp_path):
    write("project: a")
    link = tmp_path / "elsewhere"
    link.symlink_to(tmp_path)
    assert load_config(link).repo_path == tmp_path.resolve()


class Column(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    width: int | str = 1


class Talkative(StoreConfig):
    url: str
    columns: list[Column] | None = None

    @field_validator("url")
    @classmethod
    def refuse(cls, url: str) -> str:
        if url != "fine":
            raise ValueError(f"{url} is no good")
        return url


def test_places_reach_into_lists_and_unions(write):
    path = write(
        "project: a\nonline_store:\n  url: fine\n  columns:\n"
        "  - {nam: x, name: y}\n  - {name: z, width: [1]}\n  - {width: 3}\n"
    )
    with pytest.raises(ConfigError) as caught:
        store_settings(load_config(path).stores["online"], StoreType("some", Talkative))
    text = str(caught.value)
    assert f"{path}:5:6: unknown key 'online_store.columns.0.nam'" in text
    assert "did you mean 'name'?" in text
    assert f"{path}:6:15: online_store.columns.1.width is not valid" in text
    assert f"{path}:7:5: key 'online_store.columns.2.name' is missing" in text


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
    with pytest.raises(ConfigError, match="does not accept a plain string"):
        store_settings(
            load_config(write("project: a\nregistry: z")).stores["registry"],
            StoreType("s", Settings),
        )


@pytest.mark.parametrize(
    ("registry", "kind"),
    [
        ("sqlite:///registry.db", "sql"),
        ("postgresql+psycopg://me@host/features", "sql"),
        ("oracle://me@host/features", "sql"),
        ("any+driver://host", "sql"),
        ("gs://bucket/registry", None),
        ("s3://bucket/registry", None),
        ("../store/registry.db", None),
        ("/data/a+b.db", None),
    ],
)
def test_a_url_of_a_database_chooses_the_sql_registry(write, registry, kind):
    section = load_config(write(f"project: a\nregistry: {registry}")).stores["registry"]
    assert (section.type, section.shorthand) == (kind, registry)


def test_the_schema_lists_every_key():
    schema = config_schema()
    assert {"project", "provider", "registry", "online_store", "plugins"} <= set(
        schema["properties"]
    )
    assert schema["required"] == ["project"]
    assert schema["additionalProperties"] is False
    assert schema["patternProperties"]["^flags$"]["deprecated"]
    assert schema["patternProperties"]["^local$"] == {"type": "object"}


def test_the_schema_knows_the_settings_of_installed_stores():
    schema = config_schema()
    online = schema["properties"]["online_store"]["anyOf"]
    assert {"$ref": "#/$defs/local.online.sqlite"} in online
    sqlite = schema["$defs"]["local.online.sqlite"]
    assert sqlite["additionalProperties"] is False
    assert {"path", "type"} <= set(sqlite["properties"])
    assert schema["$defs"]["local.registry.sql"]["required"] == ["url"]
    assert "workers" in schema["$defs"]["core.engine.processes"]["properties"]
    for name, default in (("cache_ttl_seconds", 600), ("write_cache_ttl_seconds", 5)):
        assert schema["$defs"]["local.registry.sql"]["properties"][name]["default"] == default
    rows = schema["$defs"]["MaterializationConfig"]["properties"]["batch_rows"]
    assert [item["type"] for item in rows["anyOf"]] == ["integer", "string"]


lines = st.sampled_from(
    ["project: a", "project: ", "registry: ", "{", "[", "- ", "  ", "\n", "${", "}", "!!int ", "x"]
)


@settings(max_examples=examples(100))
@given(st.text(max_size=80) | st.lists(lines | st.text(max_size=3)).map("".join))
def test_any_text_is_a_configuration_or_one_error(text):
    import tempfile

    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "feature_store.yaml"
        path.write_text(text, encoding="utf-8", errors="surrogatepass")
        problems = problems_of(path)
    assert all(problem.fact for problem in problems)
    assert all(str(problem.place).startswith(str(path)) for problem in problems)


def problems_of(path):
    """Return what is wrong with a configuration, which is nothing when it can be loaded."""
    try:
        assert load_config(path).project
    except ConfigError as error:
        return error.problems or pytest.fail("an error without a problem")
    return ()
